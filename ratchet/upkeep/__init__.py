"""Upkeep: what piles up is planned, reported and taken away; nothing that is referred to is."""
