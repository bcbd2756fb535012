"""Relevance: do the outputs speak of these inputs? The judgement of the gate's score, reused."""

from __future__ import annotations

from ratchet.quality.dimension import Dimension
from ratchet.quality.relevance import judge_relevance as judge_by_words
from ratchet.quality.roles import Roles


def judge_relevance(roles: Roles) -> Dimension:
    """Judge the outputs against the inputs as the gate's score does."""
    return judge_by_words(roles)
