"""What must not be readable in the database: encrypted, with keys that lie elsewhere.

The first key encrypts; every key decrypts. `keys.py` says where keys come from and how they are
rotated.
"""

import contextlib
from collections.abc import Sequence
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from watchkeeper.errors import KeyLost, UsageError
from watchkeeper.ledger.keys import fingerprint, new_key
from watchkeeper.sentinelone.token import Token, parse_token

__all__ = ["Keys", "Vault", "new_key"]

_AGAIN = (
    "Enter the token again, or bring back the key it was encrypted with "
    "(`watchkeeper doctor` says where it is looked for)."
)


class Keys(Protocol):
    """Where a vault has its keys from, the newest first."""

    def read(self) -> Sequence[str]:
        """The keys there are."""

    def keys_to_encrypt(self) -> Sequence[str]:
        """The same; the first one is made where there is none."""


class _Fixed:
    """Keys that stay what they are."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys

    def read(self) -> Sequence[str]:
        return self._keys

    def keys_to_encrypt(self) -> Sequence[str]:
        return self._keys


class Vault:
    """Encrypts and decrypts tokens; printing it shows no key."""

    def __init__(self, keys: Keys | Sequence[str]) -> None:
        """`keys`: Fernet keys, the newest first, or where to read them at every use.

        Raises UsageError when one of those that are given is none.
        """
        self._keys: Keys = _Fixed(keys) if isinstance(keys, Sequence) else keys
        if isinstance(keys, Sequence):
            _fernets(keys)

    def __repr__(self) -> str:
        return "Vault(***)"

    def encrypt(self, token: Token) -> str:
        """The token as the database keeps it."""
        return self.encrypt_text(token.secret)

    def decrypt(self, ciphertext: str) -> Token:
        """The token; raises KeyLost when no key fits."""
        return parse_token(self._open(ciphertext, "The stored token", _AGAIN))

    def encrypt_text(self, text: str) -> str:
        """Another secret, such as a proxy's URL with its password, as the database keeps it."""
        return _fernets(self._keys.keys_to_encrypt())[0].encrypt(text.encode()).decode()

    def decrypt_text(self, ciphertext: str) -> str:
        """That secret; raises KeyLost when no key fits."""
        hint = "Bring back the key it was encrypted with, or give the secret again."
        return self._open(ciphertext, "A stored secret", hint)

    def rotate(self, ciphertext: str) -> str:
        """The same secret encrypted with the first key; raises KeyLost when no key fits."""
        return self.encrypt_text(self._open(ciphertext, "The stored token", _AGAIN))

    def opened_by(self, ciphertext: str) -> str | None:
        """The fingerprint of the key that opens it, None when none does."""
        for key in self._keys.read():
            try:
                _fernets([key])[0].decrypt(ciphertext.encode())
            except InvalidToken:
                continue
            return fingerprint(key)
        return None

    def _open(self, ciphertext: str, what: str, hint: str) -> str:
        keys = self._keys.read()
        why = "there is none" if not ciphertext else "there is no key"
        if keys and ciphertext:
            with contextlib.suppress(InvalidToken):
                return MultiFernet(_fernets(keys)).decrypt(ciphertext.encode()).decode()
            why = "none of the keys fits"
        raise KeyLost(f"{what} cannot be decrypted: {why}.", hint=hint)


def _fernets(keys: Sequence[str]) -> list[Fernet]:
    """The keys, ready for use; raises UsageError when one is none."""
    try:
        return [Fernet(key) for key in keys or [""]]
    except ValueError as error:
        raise UsageError(
            "WATCHKEEPER_KEY (or the key file) holds something that is no key.",
            hint="A key is 32 random bytes in URL-safe base64, 44 characters; "
            "several are separated by commas or line breaks. `watchkeeper keys new` makes one.",
        ) from error
