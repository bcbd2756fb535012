"""The language model block: which model answers, where, and with which key."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class LanguageModel(Block):
    """A language model behind the programs."""

    _block_type_name = "Ratchet Language Model"
    _block_type_slug = "ratchet-language-model"

    model: str = Field(description="provider/name, for example anthropic/claude-sonnet-4-5.")
    api_key: SecretStr | None = Field(default=None, description="Key of the provider.")
    api_base: str | None = Field(
        default=None, description="URL of an OpenAI-compatible endpoint of your own."
    )
