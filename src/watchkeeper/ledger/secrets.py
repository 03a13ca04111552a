"""API tokens at rest: encrypted, with a key that lies outside the database and can be rotated.

The first key encrypts; every key decrypts. To rotate: put a new key in front, `rotate` every
token, take the old key away.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from watchkeeper.errors import UsageError
from watchkeeper.sentinelone.token import Token, parse_token


class Vault:
    """Encrypts and decrypts tokens; printing it shows no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: Fernet keys, the newest first; raises UsageError when one is none."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise UsageError(
                "WATCHKEEPER_KEY (or the file keys/token.key) holds something that is no key.",
                hint="A key is 32 random bytes in URL-safe base64, 44 characters; "
                "several are separated by commas.",
            ) from error

    def __repr__(self) -> str:
        return "Vault(***)"

    def encrypt(self, token: Token) -> str:
        """The token as the database keeps it."""
        return self._fernet.encrypt(token.secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> Token:
        """The token; raises UsageError when no key fits."""
        try:
            return parse_token(self._fernet.decrypt(ciphertext.encode()).decode())
        except InvalidToken as error:
            raise UsageError(
                "A stored token cannot be decrypted: none of the keys fits.",
                hint="Bring back the key it was encrypted with (WATCHKEEPER_KEY or "
                "keys/token.key), or give the token again with `watchkeeper connect`.",
            ) from error

    def encrypt_text(self, text: str) -> str:
        """Another secret, such as a proxy's URL with its password, as the database keeps it."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt_text(self, ciphertext: str) -> str:
        """That secret; raises UsageError when no key fits."""
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as error:
            raise UsageError(
                "A stored secret cannot be decrypted: none of the keys fits.",
                hint="Bring back the key it was encrypted with, or give the secret again.",
            ) from error

    def rotate(self, ciphertext: str) -> str:
        """The same token encrypted with the first key; raises UsageError when no key fits."""
        return self.encrypt(self.decrypt(ciphertext))


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()
