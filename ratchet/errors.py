"""The exceptions of Ratchet: broken systems and broken configuration, never bad data.

A bad example, a refused gate and a low score are data and travel as records. What is
raised is one of the few classes below; its message says what happened, with the values,
and what to do next.
"""

from __future__ import annotations


class RatchetError(Exception):
    """Root of everything Ratchet raises on purpose."""


class ConfigurationError(RatchetError):
    """A setting, option or registered signature is wrong; nothing was started."""


class InputError(RatchetError):
    """A file, repository or record given by the user can not be used as it is."""


class StoreError(RatchetError):
    """The database or a folder of Ratchet's can not be read or written."""


class DamagedRolloutError(StoreError):
    """The stored state of a rollout can not be read; all that is left is to roll it back."""


class DatasetError(RatchetError):
    """A dataset version is missing, damaged, or could not be published."""


class ModelError(RatchetError):
    """A language model refused or failed in a way that retrying does not mend."""
