"""The forms a list is brought in with: the file, then what its columns mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from watchkeeper.errors import UsageError
from watchkeeper.lists.cells import Sheet
from watchkeeper.lists.mapping import Mapping as ListMapping
from watchkeeper.lists.mapping import columns
from watchkeeper.lists.rows import check_list_name
from watchkeeper.lists.values import DATE_ORDERS
from watchkeeper.model.resource import ColumnType, Resource
from watchkeeper.web import words

SAMPLES = 3
_MOST_OFFERED = 200  # columns that a person is asked about
_LEFT_OUT = "– left out –"


class UploadForm(forms.Form):
    """A file, what it holds, and what the list is called."""

    kind = forms.ChoiceField(label="It holds")
    name = forms.CharField(
        label="Name of the list",
        max_length=60,
        help_text="As hardware or staff. A load replaces the list of that name and leaves the "
        "others as they are.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX; its first line names the columns. It is kept as evidence, whole: "
        "leave out columns that are nobody's business.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm"}),
    )
    sheet = forms.CharField(
        label="Sheet",
        max_length=100,
        required=False,
        help_text="Of a workbook with several; empty: the first.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, kinds: Iterable[Resource], **kwargs: Any) -> None:
        """`kinds`: of which resources lists can be loaded."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        offered = [(each.name, each.title) for each in kinds]
        self.fields["kind"].choices = offered  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name, if a list may be called so."""
        return named(self.cleaned_data["name"])


def named(text: str) -> str:
    """A list's name as typed, if it may be called so; raises ValidationError."""
    try:
        return check_list_name(" ".join(text.split()))
    except UsageError as error:
        raise forms.ValidationError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Offer:
    """One column of a list: its header, what it is taken for, the first values in it."""

    field: str
    header: str
    column: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The columns of a list as a form asks about them; of very wide lists the first of them."""

    resource: Resource
    sheet: Sheet
    mapping: ListMapping

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What a column may mean."""
        found = [(each.name, words.column(each.name)) for each in columns(self.resource)]
        return [("", _LEFT_OUT), *found]

    @property
    def offers(self) -> list[Offer]:
        """Every column that is asked about, in the list's order."""
        first = self.sheet.rows[:SAMPLES]
        return [
            Offer(
                f"column-{number}",
                header,
                self.mapping.column(header),
                tuple(str(cell) for row in first if (cell := row.cells[number]) is not None),
            )
            for number, header in enumerate(self.sheet.headers[:_MOST_OFFERED])
        ]

    @property
    def more(self) -> int:
        """How many columns are not asked about: they mean what they are taken for."""
        return max(0, len(self.sheet.headers) - _MOST_OFFERED)

    @property
    def dated(self) -> bool:
        """Whether a date is among what is kept, so that day and month matter."""
        dates = {each.name for each in columns(self.resource) if each.type is ColumnType.TIMESTAMP}
        return any(column in dates for _, column in self.mapping.pairs)

    @property
    def shown(self) -> str:
        """What the form shows, so that nothing is loaded that was not looked at."""
        told = (self.mapping.date_order, *(column for _, column in self.mapping.pairs))
        return ",".join(told)


def chosen(data: QueryDict, resource: Resource, sheet: Sheet, known: ListMapping) -> ListMapping:
    """The mapping as a form's selects say it; `known` counts for columns that were not asked."""
    allowed = {each.name for each in columns(resource)}
    pairs: list[tuple[str, str]] = []
    for number, header in enumerate(sheet.headers):
        told = data.get(f"column-{number}", known.column(header))
        pairs.append((header, told if told in allowed else ""))
    order = data.get("date_order", "")
    return ListMapping(tuple(pairs), order if order in DATE_ORDERS else "")


def sample(rows: Sequence[Mapping[str, Any]], resource: Resource) -> dict[str, Any]:
    """The first rows of a list as they would be kept: `columns` that hold something, `rows`."""
    first = rows[:5]
    names = [
        each.name
        for each in columns(resource)
        if any(row.get(each.name) is not None for row in first)
    ]
    return {"columns": names, "rows": [[row.get(name) for name in names] for row in first]}
