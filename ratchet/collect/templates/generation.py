"""Generation from templates: cells are dealt, drafts written, near-duplicates written anew."""

from __future__ import annotations

import importlib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from rapidfuzz import fuzz, process

from ratchet import signatures
from ratchet.collect.collection import Collection
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.plan import Cell, deal_cells
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example, Source
from ratchet.signatures.spec import SignatureSpec

STRATEGY = "templates"
NEAR_DUPLICATE = 80.0  # indel ratio, 0..100; below the 85 at which validation rejects
MAX_DRAFTS = 8  # drafts written from one parent before the next parent is taken
GRAMMARS = {
    name: f"ratchet.collect.templates.{name}"
    for name in (
        "extract_requirements",
        "validate_intent",
        "validate_completeness",
        "validate_correctness",
        "generate_guidance",
    )
}

PIPELINES = {"generate_problem": "ratchet.collect.problems.generation"}
"""Signatures whose examples are made and verified by a pipeline of their own."""


def generate(
    signature: str,
    count: int,
    *,
    seed: int,
    now: datetime,
    shares: Mapping[Difficulty, float] | None = None,
) -> Collection:
    """Write `count` examples of `signature` whose labels hold by construction.

    The same arguments give the same examples, byte for byte. Difficulties have the shares
    given (0..1, by default those of the gate policy) and labels those of the gate policy,
    exact to rounding. Examples made from the same material share a group.

    Raises:
        ConfigurationError: the signature is unknown or has no templates, or the count or a
            share is negative.
    """
    spec = signatures.get(signature)
    if signature in PIPELINES:
        module = importlib.import_module(PIPELINES[signature])
        made: Collection = module.generate(count, seed=seed, now=now, shares=shares)
        return made
    grammar = load_grammar(signature)
    rng = random.Random(f"{signature}/{seed}")  # a text seed is stable across processes
    cells = deal_cells(spec, count, shares=shares or spec.policy.difficulty_shares, rng=rng)
    parents = _dealt_parents(grammar, rng)
    known: dict[str, list[str]] = defaultdict(list)
    examples = []
    for cell in cells:
        found = _novel_draft(grammar, parents, cell, known, rng)
        if found is not None:
            parent, draft = found
            examples.append(_example(spec, draft, cell, parent=parent, seed=seed, now=now))
    return _collection(count, examples)


def load_grammar(signature: str) -> Grammar:
    """The templates of `signature`.

    Raises:
        ConfigurationError: there are none.
    """
    if signature not in GRAMMARS:
        raise ConfigurationError(
            f"There are no templates for {signature!r}; templates exist for "
            f"{', '.join(GRAMMARS)}. Generate it with a language model instead."
        )
    grammar = importlib.import_module(GRAMMARS[signature]).GRAMMAR
    assert isinstance(grammar, Grammar)  # noqa: S101 - narrows what the import system returns
    return grammar


def _dealt_parents(grammar: Grammar, rng: random.Random) -> Iterator[Any]:
    """Every parent once, in random order, then all again."""
    while True:
        yield from rng.sample(list(grammar.parents), len(grammar.parents))


def _novel_draft(
    grammar: Grammar,
    parents: Iterator[Any],
    cell: Cell,
    known: dict[str, list[str]],
    rng: random.Random,
) -> tuple[str, Draft] | None:
    """The next parent with a draft unlike its siblings; other parents share few sentences."""
    for parent in islice(parents, len(grammar.parents)):
        name = grammar.parent_name(parent)
        for _ in range(MAX_DRAFTS):
            draft = grammar.write(parent, cell, rng)
            if not _is_known(draft.text, known[name]):
                known[name].append(draft.text)
                return name, draft
    return None


def _is_known(text: str, known: list[str]) -> bool:
    return bool(process.extractOne(text, known, scorer=fuzz.ratio, score_cutoff=NEAR_DUPLICATE))


def _example(
    spec: SignatureSpec, draft: Draft, cell: Cell, *, parent: str, seed: int, now: datetime
) -> Example:
    return Example(
        signature=spec.name,
        inputs=draft.inputs,
        outputs=draft.outputs,
        source=Source.SYNTHETIC,
        difficulty=cell.difficulty,
        category=draft.category,
        group_id=f"synthetic:{spec.name}:{parent}",
        created_at=now,
        notes=draft.notes,
        provenance={"strategy": STRATEGY, "seed": seed, "parent": parent, **draft.facts},
    )


def _collection(count: int, examples: list[Example]) -> Collection:
    short = count - len(examples)
    if not short:
        return Collection(examples=tuple(examples))
    return Collection(
        examples=tuple(examples),
        skipped={"near-duplicate": short},
        notes=(f"The templates gave {len(examples)} of {count}: the rest came out too similar.",),
    )
