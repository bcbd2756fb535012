"""Which blocks a run uses, by name, and what they resolve to where the work is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, cast

from prefect.blocks.core import Block
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from blocks.database import Database
from blocks.email import Email
from blocks.git_source import GitSource
from blocks.language_model import LanguageModel
from blocks.slack import Slack
from ratchet.cycle.workspace import ModelConnection, Workspace
from ratchet.errors import ConfigurationError
from ratchet.logs import remember_secrets
from ratchet.settings import Settings, load_settings

B = TypeVar("B", bound=Block)


class Connections(BaseModel):
    """Names of blocks; an empty name means the settings and the environment.

    Only names travel as parameters of flows and tasks: a secret is read from its block in
    the process that needs it, and is never stored with a run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    language_model: str = Field(default="", description="Name of a Ratchet Language Model block.")
    database: str = Field(default="", description="Name of a Ratchet Database block.")
    git_source: str = Field(default="", description="Name of a Ratchet Git Source block.")
    slack: str = Field(default="", description="Name of a Ratchet Slack block, for alerts.")
    email: str = Field(default="", description="Name of a Ratchet E-Mail block, for alerts.")

    def workspace(self, *, model: str = "") -> Workspace:
        """The workspace of the settings, with what the blocks say in its place.

        `model` is the name of the language model and wins over the block's and the settings'.
        """
        workspace = Workspace.of(load_settings(), model=model)
        if self.database:
            url = _load(Database, self.database).url.get_secret_value()
            workspace = replace(workspace, store_url=url)
        if self.language_model:
            workspace = replace(workspace, model=_model(self.language_model, model))
        if self.git_source and (token := _load(GitSource, self.git_source).token):
            workspace = replace(workspace, git_token=token.get_secret_value())
        return workspace

    def repositories(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """The repositories to mine: those of the block, or the given ones."""
        if not self.git_source:
            return given
        return tuple(_load(GitSource, self.git_source).repositories)

    def for_alerts(self, settings: Settings) -> Settings:
        """The settings with what the blocks say of database, Slack and e-mail in their place.

        Raises:
            ConfigurationError: there is no block of that kind and name.
        """
        changes: dict[str, object] = {}
        if self.slack:
            changes.update(_slack(_load(Slack, self.slack)))
        if self.email:
            changes.update(_email(_load(Email, self.email)))
        whole: dict[str, object] = {"alerts": settings.alerts.model_copy(update=changes)}
        if self.database:
            whole["database_url"] = _load(Database, self.database).url.get_secret_value()
        return settings.model_copy(update=whole)


def _slack(block: Slack) -> dict[str, object]:
    return {
        "slack_enabled": True,
        "slack_webhook_url": block.webhook_url or SecretStr(""),
        "slack_bot_token": block.bot_token or SecretStr(""),
        "slack_channel": block.channel,
    }


def _email(block: Email) -> dict[str, object]:
    return {
        "email_enabled": True,
        "email_smtp_server": block.host,
        "email_smtp_port": block.port,
        "email_security": block.security,
        "email_username": block.username,
        "email_password": block.password or SecretStr(""),
        "email_from": block.sender,
        "email_to": tuple(block.to),
    }


def _model(block_name: str, chosen: str) -> ModelConnection:
    block = _load(LanguageModel, block_name)
    return ModelConnection(
        name=chosen or block.model,
        api_base=block.api_base,
        api_key=block.api_key.get_secret_value() if block.api_key else None,
    )


def _load(kind: type[B], name: str) -> B:
    """Read a block from the server; tasks and flows here are synchronous, so it is no coroutine.

    Raises:
        ConfigurationError: there is no block of that kind and name.
    """
    try:
        block = cast("B", kind.load(name))
    except ValueError as error:
        raise ConfigurationError(
            f"There is no {kind._block_type_name} block called {name!r}: {error}"
        ) from error
    values = (value for _, value in block)
    remember_secrets(v.get_secret_value() for v in values if isinstance(v, SecretStr))
    return block
