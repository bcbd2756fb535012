"""Generation from templates: cells are dealt, drafts written, near-duplicates written anew."""

from __future__ import annotations

import importlib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from rapidfuzz import fuzz, process

from ratchet import signatures
from ratchet.collect.collection import Collection
from ratchet.collect.orders import CoverageOrder
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.plan import Cell, deal_orders
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
    orders: Sequence[CoverageOrder] = (),
) -> Collection:
    """Write `count` examples of `signature` whose labels hold by construction.

    The same arguments give the same examples, byte for byte. Difficulties have the shares
    given (0..1, by default those of the gate policy) and labels those of the gate policy,
    exact to rounding. Examples made from the same material share a group.

    For each of the `orders` that `count` has room for, the draft that fills most of what is
    ordered is taken; the rest is dealt as without orders.

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
    wanted = shares or spec.policy.difficulty_shares
    cells = deal_orders(spec, count, orders, shares=wanted, rng=rng)
    parents = _dealt_parents(grammar, rng)
    known: dict[str, list[str]] = defaultdict(list)
    examples = []
    for cell, order in cells:
        example_of = partial(_example, spec, cell=cell, seed=seed, now=now)
        drafts = _drafts(grammar, parents, cell, known, rng)
        chosen = _chosen(order, ((draft, example_of(draft, parent=name)) for name, draft in drafts))
        if chosen is not None:
            draft, example = chosen
            known[example.provenance["parent"]].append(draft.text)
            examples.append(example)
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


def _drafts(
    grammar: Grammar,
    parents: Iterator[Any],
    cell: Cell,
    known: Mapping[str, list[str]],
    rng: random.Random,
) -> Iterator[tuple[str, Draft]]:
    """A draft of each next parent that is unlike its siblings; other parents share little."""
    for parent in islice(parents, len(grammar.parents)):
        name = grammar.parent_name(parent)
        for _ in range(MAX_DRAFTS):
            draft = grammar.write(parent, cell, rng)
            if not _is_known(draft.text, known[name]):
                yield name, draft
                break


def _chosen(
    order: CoverageOrder | None, candidates: Iterator[tuple[Draft, Example]]
) -> tuple[Draft, Example] | None:
    """The first candidate that fills the whole order, or else the one that fills most of it."""
    best, most = None, -1
    for draft, example in candidates:
        filled = 0 if order is None else order.filled_by(example)
        if filled > most:
            best, most = (draft, example), filled
        if order is None or filled == len(order.cells):
            break
    return best


def _is_known(text: str, known: list[str]) -> bool:
    return bool(process.extractOne(text, known, scorer=fuzz.ratio, score_cutoff=NEAR_DUPLICATE))


def _example(
    spec: SignatureSpec, draft: Draft, *, cell: Cell, parent: str, seed: int, now: datetime
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
