"""Writes the reference pages of the documentation from the code, at each build."""
