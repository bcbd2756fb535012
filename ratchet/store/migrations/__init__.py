"""Migrations of the schema, run by `ratchet.store.migrate`."""
