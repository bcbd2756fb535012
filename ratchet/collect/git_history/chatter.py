"""What authors write to themselves, to reviewers or about the past: no demands on a program."""

from __future__ import annotations

import re

HEDGED = re.compile(
    r"\b(should (?:probably|be (?:fine|safe|ok|okay|good|enough|no|faster)|fix|work|help|"
    r"not (?:matter|"
    r"change|affect|break)|have|already)|i (?:think|guess|believe)|maybe we|not sure|used to|"
    r"would have|was never|were never|has never|had to|have to (?:be )?(?:admit|say))\b|\?$",
    re.IGNORECASE,
)
PERSONAL = re.compile(r"\b(i|i'm|i've|my|me|you|thanks|lgtm|hopefully|sorry|oops)\b", re.IGNORECASE)
NOISE = re.compile(
    r"^(merge (branch|remote|pull|tag|master|main|upstream|in)\b|wip\b|fixup!|squash!|"
    r"apply suggestions?|"
    r"(address|fix|resolve|apply|incorporate)\w* .{0,30}(review|comment|feedback|nit|suggestion|"
    r"conflict)|"
    r"(fix|fixed|fixes|run|apply|satisfy|please|remove|appease)\b.{0,12}\b(lint\w*|format\w*|"
    r"black|isort|flake8|ruff|"
    r"mypy|pep ?8|typos?|style|whitespace|ci|tests?|build|pre-commit|coverage|docs?|spelling|"
    r"grammar|"
    r"indent\w*|imports?|changelog|news|merge|type hints?|typing|type checks?)\b.{0,20}$|"
    r"(update|bump|edit|modify|change|add|tweak|delete|create|rename|"
    r"drop)\w* (the )?[\w./-]+\.(md|rst|txt|py|toml|cfg|yml|yaml|js|ts|go|rs|json|in|ini)$|"
    r"(update|add|edit|tweak|adjust|drop)\w* (the |a |an |to )?(changelog|change log|news|"
    r"authors|readme|history|release notes?|comments?)\b.{0,25}$|"
    r"bump(s|ed|ing)? |(update|upgrade)\w* ([\w.-]+ ){0,2}(dependenc|requirements?$|pre-commit|"
    r"hooks?$|deps)|(version|release|prepare) v?\d|lint\w*$|typos?$|nits?$|format\w*$|"
    r"clean ?ups?\b.{0,12}$|(some |more |minor |small )*(changes|tweaks|updates|improvements|"
    r"edits|fixes|tests)$|"
    r"(try|trying|attempt|again|run \w*(ruff|black|lint\w*|testing|format\w*|scripts?)|"
    r"test commit|initial commit|empty commit|trigger)\b|"
    r"revert \"|revert (commit|unrelated|change)|(revert )?\"?update \w+\.?\w*\"?$|co-?authored|"
    r"signed-off|\[pre-commit|https?://)",
    re.IGNORECASE,
)
PROCESS = re.compile(
    r"\b(noqa|red tests?|failing|unneeded|unrelated|outdated|leftovers?|tests? pass|rebased?|"
    r"conflicts?|"
    r"nits?|review(?:er)?s?|suggest\w+ by|previous commit|code style|code ?review\w*|"
    r"as discussed|feel free)\b|#\d+|\b[0-9a-f]{10,40}\b",
    re.IGNORECASE,
)


def is_chatter(text: str) -> bool:
    """Whether a line is about the making of the change rather than about the change.

    >>> is_chatter("fix lint"), is_chatter("Apply suggestions from code review")
    (True, True)
    >>> is_chatter("Reject empty names")
    False
    """
    return bool(NOISE.match(text) or PROCESS.search(text) or HEDGED.search(text))
