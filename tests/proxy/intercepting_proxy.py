"""A company's proxy: it ends each TLS connection itself, with a certificate of the company's own authority."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """A certificate authority. critical: whether its basicConstraints are, as RFC 5280 wants it."""

    critical: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self.certificate = (
            self._builder("Example company", self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=self.critical)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def context_for(self, host: str) -> ssl.SSLContext:
        """A server's context with a certificate for the host."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(host, key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            Path(file.name).write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
            context.load_cert_chain(file.name)
        return context

    def _builder(self, name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Example company"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - dt.timedelta(days=1))
            .not_valid_after(NOW + dt.timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


class Proxy(ThreadingHTTPServer):
    """Passes whatever it is asked for on to one server, which speaks plain HTTP."""

    daemon_threads = True

    def __init__(self, authority: Authority, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authority = authority
        self.behind = ("127.0.0.1", port)
        # In the order in which tunnels to them were asked for.
        self.hosts: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        self.server.hosts.append(host)
        self.send_response(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        # The client may refuse the certificate, and either side may hang up.
        with contextlib.suppress(OSError):
            context = self.server.authority.context_for(host)
            with (
                context.wrap_socket(self.connection, server_side=True) as client,
                socket.create_connection(self.server.behind) as behind,
            ):
                back = threading.Thread(target=_copy, args=(behind, client), daemon=True)
                back.start()
                _copy(client, behind)
                back.join()

    def log_message(self, *_: object) -> None:
        """No line per request."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running(authority: Authority, port: int) -> Iterator[Proxy]:
    proxy = Proxy(authority, port)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
