"""Alerts: what a person should know of, and the ways by which it reaches them."""

from ratchet.alerts.alert import Alert, Level

__all__ = ["Alert", "Level"]
