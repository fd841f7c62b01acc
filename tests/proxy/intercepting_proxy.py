"""A company's proxy: it ends each TLS connection itself, with a certificate of the company's own authority."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Authority(trustme.CA):
    """A certificate authority. critical: whether its basicConstraints are, as RFC 5280 wants it."""

    def __init__(self, *, critical: bool = True) -> None:
        super().__init__()
        self.pem = self.cert_pem.bytes() if critical else self._not_critical()

    def context_for(self, host: str) -> ssl.SSLContext:
        """A server's context with a certificate for the host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue_cert(host).configure_cert(context)
        return context

    def _not_critical(self) -> bytes:
        """The same certificate of the same key but for that."""
        own = x509.load_pem_x509_certificate(self.cert_pem.bytes())
        key = serialization.load_pem_private_key(self.private_key_pem.bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        builder = x509.CertificateBuilder(
            own.issuer,
            own.subject,
            key.public_key(),
            own.serial_number,
            own.not_valid_before_utc,
            own.not_valid_after_utc,
        )
        for each in own.extensions:
            critical = each.critical and not isinstance(each.value, x509.BasicConstraints)
            builder = builder.add_extension(each.value, critical=critical)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


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
