"""`watchkeeper verify`: whether everything in a locker is what was sealed."""

from typing import Annotated

import typer

from watchkeeper.cli._console import AsJson, print_json, visible


def command(
    locker: Annotated[str, typer.Argument(metavar="DIR", help="The evidence folder.")],
    head: Annotated[
        str | None,
        typer.Option(metavar="N:SHA256", help="A log head kept elsewhere: it must still be there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every digest in every manifest and in the log of a locker.

    Exit code 0: everything is as it was sealed; 5: something differs, is missing or is foreign,
    and each such file is named. Folders that an interrupted run left unsealed are told, and are
    no error. Keep the printed log head elsewhere: whoever can rewrite the whole locker could
    rebuild the log, but not to the same head.

    JSON: {"verified", "files", "bytes", "sealed", "log": {"entries", "head_sha256"}, "differences":
    [{"path", "what"}], "leftovers": […], "waiting": […], "strays": […]}.
    """
    from watchkeeper.locker.store import Store
    from watchkeeper.locker.verify import verify, verify_head

    store = Store(locker, create=False)
    report = verify(store)
    if head is not None:
        verify_head(store, *_head(head), report)
    number, digest = report.head
    if as_json:
        print_json(
            {
                "verified": not report.differences,
                "files": report.files,
                "bytes": report.bytes,
                "sealed": report.sealed,
                "log": {"entries": number, "head_sha256": digest},
                "differences": [
                    {"path": each.path, "what": each.what} for each in report.differences
                ],
                "leftovers": report.leftovers,
                "waiting": report.waiting,
                "strays": report.strays,
            }
        )
    else:
        for each in report.differences:
            print(f"✗ {visible(each.path)} {visible(each.what)}")
        for path in report.leftovers:
            print(f"! {visible(path)} was never sealed: its run was cut off; readers ignore it")
        for path in report.strays:
            print(f"! {visible(path)} does not belong in a locker; readers ignore it")
        for path in report.waiting:
            print(f"! {visible(path)} waits for its log entry: the next run will write it")
        print(
            f"{report.sealed:,} sealed records, {report.files:,} files, {report.bytes:,} bytes; "
            f"log head {number}:{digest}"
        )
        print("Everything is as it was sealed." if not report.differences else "Differences found.")
    if report.differences:
        raise typer.Exit(5)


def _head(text: str) -> tuple[int, str]:
    """A head as `verify` prints it: number and digest."""
    from watchkeeper.errors import UsageError

    number, _, digest = text.replace(" ", ":").partition(":")
    if not number.isdecimal() or len(digest) != 64:  # noqa: PLR2004 - SHA-256 in hex
        raise UsageError(
            f"{text!r} is no log head.", hint="Give it as N:SHA256, as verify prints it."
        )
    return int(number), digest
