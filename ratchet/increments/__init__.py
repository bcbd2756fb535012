"""Increments: what new data brings, when it is worth another optimisation, what it will add."""
