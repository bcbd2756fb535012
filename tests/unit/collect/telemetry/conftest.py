"""Databases: each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.unit.store.conftest import database_url, store

__all__ = ["database_url", "store"]
