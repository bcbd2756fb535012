"""Lineage both ways: where a program's examples came from, and what a source has reached."""
