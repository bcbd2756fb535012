"""The control of rollouts: what stands around the pure core and makes it real.

Telemetry is read from SQL, decisions are written back with compare-and-set, and the routing
file follows. Any number of processes may do so at once.
"""

from ratchet.control.announcements import Announcement, announcements_of
from ratchet.control.clock import Clock, SimulatedClock, SystemClock
from ratchet.control.controller import Controller, Tick, default_baseline
from ratchet.control.routing import routing_of

__all__ = [
    "Announcement",
    "Clock",
    "Controller",
    "SimulatedClock",
    "SystemClock",
    "Tick",
    "announcements_of",
    "default_baseline",
    "routing_of",
]
