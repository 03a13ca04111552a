"""Results, items and collections: as documents for programs and as tables for people."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.cli._console import number, visible
from watchkeeper.clock import rfc3339
from watchkeeper.controls import ids, tenant
from watchkeeper.errors import UsageError
from watchkeeper.model.assessment import Assessment, Result
from watchkeeper.model.collection import Collection

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {
    Result.ERROR: "magenta",
    Result.STALE: "yellow",
    Result.FAIL: "red",
    Result.PASS_WITH_EXCEPTIONS: "cyan",
    Result.PASS: "green",
    Result.NOT_APPLICABLE: "bright_black",
}


def collection_as_json(found: Collection) -> dict[str, Any]:
    """A collection as every command's `--json` tells it."""
    return {
        "id": found.id,
        "connection": found.connection,
        "resource": found.resource,
        "subject": found.subject,
        "verdict": found.completeness.verdict.value,
        "rows": found.completeness.rows,
        "distinct": found.completeness.distinct,
        "count_before": found.completeness.count_before,
        "count_after": found.completeness.count_after,
        "reason": found.completeness.reason,
        "notes": list(found.completeness.notes),
        "route": found.route,
        "derived": found.derived,
        "started": rfc3339(found.started),
        "ended": rfc3339(found.ended),
        "path": found.path,
    }


def assessment_as_json(found: Assessment) -> dict[str, Any]:
    """An assessment as every command's `--json` tells it."""
    return {
        "connection": found.connection,
        "control": found.control,
        "version": found.version,
        "title": found.title,
        "severity": found.severity,
        "result": found.result.value,
        "counts": found.counts.as_json(),
        "reason": found.reason,
        "judged_at": rfc3339(found.judged_at),
        "as_of": rfc3339(found.as_of) if found.as_of else None,
        "parameters": dict(found.parameters),
        "control_sha256": found.control_sha256,
        "collections": list(found.collections),
        "path": found.path,
    }


def use_controls(folder: Path | None) -> None:
    """Judges a folder's controls beside the product's; raises UsageError where it has none to read.

    A page in it that is no control is told of later: the others are judged without it.
    """
    found = tenant.use(folder, ids(), needed=folder is not None)
    for each in found.faulty:
        if folder is not None and each.file == str(folder):  # the folder itself, not a page
            raise UsageError(
                f"No controls can be read from {each.file}. {' '.join(each.faults)}",
                hint="--controls, or WATCHKEEPER_CONTROLS, names the folder of your pages.",
            )


def tell_of_faulty() -> bool:
    """Says on standard error which pages in use are no controls, and why; whether there are any."""
    found = tenant.in_use().faulty
    for each in found:
        print(f"error: {visible(each.file)} is no control and was not judged:", file=sys.stderr)
        for fault in each.faults:
            print(f"       {visible(fault)}", file=sys.stderr)
    return bool(found)


def faulty_as_json() -> list[dict[str, Any]]:
    """The same for programs."""
    return [{"file": each.file, "faults": list(each.faults)} for each in tenant.in_use().faulty]


def results_table(found: Sequence[Assessment], title: str) -> "Table":
    """The results, worst first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Control", "Result", "Fail", "Pass", "N/A", "?", "Question and reason"):
        right = heading in {"Fail", "Pass", "N/A", "?"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=right)
    ordered = sorted(found, key=lambda each: (each.result.rank, each.control))
    for each in ordered:
        words = Text(visible(each.title), style="bold")
        words.append(f"\n{visible(each.reason)}", style="not bold")
        table.add_row(
            each.control,
            Text(each.result.value, style=_COLOURS[each.result]),
            number(each.counts.failed),
            number(each.counts.passed),
            number(each.counts.not_applicable),
            number(each.counts.unknown),
            words,
        )
    return table


def collections_table(found: Sequence[Collection], title: str) -> "Table":
    """The collections, as given."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Resource", "Verdict", "Records", "Counted", "Ended (UTC)", "Reason and notes"):
        right = heading in {"Records", "Counted"}
        table.add_column(heading, justify="right" if right else "left")
    for each in found:
        whole = each.completeness
        reason = "; ".join(filter(None, (whole.reason, *whole.notes)))
        table.add_row(
            each.resource + (f" {each.subject}" if each.subject else ""),
            Text(whole.verdict.value, style="green" if each.complete else "red"),
            number(whole.distinct),
            number(whole.count_before),
            moment(each.ended),
            Text(visible(reason)),
        )
    return table


def moment(value: datetime) -> str:
    """A time for people, in UTC."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def exit_code(found: Sequence[Assessment]) -> int:
    """0: nothing failed; 1: at least one FAIL; 3: something, or everything, could not be judged."""
    results = {each.result for each in found}
    judged = results & {Result.FAIL, Result.PASS, Result.PASS_WITH_EXCEPTIONS}
    if results & {Result.ERROR, Result.STALE} or not judged:
        return 3
    return 1 if Result.FAIL in results else 0
