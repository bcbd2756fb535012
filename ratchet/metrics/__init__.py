"""Metrics for Prometheus: what they are called, how they are read, and where they are told."""
