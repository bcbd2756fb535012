"""The records of the template grammar: features, facets and the languages they are built in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

AN_EXCEPTIONS = ("user", "unit", "one")  # a vowel is written, a consonant is spoken


class Kind(StrEnum):
    """What sort of requirement a facet is."""

    FUNCTIONAL = "functional"
    SECURITY = "security"
    PERFORMANCE = "performance"
    SCALABILITY = "scalability"
    TESTING = "testing"
    DOCUMENTATION = "documentation"
    ERROR_HANDLING = "error handling"
    LOGGING = "logging"


HIDDEN_KINDS = frozenset({Kind.TESTING, Kind.ERROR_HANDLING, Kind.LOGGING})
"""The kinds that implementations leave out without anybody seeing it at the surface."""


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One thing that can be asked of a feature.

    `requirement` asks for it in the imperative. `evidence` is a sentence of an implementation
    that meets it, in other words; `shortcoming` one of about the same length that does not.
    `step` is advice that leads from the shortcoming to the evidence.
    """

    kind: Kind
    requirement: str
    evidence: str
    shortcoming: str
    step: str

    def filled(self, slots: Mapping[str, object]) -> Facet:
        """The same facet with its slots (`{item}`) replaced."""
        return replace(
            self,
            requirement=self.requirement.format_map(slots),
            evidence=self.evidence.format_map(slots),
            shortcoming=self.shortcoming.format_map(slots),
            step=self.step.format_map(slots),
        )


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One piece of work in a domain.

    `name` is a noun phrase, with an article where it needs one; `intent` the wish behind it
    in the imperative; `item` and `items` name its records; `risks` are sentences that warn.
    """

    category: str
    name: str
    intent: str
    package: str
    modules: tuple[str, ...]
    item: str
    items: str
    risks: tuple[str, ...]
    facets: tuple[Facet, ...]

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages in which such a feature is built."""
        return (TYPESCRIPT,) if self.category == "ui" else LANGUAGES

    @property
    def slots(self) -> dict[str, object]:
        """What the qualities' slots stand for in this feature."""
        return {
            "name": self.name,
            "item": self.item,
            "a_item": with_article(self.item),
            "items": self.items,
        }


@dataclass(frozen=True, kw_only=True)
class Language:
    """A programming language with the places where its sources and tests lie."""

    name: str
    source: str
    test: str

    def source_path(self, package: str, module: str) -> str:
        """Where `module` of `package` lies.

        >>> LANGUAGES[0].source_path("jobs", "dead_letters")
        'jobs/dead_letters.py'
        """
        return self.source.format(package=package, module=module, type=_camel(module))

    def test_path(self, package: str, module: str) -> str:
        """Where the tests of `module` lie.

        >>> LANGUAGES[3].test_path("jobs", "dead_letters")
        'src/test/java/jobs/DeadLettersTest.java'
        """
        return self.test.format(package=package, module=module, type=_camel(module))


TYPESCRIPT = Language(
    name="TypeScript",
    source="src/{package}/{module}.ts",
    test="src/{package}/{module}.test.ts",
)
LANGUAGES = (
    Language(name="Python", source="{package}/{module}.py", test="tests/test_{module}.py"),
    TYPESCRIPT,
    Language(
        name="Go",
        source="internal/{package}/{module}.go",
        test="internal/{package}/{module}_test.go",
    ),
    Language(
        name="Java",
        source="src/main/java/{package}/{type}.java",
        test="src/test/java/{package}/{type}Test.java",
    ),
    Language(name="Rust", source="src/{package}/{module}.rs", test="tests/{module}.rs"),
)


def with_article(noun: str) -> str:
    """`noun` behind its indefinite article.

    >>> with_article("order"), with_article("user"), with_article("job")
    ('an order', 'a user', 'a job')
    """
    spoken_vowel = noun[0] in "aeiou" and not noun.startswith(AN_EXCEPTIONS)
    return f"{'an' if spoken_vowel else 'a'} {noun}"


def capitalised(text: str) -> str:
    """`text` with its first letter raised and the rest as it is.

    >>> capitalised("show the URL")
    'Show the URL'
    """
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """`text` with its first letter lowered, unless its first word is an acronym.

    >>> lowered("Show it"), lowered("ARM first")
    ('show it', 'ARM first')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _camel(module: str) -> str:
    return "".join(part.capitalize() for part in module.split("_"))
