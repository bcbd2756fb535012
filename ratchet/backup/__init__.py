"""Backups of everything Ratchet remembers: make, list, verify, restore and prune them."""
