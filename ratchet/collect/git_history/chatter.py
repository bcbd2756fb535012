"""What authors write to themselves, to reviewers or about the past: no demands on a program."""

from __future__ import annotations

import re

PERSONAL = re.compile(r"\b(i|i'm|i've|my|me|you|thanks|lgtm|hopefully|sorry|oops)\b", re.IGNORECASE)

_CHECKS = (
    r"(lint\w*|format\w*|black|isort|flake8|ruff|mypy|pep ?8|typos?|style|whitespace|ci|tests?|"
    r"build|pre-commit|coverage|docs?|spelling|grammar|indent\w*|imports?|changelog|news|merge|"
    r"type hints?|typing|type checks?)"
)
_EDITS = r"(update|bump|edit|modify|change|add|tweak|adjust|delete|create|rename|drop)\w*"
_SUFFIXES = r"\.(md|rst|txt|py|toml|cfg|yml|yaml|js|ts|go|rs|json|in|ini)"
_RECORDS = r"(changelog|change log|news|authors|readme|history|release notes?|comments?)"

NOISE = (
    r"merge (branch|remote|pull|tag|master|main|upstream|in|\S+ (in)?to)\b",
    r"(wip|try|trying|attempt|again|trigger|test commit|initial commit|empty commit)\b",
    r"fixup!|squash!|apply suggestions?|co-?authored|signed-off|\[pre-commit|https?://",
    r"(address|fix|resolve|apply|incorporate)\w* .{0,30}(review|comment|feedback|nit|conflict)",
    rf"(fix|fixed|fixes|run|apply|satisfy|please|remove|appease)\b.{{0,12}}\b{_CHECKS}\b.{{0,20}}$",
    r"fix\w* (ruff|mypy|pyright|pylint|flake8|bad|broken merge|lint\w*)\b",
    rf"{_EDITS} (the )?[\w./-]+{_SUFFIXES}$",
    rf"{_EDITS} (the |a |an |to )?{_RECORDS}\b.{{0,25}}$",
    r"(update|upgrade)\w* ([\w.-]+ ){0,2}(dependenc|requirements?$|pre-commit|hooks?$|deps)",
    r"(bump(s|ed|ing)?|bring back) |(version|release|prepare) v?\d",
    r"(lint\w*|typos?|nits?|format\w*)$|clean ?ups?\b.{0,12}$",
    r"(some |more |minor |small )*(changes|tweaks|updates|improvements|edits|fixes|tests)$",
    r"run \w*(ruff|black|lint\w*|testing|format\w*|scripts?)\b",
    r"revert \"|revert (commit|unrelated|change|incorrect)|(revert )?\"?update \w+\.?\w*\"?$",
)
"""How notes of an author begin."""

PROCESS = (
    r"noqa|red tests?|failing|unneeded|unrelated|outdated|leftovers?|tests? pass|rebased?",
    r"conflicts?|nits?|review(?:er)?s?|suggest\w+ by",
    r"previous commit|code style|code ?review\w*|as discussed",
    r"feel free|new ?lines? (?:at )?(?:the )?(?:eof|end of file)|test name",
)
"""Words of the making, wherever they stand."""

HEDGES = (
    r"should (?:probably|fix|work|help|have|already|not (?:matter|change|affect|break))",
    r"should be (?:fine|safe|ok|okay|good|enough|no|faster)",
    r"i (?:think|guess|believe)|maybe we|not sure|used to|would have|had to",
    r"(?:was|were|has) never|have to (?:be )?(?:admit|say)",
)
"""Words of doubt and of the past."""

_NOISE = re.compile("|".join(f"(?:{pattern})" for pattern in NOISE), re.IGNORECASE)
_PROCESS = re.compile(
    rf"\b(?:{'|'.join((*PROCESS, *HEDGES))})\b|#\d+|\b[0-9a-f]{{10,40}}\b|\?$", re.IGNORECASE
)


def is_chatter(text: str) -> bool:
    """Whether a line is about the making of the change rather than about the change.

    >>> is_chatter("fix lint"), is_chatter("Apply suggestions from code review")
    (True, True)
    >>> is_chatter("Reject empty names")
    False
    """
    return bool(_NOISE.match(text) or _PROCESS.search(text))
