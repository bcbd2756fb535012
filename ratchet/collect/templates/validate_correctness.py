"""Templates of validate_correctness: code in which a known defect is planted, or its right twin."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ratchet.collect.templates.chores import CHORES
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.grammar import capitalised
from ratchet.collect.templates.plan import Cell
from ratchet.collect.templates.program import Program, Spot
from ratchet.collect.templates.programs import PROGRAMS
from ratchet.examples import Difficulty

SENTENCES = {Difficulty.EASY: (2, 3), Difficulty.MEDIUM: (4, 5), Difficulty.HARD: (6, 7)}
BOTH_DEFECTS_SHARE = 0.25  # of the incorrect programs have a defect in both places
PHASES = ("specification", "implementation", "review")
AGENTS = ("coder", "backend developer", "pair of developers", "contractor", "code assistant")
STATUSES = ("ready for review", "in progress", "tests pass", "waiting for approval", "reopened")
LEADS = (
    "The core is {title}, in {language}:",
    "At its heart is {title} ({language}):",
    "The part worth a look is {title}. It is written in {language}:",
    "New in {language}: {title}.",
    "{Title}, written in {language} as agreed:",
    "One {language} function carries the change, {title}:",
)


def write(program: Program, cell: Cell, rng: random.Random) -> Draft:
    """Write `program` within a description of finished work, correct when the cell says so."""
    names = program.draw_names(rng)
    defects = () if cell.positive else _draw_defects(program, rng)
    code = program.written(defects, names)
    twin = program.written((), names)
    around = _surroundings(program, cell.difficulty, len(twin) - len(code), rng)
    return Draft(
        inputs={
            "implementation": _implementation(program, code, around, rng),
            "execution_context": _context(rng),
        },
        outputs={
            "is_correct": not defects,
            "issues": [spot.issue for spot in defects],
            "explanation": _explanation(program, defects, names),
        },
        category=program.category,
        notes=_notes(program, defects),
        facts={
            "pattern": program.pattern,
            "language": program.language,
            "families": sorted({spot.family for spot in defects}),
            "level": _level(defects),
        },
    )


def _draw_defects(program: Program, rng: random.Random) -> tuple[Spot, ...]:
    if rng.random() < BOTH_DEFECTS_SHARE:
        return program.spots
    return (rng.choice(program.spots),)


def _level(defects: Sequence[Spot]) -> str:
    if not defects:
        return "fully correct"
    return "major" if any(spot.severity == "major" for spot in defects) else "minor"


def _surroundings(
    program: Program, difficulty: Difficulty, shortfall: int, rng: random.Random
) -> list[str]:
    """Sentences of correct work in the same category, longer by about `shortfall` characters."""
    feature = rng.choice([f for f in FEATURES if f.category == program.category])
    pool = [facet.evidence for facet in feature.facets]
    slots = {**feature.slots, "module": rng.choice(feature.modules)}
    chores = [chore.format_map(slots) for chore in CHORES]
    count = rng.randint(*SENTENCES[difficulty])
    done = rng.sample(pool, (count + 1) // 2)
    goal = shortfall + 65 * (count - len(done))  # 65: characters of a chore, on average
    for chore in rng.sample(chores, len(chores)):
        if len(chore) <= goal + 12:
            done.append(chore)
            goal -= len(chore)
    rng.shuffle(done)
    return [f"Part of the work on {feature.name}.", *done]


def _implementation(program: Program, code: str, around: Sequence[str], rng: random.Random) -> str:
    lead = rng.choice(LEADS).format(
        title=program.title, Title=capitalised(program.title), language=program.language
    )
    fence = f"```{program.language.lower()}\n{code}\n```"
    cut = rng.randint(1, len(around))
    before, after = " ".join(around[:cut]), " ".join(around[cut:])
    return "\n\n".join(part for part in (before, lead, fence, after) if part)


def _context(rng: random.Random) -> str:
    return (
        f"Phase: {rng.choice(PHASES)}, Agent: {rng.choice(AGENTS)}, "
        f"Status: {rng.choice(STATUSES)}, Previous attempts: {rng.randint(0, 4)}"
    )


def _explanation(program: Program, defects: Sequence[Spot], names: Mapping[str, str]) -> str:
    if not defects:
        praise = " ".join(spot.praise for spot in program.spots)
        return f"No defect was found in {program.title}. {praise}"
    findings = " ".join(
        f"{spot.issue} ({spot.severity}, {spot.family}). It should be: {_named(spot.right, names)}"
        for spot in defects
    )
    return f"{len(defects)} defect{'s' if len(defects) > 1 else ''} found. {findings}"


def _named(code: str, names: Mapping[str, str]) -> str:
    for placeholder, identifier in names.items():
        code = code.replace(f"${placeholder}", identifier)
    return f"`{code}`."


def _notes(program: Program, defects: Sequence[Spot]) -> str:
    if not defects:
        return f"Fully correct: {program.title}."
    families = " and ".join(sorted({spot.family for spot in defects}))
    return f"{capitalised(_level(defects))} defect ({families}) in {program.title}."


GRAMMAR = Grammar(parents=PROGRAMS, parent_name=lambda program: program.title, write=write)
