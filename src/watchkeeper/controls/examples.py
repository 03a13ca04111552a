"""The examples of a page: a sentence, small input tables, and what is expected of each subject."""

from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from watchkeeper.controls.faults import Noted, PageFault
from watchkeeper.controls.front import Front
from watchkeeper.controls.parameters import out_of_bounds
from watchkeeper.controls.values import EXAMPLE_NOW, UNREAD, cell, parameter_value, tables_of
from watchkeeper.model.assessment import Outcome
from watchkeeper.model.control import Example, Scalar
from watchkeeper.model.resource import ColumnType, Resource

__all__ = ["Example", "read"]

Rows = list[dict[str, str]]
_EXPECT = ("subject", "outcome", "reason")
_PARAMETERS = ("name", "value")


def read(
    tokens: Sequence[Token], declared: Front, resources: Mapping[str, Resource]
) -> tuple[Example, ...]:
    """Every `### sentence` with the tables under it; PageFaults names all that is wrong."""
    known = tables_of(declared.reads, declared.earlier, resources)
    noted = Noted()
    found: dict[str, Example | None] = {}
    for name, part in _parts(tokens):
        noted.ask(None, _check_new, name, found)
        found[name] = noted.ask(None, _example, name, part, declared, known)
    noted.end()
    return tuple(each for each in found.values() if each is not None)


def _check_new(name: str, found: Mapping[str, Example | None]) -> None:
    if name in found:
        raise PageFault(f"two examples are called {name!r}")


def _parts(tokens: Sequence[Token]) -> list[tuple[str, Sequence[Token]]]:
    starts = [position for position, token in enumerate(tokens) if token.type == "heading_open"]
    if not starts:
        raise PageFault("the section Examples has no `### sentence` that starts an example")
    return [
        (tokens[start + 1].content.strip(), tokens[start + 3 : end])
        for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True)
    ]


def _example(
    name: str,
    tokens: Sequence[Token],
    declared: Front,
    known: Mapping[str, Mapping[str, ColumnType]],
) -> Example:
    where = f"the example {name!r}"
    tables = _tables(where, tokens)
    expected = tables.pop("expect", None)
    parameters = tables.pop("parameters", [])
    if not expected:
        raise PageFault(f"{where} has no table `expect` with at least one subject")
    for table, rows in tables.items():
        if table not in known:
            raise PageFault(f"{where} has a table {table!r} that the control does not read")
        _check_rows(f"{where}, table {table!r},", rows, known[table])
    columns = {f"{name}.{column}" for name, names in declared.reads.items() for column in names}
    for row in tables.get(UNREAD, ()):
        if row.get("resource") not in declared.optional | columns:
            raise PageFault(f"{where} leaves {row.get('resource')!r} unread, which is not optional")
    return Example(
        name=name,
        tables=tables,
        expected=_expected(where, expected),
        parameters=_parameters(where, parameters, declared),
    )


def _tables(where: str, tokens: Sequence[Token]) -> dict[str, Rows]:
    """The tables of an example by the name that stands in code above each."""
    found: dict[str, Rows] = {}
    label = ""
    for position, token in enumerate(tokens):
        if token.type == "paragraph_open":
            label = tokens[position + 1].content.strip()
        elif token.type == "table_open":
            name = label.strip("`")
            if label != f"`{name}`" or not name:
                raise PageFault(f"{where} has a table without its name in `code` above it")
            if name in found:
                raise PageFault(f"{where} has the table {name!r} twice")
            end = next(i for i in range(position, len(tokens)) if tokens[i].type == "table_close")
            found[name] = _rows(where, name, tokens[position:end])
            label = ""
    return found


def _rows(where: str, name: str, tokens: Sequence[Token]) -> Rows:
    header: list[str] = []
    rows: Rows = []
    values: list[str] = []
    for position, token in enumerate(tokens):
        if token.type in {"th_open", "td_open"}:
            values.append(_plain(tokens[position + 1].content))
        elif token.type == "tr_close":
            if header:
                rows.append(dict(zip(header, values, strict=True)))
            else:
                header = values
            values = []
    if len(set(header)) != len(header):
        raise PageFault(f"{where} has a column twice in the table {name!r}")
    return rows


def _plain(text: str) -> str:
    """The cell without the code marks around it."""
    text = text.strip()
    whole = len(text) > 1 and text[0] == text[-1] == "`" and "`" not in text[1:-1]
    return text[1:-1] if whole else text


def _check_rows(where: str, rows: Rows, columns: Mapping[str, ColumnType]) -> None:
    for row in rows:
        for column, text in row.items():
            if column not in columns:
                raise PageFault(f"{where} has a column {column!r} that the control does not read")
            try:
                cell(text, columns[column], EXAMPLE_NOW)
            except ValueError as error:
                raise PageFault(f"{where} column {column!r}: {error}") from error


def _expected(where: str, rows: Rows) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        if tuple(row) != _EXPECT:
            raise PageFault(
                f"{where} expects {', '.join(row)}; the columns are {', '.join(_EXPECT)}"
            )
        if row["outcome"] not in list(Outcome):
            raise PageFault(f"{where} expects the outcome {row['outcome']!r}, which is none")
        if not row["subject"] or row["subject"] in found:
            raise PageFault(
                f"{where} expects the subject {row['subject']!r} twice or without a name"
            )
        found[row["subject"]] = (row["outcome"], row["reason"])
    return found


def _parameters(where: str, rows: Rows, declared: Front) -> dict[str, Scalar]:
    known = {parameter.name: parameter for parameter in declared.parameters}
    found: dict[str, Scalar] = {}
    for row in rows:
        if tuple(row) != _PARAMETERS or row["name"] not in known:
            raise PageFault(f"{where} sets a parameter that is not declared: {row}")
        parameter = known[row["name"]]
        try:
            value = parameter_value(row["value"], parameter.default)
        except ValueError as error:
            raise PageFault(f"{where} sets {parameter.name} to {row['value']!r}") from error
        fault = out_of_bounds(parameter, value)
        if fault:
            raise PageFault(f"{where}: {fault}")
        found[parameter.name] = value
    return found
