"""Judges of quality in several dimensions, and how far people agree with them."""
