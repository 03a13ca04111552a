"""The form a list is watched with: what its source declares, how often it is looked at."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms

from watchkeeper.errors import UsageError
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.models import ListSource
from watchkeeper.lists.sources import Option, Source, catalogue
from watchkeeper.resources import everything
from watchkeeper.web import words
from watchkeeper.web.list_forms import named

_OPTION = "option_"
_FORGET = "forget_"
_MINUTES = (15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080)
_LONGEST = 2000
_TYPED = {"autocomplete": "off", "spellcheck": "false"}


class SourceForm(forms.Form):
    """A list and where it is kept. Of one that is watched already its name is fixed.

    After `is_valid()`, `options` are all that the source is told, those of before included that
    were left empty and are not to be forgotten.
    """

    kind = forms.ChoiceField(label="It holds")
    name = forms.CharField(
        label="Name of the list",
        max_length=60,
        help_text="As hardware or staff.",
        widget=forms.TextInput(attrs=_TYPED),
    )
    every = forms.ChoiceField(label="Looked at every")

    options: dict[str, str]

    def __init__(
        self,
        *args: Any,
        source: Source,
        held: ListSource | None = None,
        known: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """`held`: the one that is changed, None for a new one; `known`: what it is told now."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.source, self.held, self.known = source, held, dict(known or {})
        titles = [(name, everything()[name].title) for name in source.resources]
        self.fields["kind"].choices = titles  # type: ignore[attr-defined]
        spans = [timedelta(minutes=each) for each in _MINUTES]
        self.fields["every"].choices = [  # type: ignore[attr-defined]
            (f"{each.total_seconds():.0f}", words.span(each)) for each in spans
        ]
        every = held.interval if held else list_sources.usual(source.name).total_seconds()
        self.initial["every"] = f"{every:.0f}"
        for option in source.options:
            self.fields[_OPTION + option.name] = self._field(option)
            if self._kept(option) and not option.required:
                self.fields[_FORGET + option.name] = forms.BooleanField(
                    label=f"{words.label(option.name)}: forget what was kept", required=False
                )
        if held is not None:
            for name in ("kind", "name"):
                self.initial[name] = getattr(held, name)
                self.fields[name].disabled = True

    def told(self) -> list[forms.BoundField]:
        """The fields of what the source must be told."""
        return [self[_OPTION + option.name] for option in self.source.options if option.required]

    def more(self) -> list[forms.BoundField]:
        """The fields of what may be left out, below each that it may be forgotten."""
        return [
            self[prefix + option.name]
            for option in self.source.options
            for prefix in (_OPTION, _FORGET)
            if not option.required and prefix + option.name in self.fields
        ]

    @property
    def more_open(self) -> bool:
        """Whether any of these needs a look."""
        return any(field.errors for field in self.more())

    def clean_name(self) -> str:
        """The name, if a list may be called so."""
        return named(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """Puts together what the source is told; a secret goes nowhere else than it went."""
        found = self.cleaned_data
        self.options = {}
        for option in self.source.options:
            text = found.get(_OPTION + option.name, "").strip()
            forgotten = found.get(_FORGET + option.name, False)
            if forgotten and text:
                self.add_error(_FORGET + option.name, "Give another one or none, not both.")
            kept = option.private and not text and not forgotten
            self.options[option.name] = self.known.get(option.name, "") if kept else text
        moved = [
            option.name
            for option in self.source.options
            if not option.secret and self.options[option.name] != self.known.get(option.name, "")
        ]
        for option in self.source.options:
            typed = found.get(_OPTION + option.name, "").strip()
            if self.held and option.secret and not typed and moved and self.options[option.name]:
                self.add_error(
                    _OPTION + option.name, "Give it again: something else here was changed."
                )
        return found

    @property
    def every_given(self) -> timedelta:
        """How often it is to be looked at."""
        return timedelta(seconds=int(self.cleaned_data["every"]))

    def _kept(self, option: Option) -> str:
        """What it is told now of what nobody is shown; empty where there is nothing."""
        return self.known.get(option.name, "") if option.private else ""

    def _field(self, option: Option) -> forms.CharField:
        help_text = option.help
        if option.default:
            help_text = f"{help_text} Empty: {option.default}"
        kept = self._kept(option)
        if kept:
            held = _shown(option, kept)
            help_text = f"{help_text} Empty: keep {held}."
        elif option.secret:
            help_text = f"{help_text} Kept encrypted, never shown again."
        elif not option.private:
            self.initial[_OPTION + option.name] = self.known.get(option.name, "")
        widget: forms.Widget = (
            forms.PasswordInput(attrs=_TYPED) if option.secret else forms.TextInput(attrs=_TYPED)
        )
        return forms.CharField(
            label=words.label(option.name),
            max_length=_LONGEST,
            required=option.required and not kept,
            help_text=help_text,
            widget=widget,
            empty_value="",
        )


def private_fields() -> frozenset[str]:
    """The fields, of whatever source, whose values nobody is shown."""
    return frozenset(
        _OPTION + option.name
        for source in catalogue().values()
        for option in source.options
        if option.private
    )


def _shown(option: Option, text: str) -> str:
    if option.shown is None:
        return "the one it has"
    try:
        return option.shown(text)
    except UsageError:
        return "the one it has"
