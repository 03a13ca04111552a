"""The commands that check a stored page with standard tools, in the locker's folder."""

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

_EXCERPT = "head -c 1000"


def entered(where: str) -> str:
    """What leads into a locker; of one in a bucket the commands take a copy."""
    return f"# in a copy of {where}" if "://" in where else f"cd {quote(where)}"


def commands(folder: str, pages: Sequence[Mapping[str, Any]]) -> str:
    """What checks and shows a collection's first page, a command a line; empty without a page.

    `pages` are the records of the manifest of the collection in `folder`. Nothing is written
    into the locker: what a difference needs goes into a temporary folder.
    """
    if not pages:
        return ""
    first = pages[0]
    path = f"{first.get('in') or folder}/{first['file']}"
    lines = [_compared(first["sha256"], path)]
    if first.get("against"):
        lines += _difference(path, first)
    elif path.endswith(".xlsx.zst"):  # nothing for a terminal
        told = quote(f"{first['received']['sha256']}  -")
        lines += [f"{_printed(path)} | sha256sum --check <(echo {told})"]
    else:
        lines += [f"{_printed(path)} | {_EXCERPT}"]
    return "\n".join(lines)


def _difference(path: str, page: Mapping[str, Any]) -> list[str]:
    earlier = "; ".join(map(_printed, page["against"]))
    return [
        "work=$(mktemp -d)",
        f'({earlier}) > "$work/earlier.json"',
        f'zstd -d --patch-from="$work/earlier.json" {quote(path)} -o "$work/page.json"',
        f'echo "{page["text"]["sha256"]}  $work/page.json" | sha256sum --check',
        f'{_EXCERPT} "$work/page.json"',
    ]


def _compared(digest: str, path: str) -> str:
    return f"echo {quote(f'{digest}  {path}')} | sha256sum --check"


def _printed(path: str) -> str:
    return f"{'zcat' if path.endswith('.gz') else 'zstdcat'} {quote(path)}"
