"""Curation: people add, review and approve examples, each under their own name."""
