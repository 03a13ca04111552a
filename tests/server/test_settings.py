"""Settings: read from the environment, refused in words, printed without secrets."""

from pathlib import Path

import pytest

from watchkeeper.errors import UsageError
from watchkeeper.settings import SETTINGS, Settings, load, unknown

FOLDER = {"WATCHKEEPER_DATA": "/srv/watch"}


def test_without_settings_it_listens_on_this_machine_only() -> None:
    found = load(FOLDER)

    assert found == Settings(data=Path("/srv/watch"), locker="/srv/watch/locker")
    assert found.address == "http://127.0.0.1:8765/"
    assert found.allowed_hosts == ("127.0.0.1", "localhost", "[::1]")
    assert not found.secure


def test_everything_can_be_set() -> None:
    found = load(
        {
            "WATCHKEEPER_DATA": "/srv/watch",
            "WATCHKEEPER_LOCKER": "s3://evidence/acme",
            "WATCHKEEPER_DATABASE_URL": "postgresql://u:secret@db/watch",
            "WATCHKEEPER_HOST": "10.0.0.5",
            "WATCHKEEPER_PORT": "80",
            "WATCHKEEPER_PUBLIC_URL": "https://watch.example.org/",
            "WATCHKEEPER_ALLOWED_CONSOLES": "console.example.org, other.example.org,",
            "WATCHKEEPER_KEY": "new-secret,old-secret",
        }
    )

    assert (found.locker, found.port, found.secure) == ("s3://evidence/acme", 80, True)
    assert found.allowed_consoles == ("console.example.org", "other.example.org")
    assert found.keys == ("new-secret", "old-secret")
    assert {"10.0.0.5", "watch.example.org"} <= set(found.allowed_hosts)
    assert "secret" not in repr(found)


def test_a_flag_says_more_than_the_environment() -> None:
    environment = FOLDER | {"WATCHKEEPER_PORT": "9000", "WATCHKEEPER_HOST": "127.0.0.2"}

    found = load(environment, data=Path("/elsewhere"), host="::1", port=9001)

    assert (found.data, found.address) == (Path("/elsewhere"), "http://[::1]:9001/")


def test_a_child_finds_the_same_settings_in_its_environment() -> None:
    found = load(FOLDER, host="127.0.0.3", port=9002)

    assert load(found.environment()) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WATCHKEEPER_PORT", "many"),
        ("WATCHKEEPER_PORT", "0"),
        ("WATCHKEEPER_PORT", "65536"),
        ("WATCHKEEPER_PUBLIC_URL", "watch.example.org"),
        ("WATCHKEEPER_ALLOWED_CONSOLE", "console.example.org"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=r"WATCHKEEPER_|port") as caught:
        load(FOLDER | {name: value})

    assert caught.value.hint


def test_every_setting_says_what_it_means() -> None:
    assert all(meaning.endswith(".") for meaning in SETTINGS.values())


def test_names_that_are_no_settings_are_told_with_what_may_be_meant() -> None:
    environment = FOLDER | {
        "WATCHKEEPER_KEYFILE": "/srv/key",
        "WATCHKEEPER_ZZZ": "1",
        "WATCHKEEPER_TOKEN": "secret",
        "PATH": "/bin",
    }

    assert unknown(environment) == {
        "WATCHKEEPER_KEYFILE": "WATCHKEEPER_KEY_FILE",
        "WATCHKEEPER_ZZZ": "",
    }


def test_keys_are_looked_for_among_the_users_configuration_not_the_data() -> None:
    found = load(FOLDER | {"XDG_CONFIG_HOME": "/home/maria/.config"})
    given = load(FOLDER | {"WATCHKEEPER_KEY_FILE": "/etc/watchkeeper/token.key"})

    assert found.configuration == Path("/home/maria/.config/watchkeeper")
    assert found.data not in found.configuration.parents
    assert load(given.environment()).key_file == "/etc/watchkeeper/token.key"
