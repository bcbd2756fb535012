"""Work items as teams write them, with near-duplicates planted at known distances."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


VERBS = _words(
    """
add remove rename replace move split merge cache retry validate reject log measure
limit batch stream parse render sort filter group encrypt sign verify schedule cancel resume pause
archive restore import export compress index paginate throttle mirror migrate document test mock
deprecate expose hide wrap unwrap guard lock unlock refresh expire rotate trace audit count sample
    """
)
NOUNS = _words(
    """
account address alert archive backup balance batch branch bucket budget cache calendar
cart catalogue channel checkout client cluster column comment commit config connection contract
cookie coupon currency customer dashboard database deadline delivery device digest document domain
draft endpoint event example export feature field filter folder form gateway group handler header
history image import index invoice item job journal key label language ledger licence limit link
list location login mailbox manifest member message metric migration model module network node
notification order owner package page parser partner password payment permission pipeline plan
policy port price process product profile project promotion provider proxy query queue quota
receipt record refund region registry release report repository request response result review
role route row rule runner sample schedule schema scope search secret section sender sensor
server session setting shard shipment signature site snapshot source stage statement status step
stock store stream subscription summary supplier table tag target task tax team template tenant
test thread ticket timeout token topic trace transaction transfer trigger update upload user
vendor version view voucher wallet warehouse webhook widget window worker workflow zone
    """
)
QUALITIES = _words(
    """
active archived atomic broken cached cold compact concurrent corrupt cyclic daily dense
deferred duplicate durable eager empty encrypted expired external faulty final foreign fresh global
hidden hourly idle idempotent internal invalid large late lazy legacy local malformed mandatory
mobile monthly nested nightly old optional ordered orphaned partial pending primary private public
queued rare read-only recent recursive remote secondary shared signed silent slow sparse stale
static strict temporary trusted unknown unused valid verified visible weekly
    """
)
OPENINGS = (
    "",
    "",
    "As of version {d}.{d}, ",
    "When the {n} is {q}, ",
    "On the {q} {n} page, ",
    "For each {n} of a {q} {n}, ",
    "Since last week ",
    "In {n}_{n}.py ",
    "According to the {n} team, ",
    "Whenever a {n} expires, ",
    "Besides, ",
    "To {v} a {n}, ",
)
CORES = (
    "the {q} {n} must {v} every {n} that it has seen",
    "we {v} the {n} {n} and then {v} the {q} one",
    "users complain about a {q} {n} in their {n}",
    "{v}_{n}() returns the {q} {n} twice",
    "nothing tells the {n} to {v} its {n}",
    "a {q} {n} may hold up to {d} entries",
    "we saw {d} {q} errors behind the {n} flag",
    "no {n} may {v} another {n} without the owner of the {n}",
    "tests cover the {q} {n}, the {n} without a {n}, and {d} {n} rows",
    "the old {n} still reads {n}_{n} from the {q} {n}",
    "somebody has to {v} {d} {n} records by hand",
    "it takes {d} ms to {v} one {n}",
    "the {n} worker should {v} first and {v} later",
    "both the {n} and the {n} depend on a {q} {n}",
)
TAILS = (
    ".",
    ".",
    " after {d} seconds.",
    " before the {n} is closed.",
    ", which the {n} does not expect.",
    ", see {n}-{d} for the {q} case.",
    "; {v} what goes beyond.",
    " unless the {n} is {q}.",
    " and the {n} shows it.",
    ", or else the {n} will {v} it again.",
    " (reported by {d} customers).",
)
BOILERPLATE = (
    "As a user I want the following change so that my daily work gets easier.",
    "Acceptance: all tests pass, the documentation is updated, and nobody has to be asked twice.",
    "Please keep the public interface stable and add an entry to the change log.",
    "Signed-off-by: The platform team <platform@example.com>",
    "This was discussed in the weekly meeting and nobody had an objection.",
    "How to test: start the services, sign in as the demo user, and follow the steps above.",
    "Out of scope: changes to the mobile application and to the data of existing customers.",
    "Priority and estimate are to be set by the team that takes it on.",
)
FAMILY_SIZE = 25  # texts filled from one template


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Texts in random order, some of them planted near-duplicates of others."""

    texts: list[str]
    planted: int


def make_corpus(
    count: int, *, seed: int, planted_share: float = 0.1, template_share: float = 0.05
) -> Corpus:
    """Texts of 300-800 characters: fresh ones, planted near-duplicates, and template texts."""
    rng = random.Random(seed)
    planted, templates = int(count * planted_share), int(count * template_share)
    texts = [write_text(rng) for _ in range(count - planted - templates)]
    copies = [edit(rng, rng.choice(texts)) for _ in range(planted)]
    texts += copies
    while templates > 0:
        template = write_template(rng)
        texts += [fill(rng, template) for _ in range(min(FAMILY_SIZE, templates))]
        templates -= FAMILY_SIZE
    rng.shuffle(texts)
    return Corpus(texts=texts, planted=planted)


def write_text(rng: random.Random) -> str:
    """One work item; about a third of its sentences are boilerplate that all teams share."""
    length = rng.randint(300, 800)
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < length:
        sentences.append(rng.choice(BOILERPLATE) if rng.random() < 0.3 else write_sentence(rng))
    return " ".join(sentences)[:length]


def write_sentence(rng: random.Random) -> str:
    """One sentence, its clauses and words drawn apart."""
    sentence = fill(rng, rng.choice(OPENINGS) + rng.choice(CORES) + rng.choice(TAILS))
    return sentence[0].upper() + sentence[1:]


def write_template(rng: random.Random) -> str:
    """A text of 300-800 characters with a slot every 3 to 9 words: its texts are 0.75-0.95 alike."""
    words = write_text(rng).split(" ")
    for place in range(0, len(words), rng.randint(3, 9)):
        words[place] = rng.choice(("{n}", "{v}", "{q}", "{d}"))
    return " ".join(words)


def fill(rng: random.Random, pattern: str) -> str:
    """Replace each slot of `pattern` by a word of its kind."""
    return re.sub(r"\{[nvqd]\}", lambda slot: _slot(rng, slot[0]), pattern)


def edit(rng: random.Random, text: str) -> str:
    """A near-duplicate of `text`, by one kind of edit, at a ratio of about 0.84 to 0.99."""
    kind: Callable[[random.Random, str, float], str] = rng.choice(EDITS)
    return kind(rng, text, rng.uniform(0.01, 0.16))


def substitute_characters(rng: random.Random, text: str, distance: float) -> str:
    """Scattered typing errors: the kind that leaves the fewest characters in a row unhurt."""
    characters = list(text)
    for place in rng.sample(range(len(text)), int(distance * len(text))):
        characters[place] = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(characters)


def insert_characters(rng: random.Random, text: str, distance: float) -> str:
    """Scattered characters too many; indel distance d needs d*2/(1-d) insertions a character."""
    characters = list(text)
    for _ in range(int(len(text) * 2 * distance / (1 - distance))):
        characters.insert(rng.randrange(len(characters)), rng.choice("etaoin shrdlu"))
    return "".join(characters)


def insert_sentence(rng: random.Random, text: str, distance: float) -> str:
    """New sentences in the middle, in one piece."""
    piece = " "
    while len(piece) < len(text) * 2 * distance / (1 - distance):
        piece += write_sentence(rng) + " "
    place = rng.randrange(len(text))
    return text[:place] + piece[: int(len(text) * 2 * distance / (1 - distance))] + text[place:]


def replace_words(rng: random.Random, text: str, distance: float) -> str:
    """Words swapped for others; two different words still share about a third in order."""
    words = text.split(" ")
    for place in rng.sample(range(len(words)), int(min(1.0, 1.4 * distance) * len(words))):
        words[place] = rng.choice(NOUNS)
    return " ".join(words)


def cut_end(_: random.Random, text: str, distance: float) -> str:
    """The same text, ended earlier."""
    return text[: int(len(text) * (1 - distance) / (1 + distance))]


EDITS: Sequence[Callable[[random.Random, str, float], str]] = (
    substitute_characters,
    insert_characters,
    insert_sentence,
    replace_words,
    cut_end,
)


def _slot(rng: random.Random, slot: str) -> str:
    if slot == "{d}":
        return str(rng.randint(2, 999))
    return rng.choice({"{v}": VERBS, "{n}": NOUNS, "{q}": QUALITIES}[slot])
