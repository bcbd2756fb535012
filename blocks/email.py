"""The e-mail block: the server that takes alerts, and whom they go to."""

from __future__ import annotations

from typing import Literal

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class Email(Block):
    """An SMTP server and the people who get alerts from it."""

    _block_type_name = "Ratchet E-Mail"
    _block_type_slug = "ratchet-email"

    host: str = Field(description="Host of the SMTP server.")
    port: int = Field(default=587, ge=1, le=65_535, description="Port of the SMTP server.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls (port 587), tls from the first byte (port 465), or none.",
    )
    username: str = Field(default="", description="Name to log in with; empty means none.")
    password: SecretStr | None = Field(default=None, description="Password to log in with.")
    sender: str = Field(description="Address that alerts come from.")
    to: list[str] = Field(description="Addresses that alerts go to, one a line.")
