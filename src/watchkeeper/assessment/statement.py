"""Whether a control's SQL is one SELECT that reads its own tables and computes the same each time.

The sandbox would stop what matters anyway; this reads the parsed statement before anything runs,
so that a refusal names the table, function or parameter instead of an engine's complaint.
"""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, NamedTuple

import duckdb

from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.model.control import Control

_QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_FUNCTIONS = {"unnest", "range", "generate_series", "json_each", "json_tree"}
# Words that ask the machine when they stand where a column could.
_CLOCK_WORDS = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
_LISTED_AS_CONSISTENT = {"current_localtime", "current_localtimestamp"}  # and are not
_COMPLAINS = {"error"}  # differs in nothing but that it ends the statement
_NAME = re.compile(r"\w+")

_Statement = tuple[str, AbstractSet[str]]
# What was found sound, by all that it hangs on: reading a statement takes a tenth of a judgement.
_sound: dict[tuple[str, frozenset[str], frozenset[str]], _Statement] = {}
_REMEMBERED = 500


def check(
    connection: duckdb.DuckDBPyConnection, control: Control, tables: AbstractSet[str]
) -> _Statement:
    """The statement without what ends it, and the parameters it names.

    `tables` are those it may read. Raises ControlFaulty with the first thing that is not allowed.
    """
    allowed = frozenset({"now", *control.defaults})
    asked = (control.logic, allowed, frozenset(name.lower() for name in tables))
    found = _sound.get(asked)
    if found is None:
        found = _checked(connection, control, *asked[1:])
        if len(_sound) >= _REMEMBERED:
            _sound.clear()
        _sound[asked] = found
    return found


def _checked(
    connection: duckdb.DuckDBPyConnection,
    control: Control,
    allowed: AbstractSet[str],
    tables: AbstractSet[str],
) -> _Statement:
    try:
        statements = connection.extract_statements(control.logic)
    except duckdb.Error as error:
        raise ControlFaulty(f"{control.id}: the SQL cannot be read: {first_line(error)}") from error
    if len(statements) != 1:
        raise ControlFaulty(f"{control.id}: the SQL is {len(statements)} statements; write one.")
    statement = statements[0]
    if statement.type is not duckdb.StatementType.SELECT:
        raise ControlFaulty(f"{control.id}: the SQL is no SELECT (it is {statement.type.name}).")
    parameters = set(statement.named_parameters)
    for name in sorted(parameters - allowed):
        raise ControlFaulty(f"{control.id}: the SQL uses ${name}, a parameter it does not declare.")
    for fault in _faults(_parsed(connection, control), tables):
        raise ControlFaulty(f"{control.id}: the SQL {fault}.")
    return statement.query.strip().rstrip(";"), frozenset(parameters)


def first_line(error: Exception) -> str:
    """What the engine said, without its drawing of the place."""
    return str(error).strip().split("\n", 1)[0].strip()


def _parsed(connection: duckdb.DuckDBPyConnection, control: Control) -> Mapping[str, Any]:
    row = connection.execute("SELECT json_serialize_sql($sql)", {"sql": control.logic}).fetchone()
    parsed: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if parsed["error"]:
        raise ControlFaulty(
            f"{control.id}: the SQL is not a plain SELECT: {parsed.get('error_message', '')}"
        )
    return parsed


def _faults(parsed: Mapping[str, Any], tables: AbstractSet[str]) -> Iterator[str]:
    nodes = list(_walk(parsed))
    named = {
        str(entry["key"]).lower()
        for node in nodes
        if isinstance(node.get("cte_map"), dict)
        for entry in node["cte_map"]["map"]
    }
    for name in sorted(named):
        # A name holds in its own query only, and outside of that it would be the engine's table.
        if name.startswith("__") or name in brought().tables:
            yield f"names a query {name!r}, as a table of the engine is named"
    for node in nodes:
        if "cte_map" in node and node.get("type") not in _QUERIES:
            yield "holds something else than queries"
        if node.get("sample"):
            yield "takes a sample, which differs from run to run"
        yield from _source_faults(node, tables | named)
        yield from _clock_faults(node)


def _source_faults(node: Mapping[str, Any], tables: AbstractSet[str]) -> Iterator[str]:
    """What rows are taken from: the declared tables and what is computed from them."""
    match node.get("type"):
        case "BASE_TABLE":
            name = str(node["table_name"])
            if node["schema_name"] or node["catalog_name"] or name.lower() not in tables:
                path = ".".join(node["qualified_name"]["path"])
                yield f"reads {path!r}, a table it does not declare"
        case "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if name not in _TABLE_FUNCTIONS:
                yield f"calls {name}(), which reads something else than its tables"
        case "SHOW_REF":
            yield "asks the engine about itself (DESCRIBE, SHOW, SUMMARIZE)"


def _clock_faults(node: Mapping[str, Any]) -> Iterator[str]:
    """What would answer differently tomorrow for the same tables."""
    match node.get("class"):
        case "COLUMN_REF":
            names = [str(each).lower() for each in node["column_names"]]
            if len(names) == 1 and names[0] in _CLOCK_WORDS:
                yield f"asks the machine with {names[0]}; use $now"
        case "FUNCTION":
            name = str(node["function_name"]).lower()
            if name in brought().inconsistent:
                yield f"calls {name}(), which differs from run to run; for the time use $now"


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the parsed statement, without recursion: SQL may nest deeply."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(reversed(list(current.values())))
        elif isinstance(current, list):
            waiting.extend(reversed(current))


class Brought(NamedTuple):
    """What an engine brings along, by name in small letters.

    `inconsistent` are functions that may answer differently for the same arguments, with those it
    defines by one of them, as `ago()` is; `tables` are its own that need no schema to be read.
    """

    inconsistent: frozenset[str]
    tables: frozenset[str]


@cache
def brought() -> Brought:
    """Asked of an engine once."""
    with duckdb.connect(":memory:") as engine:
        functions = engine.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions()"
            " WHERE function_type = 'scalar' AND stability <> 'CONSISTENT'"
        ).fetchall()
        macros = engine.execute(
            "SELECT lower(function_name), lower(macro_definition) FROM duckdb_functions()"
            " WHERE function_type = 'macro'"
        ).fetchall()
        tables = engine.execute(
            "SELECT lower(view_name) FROM duckdb_views() WHERE schema_name <> 'information_schema'"
        ).fetchall()
    inconsistent = _LISTED_AS_CONSISTENT | {name for (name,) in functions}
    asking = (inconsistent - _COMPLAINS) | _CLOCK_WORDS
    defined = {name for name, text in macros if asking & set(_NAME.findall(text))}
    return Brought(frozenset(inconsistent | defined), frozenset(name for (name,) in tables))
