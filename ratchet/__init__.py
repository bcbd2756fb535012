"""Ratchet keeps DSPy programs improving in production and never lets them slip back.

Importing the package is cheap; DSPy, Prefect and data frames are imported by the modules
that need them.
"""

__version__ = "0.1.0"
