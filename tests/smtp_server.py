"""A real SMTP server on loopback: STARTTLS, TLS, logins, and the ways in which mail fails."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
READY_SECONDS = 30


@dataclass
class Mailbox:
    """What the server takes, and how it behaves; a test changes it as it goes.

    `answer` is given to each message ("" takes it); `refused` are recipients it does not know.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    answer: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self._box.refused:
            return self._box.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Session, envelope: Envelope
    ) -> str:
        if self._box.is_cut:
            server.transport.abort()
            return "421 gone"
        if self._box.answer:
            return self._box.answer
        content = cast("bytes", envelope.content)
        self._box.mails.append(message_from_bytes(content, policy=policy.default))
        self._box.was_encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"


@contextmanager
def smtp_server(
    *,
    certificate: Path | None = None,
    implicit_tls: bool = False,
    login: tuple[str, str] | None = None,
    port: int = 0,
) -> Iterator[Mailbox]:
    """A server; with a certificate it speaks STARTTLS, or TLS from the first byte.

    With a `login` it takes mail from who knows it only, and asks for it after encryption only.
    """
    box = Mailbox()

    def authenticated(
        server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = cast("LoginPassword", data)
        box.logins.append(given.login.decode())
        return AuthResult(
            success=login == (given.login.decode(), given.password.decode()), handled=False
        )

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = Controller(
        _Handler(box),
        hostname=HOST,
        port=port or _free_port(),
        ready_timeout=READY_SECONDS,
        ssl_context=context if implicit_tls else None,
        tls_context=None if implicit_tls else context,
        require_starttls=context is not None and not implicit_tls,
        authenticator=authenticated if login else None,
        auth_required=login is not None,
        auth_require_tls=not implicit_tls,  # aiosmtpd does not see a TLS that was there before
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def write_certificate(path: Path) -> Path:
    """A certificate for loopback that signs itself, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback of a test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])
