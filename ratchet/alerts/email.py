"""The channel of e-mail: one message with a text and an HTML part, by SMTP."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Literal

from ratchet.alerts.channel import Receipt, not_delivered, without_secrets
from ratchet.alerts.email_body import html_of, text_of
from ratchet.alerts.message import Message

PERMANENT = 500  # answers of SMTP from here on do not change by themselves
PRIORITY = {"critical": "1", "error": "2"}
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, kw_only=True)
class EmailChannel:
    """Sends to all of `to`; a password travels over an encrypted connection only."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    runbooks_url: str = ""
    timeout_seconds: float = 10.0
    name: str = "email"
    is_record: bool = False

    def send(self, message: Message) -> Receipt:
        """Send it; delivered when the server took it for at least one of the recipients."""
        try:
            refused = self._sent(self._mail(message))
        except smtplib.SMTPException as error:
            return self._failed(_said(error), is_refused=_is_permanent(error))
        except ssl.SSLCertVerificationError as error:
            said = f"The certificate of {self.host} is not trusted: {error.verify_message}"
            return self._failed(said, is_refused=True)
        except (OSError, ValueError) as error:
            return self._failed(f"{type(error).__name__}: {error}")
        problem = "; ".join(f"{to}: {_answer(*given)}" for to, given in refused.items())
        return Receipt(is_delivered=True, problem=without_secrets(problem, self._secrets))

    def _sent(self, mail: EmailMessage) -> dict[str, tuple[int, bytes]]:
        """Send it; the recipients that were refused, while others were not."""
        server = self._connected()
        try:
            refused = server.send_message(mail)
        except BaseException:
            server.close()
            raise
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()  # the server has the message; a farewell that fails changes nothing
        return refused

    @property
    def _secrets(self) -> tuple[str, ...]:
        import base64

        plain = f"\0{self.username}\0{self.password}".encode()
        words = (plain, self.password.encode())
        return (
            self.password,
            *(base64.b64encode(word).decode() for word in words if self.password),
        )

    def _connected(self) -> smtplib.SMTP:
        """A server that is ready to take messages.

        Raises:
            SMTPException: it refused, or can not encrypt.
            OSError: it can not be reached.
        """
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=self._trust()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            if self.security == "starttls":
                server.starttls(context=self._trust())
            if self.username and self.security != "none":
                server.login(self.username, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = f"[Ratchet] {' '.join(message.headline.split())}"
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.to)
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{message.key}@{_domain(self.sender)}>"
        mail["X-Ratchet-Level"] = message.level.value
        mail["Auto-Submitted"] = "auto-generated"  # so that nobody's vacation answers it
        if priority := PRIORITY.get(message.level.value):
            mail["X-Priority"] = priority
        mail.set_content(_encodable(text_of(message, self.runbooks_url)))
        mail.add_alternative(_encodable(html_of(message, self.runbooks_url)), subtype="html")
        return mail

    def _failed(self, problem: str, *, is_refused: bool = False) -> Receipt:
        return not_delivered(problem, secrets=self._secrets, is_refused=is_refused)


def _said(error: smtplib.SMTPException) -> str:
    """What the server answered, in one line; an exception of smtplib shows it as bytes."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{to}: {_answer(*given)}" for to, given in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {_answer(error.smtp_code, error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"


def _is_permanent(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= PERMANENT
    return isinstance(error, smtplib.SMTPNotSupportedError)


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "ratchet.invalid"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
