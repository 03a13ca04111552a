"""Settings, the data folder and the keys: what can be seen without a database."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from watchkeeper.controls import ids, tenant
from watchkeeper.doctor.finding import Finding, note, right, wrong
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.keys import KeyRing, own_file

LEAST_FREE = 1_000_000_000
_PRIVATE = 0o077


def settings(unknown: Mapping[str, str]) -> list[Finding]:
    """`unknown`: names in the environment that are no settings, with the one that may be meant."""
    if not unknown:
        return [right("settings", "Every WATCHKEEPER_ variable is known.")]
    return [
        wrong(
            "settings",
            f"There is no setting {name}; it has no effect.",
            f"Did you mean {meant}?" if meant else "Remove it; docs/operating.md lists them all.",
        )
        for name, meant in unknown.items()
    ]


def folder(found: DataFolder) -> list[Finding]:
    """Whether the data folder is private, ours, writable, whole, and has room."""
    path, topic = found.path, "data folder"
    wrongs = []
    about = path.stat()
    others = about.st_mode & (_PRIVATE if os.geteuid() else 0o066)  # root's may be passed through
    if others:
        mode = f"{about.st_mode & 0o777:o}"
        mend = f"chmod {'700' if os.geteuid() else '711'} {path}"
        wrongs.append(wrong(topic, f"{path} is open to others (mode {mode}).", mend))
    if about.st_uid != os.geteuid() or not os.access(path, os.W_OK | os.X_OK):
        whose = f"{path} belongs to user {about.st_uid}, this is user {os.geteuid()}."
        mend = "Run Watchkeeper as the user that owns its data, or give it the folder: chown -R."
        wrongs.append(wrong(topic, whose, mend))
    if found.restoring.exists():
        mend = "Run `watchkeeper restore` again, with --replace."
        wrongs.append(wrong(topic, "A restore was cut off: what lies here is not whole.", mend))
    free = shutil.disk_usage(path).free
    if free < LEAST_FREE:
        mend = "Make room: a full disk stops the database and every collection."
        wrongs.append(wrong(topic, f"{path} has {free / 1e9:.2f} GB left.", mend))
    return wrongs or [right(topic, f"{path} is private and has {free / 1e9:,.1f} GB left.")]


def keys(ring: KeyRing, data: DataFolder, configuration: Path) -> list[Finding]:
    """Whether there is a key, and whether it lies apart from the data; raises UsageError."""
    topic = "keys"
    if ring.given:
        return [right(topic, "The keys are given by WATCHKEEPER_KEY.")]
    count = len(ring.read())
    if not count:
        return [note(topic, f"There is no key in {ring} yet; one is made with the first token.")]
    file = ring.place.file
    if file is None or data.path not in file.parents:
        return [right(topic, f"{_keys(count)} in {ring}, apart from the data.")]
    target = own_file(data, configuration)
    return [
        wrong(
            topic,
            f"The key file {file} lies beside the data: a copy of the folder has both.",
            f"Move it: mkdir -p -m 700 {target.parent} && mv {file} {target} (it is found "
            "there), or elsewhere, and set WATCHKEEPER_KEY_FILE.",
        )
    ]


def controls() -> list[Finding]:
    """Whether the pages of the tenant's folder in use can all be read as controls."""
    topic, found = "controls", tenant.in_use()
    mend = "`watchkeeper controls lint` tells what is wrong with each; mend or remove it."
    faulty = [
        wrong(topic, f"{each.file} is no control: {' '.join(each.faults)}", mend)
        for each in found.faulty
    ]
    if faulty:
        return faulty
    many = len(found.controls)
    yours = f", {many} of your own" if many else ", none of your own"
    return [right(topic, f"{len(ids())} controls of the product{yours}.")]


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
