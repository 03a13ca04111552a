"""Servers that speak TLS, and an authority that no system knows."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class _Answering(BaseHTTPRequestHandler):
    """Answers every question with the same, and keeps what it was asked with."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        body = b'{"data": {"version": "1"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@contextmanager
def served(
    context: ssl.SSLContext | None = None,
) -> Iterator[tuple[int, list[tuple[str, dict[str, str]]]]]:
    """A server on loopback: its port, and what it was asked."""
    seen: list[tuple[str, dict[str, str]]] = []
    handler = type("Handler", (_Answering,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, seen
        finally:
            server.shutdown()
            thread.join()


def authority(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A certificate authority that no system knows, as PEM, and a server it vouches for."""
    key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Proxy of Acme")])
    began = datetime.now(UTC) - timedelta(minutes=5)

    def certificate(
        subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool
    ) -> x509.Certificate:
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            address = x509.IPAddress(ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return made.sign(key, hashes.SHA256())

    own = certificate(name, key.public_key(), ca=True)
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console")])
    leaf = certificate(host, server_key.public_key(), ca=False)
    file = folder / "server.pem"
    private = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + leaf.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return own.public_bytes(Encoding.PEM).decode(), context
