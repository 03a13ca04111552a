"""Keys: in a private file, in the system's keyring, from the environment."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyrings.alt.file import PlaintextKeyring

from watchkeeper.errors import UsageError
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.key_places import KeyFile, KeyPlace, SystemKeyring
from watchkeeper.ledger.keys import KeyRing, fingerprint, key_ring, new_key


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[KeyringBackend]:
    """A keyring that keeps its entries in a file, as this process's."""
    before = keyring.get_keyring()
    found = PlaintextKeyring()
    found.file_path = str(tmp_path / "keyring")
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture(params=["file", "keyring"])
def place(request: pytest.FixtureRequest, tmp_path: Path, backend: KeyringBackend) -> KeyPlace:  # noqa: ARG001
    if request.param == "file":
        return KeyFile(tmp_path / "apart" / "token.key")
    return SystemKeyring("one", tmp_path)


def test_keys_are_added_in_front_and_forgotten(place: KeyPlace) -> None:
    ring = KeyRing(place)
    assert ring.read() == ()
    (first,) = ring.keys_to_encrypt()
    assert ring.keys_to_encrypt() == (first,)

    second, older = ring.add()
    assert older == first
    foreign = new_key()
    assert ring.put_behind([first, foreign]) == 1
    assert ring.read() == (second, first, foreign)
    ring.keep([fingerprint(second)])
    assert ring.read() == (second,)
    assert KeyRing(place).read() == (second,)
    assert second not in repr(ring) + str(ring)


def test_a_key_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "apart" / "token.key"
    ring = KeyRing(KeyFile(file))
    ring.add()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["token.key"]

    file.chmod(0o644)
    with pytest.raises(UsageError, match="can be read by others"):
        ring.read()


def test_keys_of_the_environment_are_not_changed(place: KeyPlace) -> None:
    with pytest.raises(UsageError, match="WATCHKEEPER_KEY"):
        KeyRing(place, (new_key(),)).add()
    assert KeyRing(place).read() == ()


def test_two_installations_have_entries_of_their_own(
    tmp_path: Path,
    backend: KeyringBackend,  # noqa: ARG001
) -> None:
    rings = []
    for name in ("one", "two"):
        folder = DataFolder(tmp_path / name)
        folder.prepare()
        made = key_ring(folder, given=(), file="", configuration=tmp_path, system=True)
        made.add()
        rings.append(made)
        assert made.place.file is None

    assert rings[0].read() != rings[1].read()


def test_a_keyring_that_is_not_there_is_said_in_words(
    tmp_path: Path,
    backend: KeyringBackend,  # noqa: ARG001
) -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    ring = KeyRing(SystemKeyring("one", tmp_path))

    with pytest.raises(UsageError, match=r"cannot be read.*WATCHKEEPER_KEY_FILE"):
        ring.read()
