"""The reference of the settings, from the models that read them."""

from __future__ import annotations

from ratchet.configuration.reference import reference_table
from ratchet.settings import Settings

HEAD = """# Settings

Generated from the settings themselves. A setting is written into `ratchet.toml` in the working
directory (or the file that `RATCHET_CONFIG` names), or given by its environment variable, which
wins. Secrets are taken from the environment only. [Configuration](../guide/configuration.md) has
examples; `ratchet config explain KEY` says what a setting is now and why.
"""


def configuration_page() -> str:
    """The page: a table for each section."""
    return f"{HEAD}\n{reference_table(Settings)}".replace("\n### ", "\n## ")
