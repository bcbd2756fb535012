"""Prefect blocks: secrets and connections, kept by the server and edited in its UI."""

from blocks.connections import Connections
from blocks.database import Database
from blocks.git_source import GitSource
from blocks.language_model import LanguageModel

__all__ = ["Connections", "Database", "GitSource", "LanguageModel"]
