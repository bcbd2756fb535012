"""The git source block: repositories to mine, with a token for private ones."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class GitSource(Block):
    """Git repositories, as paths on the worker or as https addresses."""

    _block_type_name = "Ratchet Git Source"
    _block_type_slug = "ratchet-git-source"

    repositories: list[str] = Field(description="Paths or https addresses, one a line.")
    token: SecretStr | None = Field(
        default=None, description="Access token for https addresses; needs read access only."
    )
