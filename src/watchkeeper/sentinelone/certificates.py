"""Certificate authorities that a company adds to the system's, read from what people paste."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from watchkeeper.errors import UsageError

_LONGEST = 200_000


def parse_certificates(text: str) -> str:
    """The certificates in a text, as PEM and nothing else; empty for an empty text.

    Raises UsageError when there is none in it, or one that cannot be read.
    """
    if not text.strip():
        return ""
    if len(text) > _LONGEST:
        raise UsageError("These are too many certificates.", hint="Give the authority's own alone.")
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise UsageError(
            "There is a certificate that cannot be read, or none at all.",
            hint="Give PEM: -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.",
        ) from error
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found)


def names(certificates: str) -> tuple[str, ...]:
    """Whose certificates they are, as their subjects say."""
    if not certificates:
        return ()
    found = x509.load_pem_x509_certificates(certificates.encode())
    return tuple(each.subject.rfc4514_string() for each in found)
