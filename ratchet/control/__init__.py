"""The control of rollouts: what stands around the pure core and makes it real.

Telemetry is read from SQL, decisions are written back with compare-and-set, and the routing
file follows. Any number of processes may do so at once.
"""

from ratchet.control.announcements import Announcement, announcements_of, held
from ratchet.control.clock import Clock, SimulatedClock, SystemClock
from ratchet.control.controller import Controller, Tick, default_baseline
from ratchet.control.driving import Driver, Standing, begin_or_join, policy_of, standing_of
from ratchet.control.report import decision_log, progress_percent, stage_rows
from ratchet.control.routing import routing_of

__all__ = [
    "Announcement",
    "Clock",
    "Controller",
    "Driver",
    "SimulatedClock",
    "Standing",
    "SystemClock",
    "Tick",
    "announcements_of",
    "begin_or_join",
    "decision_log",
    "default_baseline",
    "held",
    "policy_of",
    "progress_percent",
    "routing_of",
    "stage_rows",
    "standing_of",
]
