"""The programs in which defects are planted, one module for each code pattern."""

from ratchet.collect.templates.program import Program
from ratchet.collect.templates.programs import (
    algorithms,
    calculations,
    concurrent,
    databases,
    guards,
    interfaces,
    structures,
)

PROGRAMS: tuple[Program, ...] = (
    *algorithms.PROGRAMS,
    *calculations.PROGRAMS,
    *concurrent.PROGRAMS,
    *databases.PROGRAMS,
    *guards.PROGRAMS,
    *interfaces.PROGRAMS,
    *structures.PROGRAMS,
)
