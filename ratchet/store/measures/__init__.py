"""Figures of the whole system for monitoring: few set-based queries, each bounded by an index."""
