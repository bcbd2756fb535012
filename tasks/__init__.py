"""Prefect tasks: each is a decorator, one domain call and one log line. No decisions."""
