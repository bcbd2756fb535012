"""Prefect blocks: secrets and connections, kept by the server and edited in its UI."""

from blocks.connections import Connections
from blocks.database import Database
from blocks.email import Email
from blocks.git_source import GitSource
from blocks.language_model import LanguageModel
from blocks.slack import Slack

__all__ = ["Connections", "Database", "Email", "GitSource", "LanguageModel", "Slack"]
