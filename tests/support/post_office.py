"""Where messages arrive: a real SMTP server and a real HTTP server, which tests tell how to answer."""

from __future__ import annotations

import asyncio
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Mailbox:
    """All mail that arrived; `refusal` is what the server answers to recipients instead of taking them."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusal: str | None = None
        self.signed_in: list[bytes] = []
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert [message["To"]] == envelope.rcpt_tos
        self.messages.append(message)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.signed_in.append(data.login)
        known = (data.login, data.password) == (b"mlabs", b"open sesame")
        return AuthResult(success=known, handled=False)


class AnyPort(Controller):
    """Listens on a port that is free, and looks there whether it does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made: list[Any] = []

    def factory(self) -> Any:
        self.made.append(super().factory())
        return self.made[-1]

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def hang_up(self) -> None:
        """Leave no connection open that a client has not closed."""
        for each in self.made:
            # Python 3.11 knows no way to ask an encrypted connection whether it is gone already.
            with suppress(AttributeError):
                each.transport.abort()
        await asyncio.gather(*(each._handler_coroutine for each in self.made), return_exceptions=True)


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None, sign_in: bool = False) -> Iterator[Mailbox]:
    """A mail server on loopback."""
    box = Mailbox()
    more: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    if sign_in:
        more |= {"authenticator": box.authenticate, "auth_required": True}
    controller = AnyPort(box, hostname="127.0.0.1", port=0, **more)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(10)
        controller.stop()


class Post(NamedTuple):
    """A request that arrived."""

    path: str
    headers: Message
    body: bytes


class Receiver:
    """All that was asked; `status`, `location`, `media` and `answer` are what it gets, after `gate` is open.

    `pages` are the answers of some paths; with `chunked` no length is announced.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.status, self.location, self.media, self.answer = 204, "", "", b""
        self.pages: dict[str, bytes] = {}
        self.chunked = False
        self.gate = threading.Event()
        self.gate.set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver(host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """An HTTP server on loopback."""
    kept = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            kept.posts.append(Post(self.path, self.headers, body))
            kept.gate.wait(30)
            answer = kept.pages.get(self.path, kept.answer)
            self.send_response(200 if self.path in kept.pages else kept.status)
            if kept.location and self.path not in kept.pages:
                self.send_header("Location", kept.location)
            if kept.media:
                self.send_header("Content-Type", kept.media)
            if kept.status != 204 and not kept.chunked:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hangs up is expected to."""

    server = Server((host, port), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield kept
    finally:
        kept.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a certificate of its own making for `name`, and the file that trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    alternative: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        alternative = x509.IPAddress(ip_address(name))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, secret = folder / f"{name}.pem", folder / f"{name}.key"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return context, file
