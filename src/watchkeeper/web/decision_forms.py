"""The forms people ask for exceptions, attestations and scope rules with, and set parameters."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms

from watchkeeper.controls.parameters import out_of_bounds
from watchkeeper.errors import UsageError
from watchkeeper.model.control import Control, Scalar
from watchkeeper.model.statement import DEFAULT_DAYS, MOST_DAYS, SHORTEST_REASON, Kind, Selector
from watchkeeper.queries.selecting import Offered
from watchkeeper.queries.thresholds import Threshold
from watchkeeper.statements.asking import Asked
from watchkeeper.statements.settings import typed
from watchkeeper.statements.terms import parse_begin, parse_end

_SEVERAL = "Several: hold Ctrl or \N{PLACE OF INTEREST SIGN}."
_LONGEST = 4000
_FIELDS = {"expires_at": "ends"}
"""What a value of a statement is called in a form, where that is not its own name."""
_ENOUGH = f"At least {SHORTEST_REASON} characters, for somebody who reads it in a year."


def _words(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=_LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "class": "words"}),
    )


def _day(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=10,
        help_text=help_text,
        widget=forms.TextInput(attrs={"type": "date"}),
    )


class TermsForm(forms.Form):
    """When a statement holds, and where it was talked about. `terms()` are what to ask with."""

    starts = _day("Starts", "Empty: once it is approved.")
    ends = _day("Ends", "")
    ticket = forms.CharField(
        label="Ticket", required=False, max_length=200, help_text="Where it was talked about."
    )
    longest = MOST_DAYS
    usual = MOST_DAYS

    def __init__(self, *args: Any, by: str, now: datetime, **kwargs: Any) -> None:
        """`by`: who asks; `now` (UTC): what the usual end is counted from."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.by = by
        self.now = now
        self.fields["ends"].initial = f"{now + timedelta(days=self.usual):%Y-%m-%d}"
        self.fields[
            "ends"
        ].help_text = f"The last day, at most {self.longest} days after it starts."
        for each in self.fields.values():
            each.widget.attrs.setdefault("autocomplete", "off")

    def clean_starts(self) -> str:
        """The first day, if it is one."""
        return self._day_typed("starts")

    def clean_ends(self) -> str:
        """The last day, if it is one."""
        return self._day_typed("ends")

    def _day_typed(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        try:
            parse_end(text, self.now)
        except UsageError as error:
            raise forms.ValidationError(str(error)) from error
        return text

    def tell(self, faults: Mapping[str, UsageError]) -> None:
        """Shows each fault at its field, unless that has one already."""
        for name, error in faults.items():
            at = _FIELDS.get(name, name)
            if at not in self.fields:
                self.add_error(None, str(error))
            elif at not in self.errors:
                self.add_error(at, str(error))

    def unbothered(self) -> "TermsForm":
        """The same form with what was typed, and no word about what is still missing."""
        self._errors = forms.utils.ErrorDict()
        return self

    def terms(self, *, only_look: bool) -> Asked:
        """Who asks, from when to when, and whether it is only looked at.

        Raises UsageError for what is no day.
        """
        told = self.cleaned_data
        begins = parse_begin(told.get("starts", ""))
        ends = parse_end(told.get("ends", ""), begins or self.now)
        # The last day is meant, its last second would be past the longest.
        most = (begins or self.now) + timedelta(days=self.longest)
        if ends is not None and most < ends < most + timedelta(days=1):
            ends = most
        return Asked(self.by, told.get("ticket", ""), begins, ends, only_look)


class SelectorFields(forms.Form):
    """Sites, groups, tags and machine types; all that is named must hold."""

    sites = forms.MultipleChoiceField(label="Sites", required=False, help_text=_SEVERAL)
    groups = forms.MultipleChoiceField(label="Groups", required=False)
    tags = forms.CharField(
        label="Tags",
        required=False,
        max_length=1000,
        help_text="Each as key or key=value, separated by commas.",
    )
    machine_types = forms.MultipleChoiceField(label="Machine types", required=False)

    def offer(self, offered: Offered, chosen: Selector | None = None) -> None:
        """Puts in what there is to choose; what is `chosen` can be chosen though it is gone."""
        has = chosen or Selector()
        for name, known, kept in (
            ("sites", offered.sites, has.sites),
            ("groups", offered.groups, has.groups),
            ("machine_types", {each: each for each in offered.machine_types}, has.machine_types),
        ):
            gone = {each: each for each in kept if each not in known}
            field = self.fields[name]
            field.choices = [*known.items(), *gone.items()]  # type: ignore[attr-defined]
            field.widget.attrs["size"] = str(min(8, max(2, len(known))))
        if chosen is not None:
            kept_values: dict[str, Any] = {
                "sites": list(has.sites),
                "groups": list(has.groups),
                "tags": ", ".join(has.tags),
                "machine_types": list(has.machine_types),
            }
            self.initial.update(kept_values)

    @property
    def selector_open(self) -> bool:
        """Whether any of it was typed: it is shown then."""
        return any(self[name].value() for name in ("sites", "groups", "tags", "machine_types"))

    @property
    def selector(self) -> Selector:
        """What was chosen."""
        told = self.cleaned_data
        tags = (each.strip() for each in told.get("tags", "").split(","))
        return Selector(
            sites=tuple(told.get("sites", ())),
            groups=tuple(told.get("groups", ())),
            tags=tuple(each for each in tags if each),
            machine_types=tuple(told.get("machine_types", ())),
        )


class ExceptionForm(SelectorFields, TermsForm):
    """An exception: of one subject or of those a selector names."""

    usual = DEFAULT_DAYS
    control = forms.ChoiceField(label="Control")
    subject = forms.CharField(
        label="Subject",
        required=False,
        max_length=220,
        help_text="As items name it: agent:123. Or leave it empty and choose many below.",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    reason = _words("Reason", f"Why it cannot be as the control asks. {_ENOUGH}")
    risk = _words("Risk", "What could happen meanwhile.")
    measure = _words("Compensating measure", "What keeps the risk bearable.")

    def __init__(self, *args: Any, controls: Iterable[Control], **kwargs: Any) -> None:
        """`controls`: those there are."""
        super().__init__(*args, **kwargs)
        self.fields["control"].choices = [  # type: ignore[attr-defined]
            (each.id, f"{each.id} {each.title}") for each in controls
        ]


class AttestationForm(TermsForm):
    """An attestation of one kind, with the values that this kind holds."""

    subject = forms.CharField(label="About", required=False, max_length=220)
    statement = _words("Statement", f"What you vouch for, and how you know. {_ENOUGH}")

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        """`kind`: what is vouched for."""
        self.longest = self.usual = kind.days
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._offer_subjects()
        for name, means in kind.data.items():
            self.fields[f"data_{name}"] = forms.CharField(
                label=name.replace("_", " ").capitalize(),
                required=name in kind.needed,
                max_length=500,
                help_text=means,
                widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
            )
        self.order_fields(
            ["subject", *(f"data_{name}" for name in kind.data), "statement", "starts", "ends"]
        )

    def _offer_subjects(self) -> None:
        subjects = self.kind.subjects
        if not subjects:
            del self.fields["subject"]
        elif all(not each.endswith(":") for each in subjects):
            everything = [("", "All of it")] if self.kind.whole else []
            self.fields["subject"] = forms.ChoiceField(
                label="About",
                required=not self.kind.whole,
                choices=[*everything, *((each, each.replace("_", " ")) for each in subjects)],
            )
        else:
            named = " or ".join(f"{each}ID" if each.endswith(":") else each for each in subjects)
            whole = " Empty: all of it." if self.kind.whole else ""
            self.fields["subject"].required = not self.kind.whole
            self.fields["subject"].help_text = f"{named}.{whole}"

    def bound_data(self) -> Iterable[forms.BoundField]:
        """The fields of this kind alone."""
        return [self[name] for name in self.fields if name.startswith("data_")]

    @property
    def data_given(self) -> Mapping[str, str]:
        """The values of this kind, as given."""
        told = self.cleaned_data
        return {
            name: told[f"data_{name}"].strip()
            for name in self.kind.data
            if told.get(f"data_{name}", "").strip()
        }


class ScopeRuleForm(SelectorFields, TermsForm):
    """A scope rule: whom controls do not ask about."""

    name = forms.CharField(label="Name", max_length=200, help_text="As lists name it.")
    controls = forms.MultipleChoiceField(
        label="Controls", required=False, help_text=f"None chosen: all of them. {_SEVERAL}"
    )
    reason = _words("Reason", f"Why they are outside. {_ENOUGH}")

    def __init__(self, *args: Any, every: Iterable[Control], **kwargs: Any) -> None:
        """`every`: the controls there are."""
        super().__init__(*args, **kwargs)
        self.fields["controls"].choices = [  # type: ignore[attr-defined]
            (each.id, f"{each.id} {each.title}") for each in every
        ]
        self.fields["controls"].widget.attrs["size"] = "8"


class ParameterForm(forms.Form):
    """A parameter's value and why; `value` is of the parameter's own type after is_valid()."""

    value = forms.CharField(max_length=200)
    reason = _words("Reason", "Why it is changed, for whoever reads the evidence.")
    anyway = forms.BooleanField(required=False, label="Set it although these are no longer met")

    def __init__(self, *args: Any, threshold: Threshold, **kwargs: Any) -> None:
        """`threshold`: what is set."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.threshold = threshold
        declared = threshold.parameter
        self.fields["value"].label = f"{declared.name}{_unit(declared.unit)}"
        self.fields["value"].initial = _shown(threshold.value)
        if isinstance(declared.default, bool):
            self.fields["value"] = forms.ChoiceField(
                label=declared.name,
                choices=[("true", "yes"), ("false", "no")],
                initial=_shown(threshold.value),
            )
        self.fields["value"].help_text = threshold.bounds and f"May be {threshold.bounds}."

    def clean_value(self) -> Scalar:
        """The value typed, of the type the parameter has."""
        text = self.cleaned_data["value"].strip()
        declared = self.threshold.parameter
        try:
            value = typed(text, declared.default)
        except UsageError as error:
            raise forms.ValidationError(error.message) from error
        fault = out_of_bounds(declared, value)
        if fault:
            raise forms.ValidationError(f"{fault}.")
        return value


def _unit(unit: str) -> str:
    return f" ({unit})" if unit else ""


def _shown(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
