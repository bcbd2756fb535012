"""Unit tests of `ratchet.alerts`."""
