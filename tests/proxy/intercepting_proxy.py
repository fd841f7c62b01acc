"""A company's proxy: it ends each TLS connection itself, with a certificate of the company's own authority."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


class Proxy(ThreadingHTTPServer):
    """Passes whatever it is asked for on to one server, which speaks plain HTTP."""

    daemon_threads = True

    def __init__(self, authority: trustme.CA, port: int) -> None:
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
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.server.authority.issue_cert(host).configure_cert(context)
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
def running(authority: trustme.CA, port: int) -> Iterator[Proxy]:
    proxy = Proxy(authority, port)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
