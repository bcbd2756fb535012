"""Work items as teams write them, with near-duplicates planted at known distances."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


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
BOILERPLATE_SHARE = 0.2
DOCSTRING = re.compile(r':\n\s+r?"""(.{80,}?)"""', re.DOTALL)
FAMILY_SIZE = 25  # texts filled from one template


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Texts in random order, some of them planted near-duplicates of others."""

    texts: list[str]
    planted: int


class Writer:
    """Writes sentences: real ones out of `sources`, or, without any, from a small grammar.

    Each text is about one source. The grammar knows 40 sentence forms and 330 words, which makes
    any two of its texts far more alike than people's texts are: the hard case.
    """

    def __init__(self, rng: random.Random, sources: Sequence[Sequence[str]]) -> None:
        self.rng = rng
        self._sources = sources
        self._sentences: Sequence[str] = ()

    def take_up_subject(self) -> None:
        """Write about another source from here on."""
        if self._sources:
            self._sentences = self.rng.choice(self._sources)

    def sentence(self) -> str:
        """One sentence."""
        choice = self.rng.choice
        if self._sentences:
            return choice(self._sentences)
        sentence = self.fill(choice(OPENINGS) + choice(CORES) + choice(TAILS))
        return sentence[0].upper() + sentence[1:]

    def fill(self, pattern: str) -> str:
        """Replace each slot of `pattern` by a word of its kind."""
        return re.sub(r"\{[nvqd]\}", lambda slot: self.word(slot[0]), pattern)

    def word(self, slot: str) -> str:
        """A number, verb, quality or noun."""
        if slot == "{d}":
            return str(self.rng.randint(2, 999))
        return self.rng.choice({"{v}": VERBS, "{n}": NOUNS, "{q}": QUALITIES}[slot])


def read_sources(folder: Path, *, least_sentences: int = 200) -> list[list[str]]:
    """The sentences of the docstrings below `folder`, a list for each top-level package."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        package = found.setdefault(path.relative_to(folder).parts[0], set())
        for docstring in DOCSTRING.findall(path.read_text("utf-8", "replace")):
            sentences = re.split(r"(?<=[.:!?])\s+|\n\n", docstring)
            package.update(" ".join(each.split()) for each in sentences)
    lists = [sorted(each for each in found[name] if 20 <= len(each) <= 300) for name in found]
    return [each for each in lists if len(each) >= least_sentences]


def make_corpus(
    count: int,
    *,
    seed: int,
    planted_share: float = 0.1,
    template_share: float = 0.05,
    sources: Sequence[Sequence[str]] = (),
) -> Corpus:
    """Texts of 300-800 characters: fresh ones, planted near-duplicates, and template texts."""
    rng = random.Random(seed)
    writer = Writer(rng, sources)
    planted, templates = int(count * planted_share), int(count * template_share)
    texts = [write_text(writer) for _ in range(count - planted - templates)]
    copies = [edit(writer, rng.choice(texts)) for _ in range(planted)]
    texts += copies
    while templates > 0:
        template = write_template(writer)
        texts += [writer.fill(template) for _ in range(min(FAMILY_SIZE, templates))]
        templates -= FAMILY_SIZE
    rng.shuffle(texts)
    return Corpus(texts=texts, planted=planted)


def write_text(writer: Writer) -> str:
    """One work item; a fifth of its sentences is boilerplate that all teams share."""
    rng = writer.rng
    writer.take_up_subject()
    length = rng.randint(300, 800)
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < length:
        sentences.append(
            rng.choice(BOILERPLATE) if rng.random() < BOILERPLATE_SHARE else writer.sentence()
        )
    return " ".join(sentences)[:length]


def write_template(writer: Writer) -> str:
    """A text of 300-800 characters with a slot every 3 to 9 words; filled, 0.75-0.95 alike."""
    rng = writer.rng
    words = write_text(writer).split(" ")
    for place in range(0, len(words), rng.randint(3, 9)):
        words[place] = rng.choice(("{n}", "{v}", "{q}", "{d}"))
    return " ".join(words)


def edit(writer: Writer, text: str) -> str:
    """A near-duplicate of `text`, by one kind of edit, at a ratio of about 0.84 to 0.99."""
    rng = writer.rng
    kind: Callable[[Writer, str, float], str] = rng.choice(EDITS)
    return kind(writer, text, rng.uniform(0.01, 0.16))


def substitute_characters(writer: Writer, text: str, distance: float) -> str:
    """Scattered typing errors: the kind that leaves the fewest characters in a row unhurt."""
    rng, characters = writer.rng, list(text)
    for place in rng.sample(range(len(text)), int(distance * len(text))):
        characters[place] = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(characters)


def insert_characters(writer: Writer, text: str, distance: float) -> str:
    """Scattered characters too many; indel distance d needs d*2/(1-d) insertions a character."""
    rng, characters = writer.rng, list(text)
    for _ in range(int(len(text) * 2 * distance / (1 - distance))):
        characters.insert(rng.randrange(len(characters)), rng.choice("etaoin shrdlu"))
    return "".join(characters)


def insert_words(writer: Writer, text: str, distance: float) -> str:
    """Words added all over the text."""
    words, missing = text.split(" "), len(text) * 2 * distance / (1 - distance)
    while missing > 0:
        word = writer.word("{q}")
        words.insert(writer.rng.randrange(len(words) + 1), word)
        missing -= len(word) + 1
    return " ".join(words)


def insert_sentence(writer: Writer, text: str, distance: float) -> str:
    """New sentences in the middle, in one piece."""
    piece = " "
    while len(piece) < len(text) * 2 * distance / (1 - distance):
        piece += writer.sentence() + " "
    place = writer.rng.randrange(len(text))
    return text[:place] + piece[: int(len(text) * 2 * distance / (1 - distance))] + text[place:]


def replace_words(writer: Writer, text: str, distance: float) -> str:
    """Words swapped for others; two different words still share about a third in order."""
    rng, words = writer.rng, text.split(" ")
    for place in rng.sample(range(len(words)), int(min(1.0, 1.4 * distance) * len(words))):
        words[place] = writer.word("{n}")
    return " ".join(words)


def cut_end(_: Writer, text: str, distance: float) -> str:
    """The same text, ended earlier."""
    return text[: int(len(text) * (1 - distance) / (1 + distance))]


EDITS: Sequence[Callable[[Writer, str, float], str]] = (
    substitute_characters,
    insert_characters,
    insert_words,
    insert_sentence,
    replace_words,
    cut_end,
)
