"""Measurements against peers, each a script that anyone can run: python -m benchmarks.<name>."""
