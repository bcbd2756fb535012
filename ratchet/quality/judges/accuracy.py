"""Accuracy: is the label right, as far as that can be told without knowing the right one?

Four kinds of evidence count, the strongest first: an answer that was worked out again, the
invariants of the contract, a second look that was blind to the label, and an explanation that
argues for the label or against it. A label that nothing but its own text speaks for is not
called wrong, but it never gets all of the points.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ratchet.collect.problems.records import Verification
from ratchet.examples import Example
from ratchet.quality.dimension import Dimension, Finding, dimension_from
from ratchet.quality.judges.claims import count_adverse, count_claims, praised, stated_verdict
from ratchet.quality.judges.scorecard import ACCURACY
from ratchet.quality.polarity import read_polarity
from ratchet.quality.roles import Roles
from ratchet.quality.words import content_stems, stems_of
from ratchet.signatures.spec import SignatureSpec

REFUTED, BROKEN, COUNTED_OTHERWISE, CONTRADICTED = 0.05, 0.10, 0.15, 0.15
PRAISED = 0.4  # a finding of which the explanation speaks well
NO_FAULT, UNCONFIRMED, DOUBTED = 0.3, 0.7, 0.6
UNDECIDED_ANSWER = 0.75  # an answer in words that can not be worked out again
UNSEEN = 0.93  # a label at which nobody but its writer has looked
ASKED_OTHERWISE = 0.3  # the writer was asked for the other label
INVENTED = 0.25  # what is left when every item of the answer is foreign to the inputs
ITEM_SHARE = 0.34  # of the content words of an item in the inputs: below it is foreign


def judge_accuracy(spec: SignatureSpec, example: Example, roles: Roles) -> Dimension:
    """Judge whether the label is right; `roles` are those of the example."""
    findings = [
        *_broken_contract(spec, example),
        *_second_looks(spec, example, roles),
        *_argument(roles),
        *_praised_findings(roles),
        *_foreign_items(roles),
    ]
    return dimension_from(ACCURACY, findings, praise="the label agrees with all evidence there is")


def _broken_contract(spec: SignatureSpec, example: Example) -> Iterator[Finding]:
    for problem in spec.problems(example.inputs, example.outputs):
        yield Finding(factor=BROKEN, reason=problem)


def _second_looks(spec: SignatureSpec, example: Example, roles: Roles) -> Iterator[Finding]:
    """What was found out about the label without trusting who wrote it."""
    facts = example.provenance
    verified = _verification(spec, example, roles)
    if verified is not None and verified.is_refuted:
        yield Finding(factor=REFUTED, reason=verified.reason)
    elif verified is not None and not verified.is_verified and not facts.get("verified_by"):
        yield Finding(factor=UNDECIDED_ANSWER, reason=f"unverified answer: {verified.reason}")
    agreement = _agreement(facts.get("agreement"))
    if agreement is not None:
        reason = f"a blind second look agreed to {agreement:.0%}"
        yield Finding(factor=0.5 + 0.5 * agreement, reason=reason)
    if facts.get("label_asked") not in (None, roles.decision):
        yield Finding(factor=ASKED_OTHERWISE, reason="the writer was asked for the other label")
    if verified is None and agreement is None:
        yield Finding(factor=UNSEEN, reason="nothing but its own text speaks for the label")


def _agreement(given: object) -> float | None:
    """How far a blind second look agreed, 0..1; None when there was none."""
    is_share = isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 1
    return float(given) if is_share else None  # type: ignore[arg-type]  # narrowed above


def _verification(spec: SignatureSpec, example: Example, roles: Roles) -> Verification | None:
    """What computer algebra says of the answer; None when the signature has no answer."""
    values = [field.name for field in spec.outputs if field.is_value]
    if not values or not roles.narratives:
        return None
    answer = str(example.outputs[values[0]])
    found = [_work_out(text, answer) for text in roles.narratives.values()]
    decided = (one for one in found if one.is_refuted or one.is_verified)
    return next(decided, found[0])


@lru_cache(maxsize=4_096)
def _work_out(text: str, answer: str) -> Verification:
    from ratchet.collect.problems.verification import verify_text

    return verify_text(text, answer)


def _argument(roles: Roles) -> Iterator[Finding]:
    """Each explanation must argue for the decision, not against it and not beside it."""
    if roles.decision is None:
        return
    for name, text in roles.narratives.items():
        yield from _stated(name, text, decision=roles.decision)
        polarity, adverse = read_polarity(text), count_adverse(text)
        if polarity.contradicts(decision=roles.decision):
            yield Finding(factor=CONTRADICTED, reason=f"{name} argues against the decision")
        elif polarity.doubts(decision=roles.decision):
            yield Finding(factor=DOUBTED, reason=f"{name} names more faults than merits")
        elif not roles.decision and not adverse:
            yield Finding(factor=NO_FAULT, reason=f"the decision is no, yet {name} names no fault")
        elif roles.decision and not polarity.positive:
            factor = NO_FAULT if adverse > 1 else UNCONFIRMED
            yield Finding(factor=factor, reason=f"{name} does not confirm the decision")


def _stated(name: str, text: str, *, decision: bool) -> Iterator[Finding]:
    """The verdict and the count that a text states outright."""
    for claim in count_claims(text):
        if (claim.done >= claim.total) != decision:
            reason = f"{name} says {claim.quoted!r}, the decision is {_yes(decision)}"
            yield Finding(factor=COUNTED_OTHERWISE, reason=reason)
    stated = stated_verdict(text)
    if stated is not None and stated != decision:
        reason = f"{name} opens with a {_yes(stated)}, the decision is {_yes(decision)}"
        yield Finding(factor=CONTRADICTED, reason=reason)


def _praised_findings(roles: Roles) -> Iterator[Finding]:
    if roles.decision is not False:
        return
    text = " ".join(roles.narratives.values())
    for items in roles.findings.values():
        for item in praised(items, text):
            reason = f"{item[:60]!r} is listed as a fault, the explanation speaks well of it"
            yield Finding(factor=PRAISED, reason=reason)


def _foreign_items(roles: Roles) -> Iterator[Finding]:
    """Items of an answer that is a list must come from the inputs, each one of them."""
    if roles.narratives:
        return
    given = stems_of(roles.given)
    for name, items in roles.findings.items():
        foreign = [item for item in items if _is_foreign(item, given)]
        if foreign:
            share = len(foreign) / len(items)
            factor = INVENTED + (1 - INVENTED) * (1 - share)
            yield Finding(factor=factor, reason=f"{name}: {foreign[0][:60]!r} is not in the inputs")


def _is_foreign(item: str, given: frozenset[str]) -> bool:
    stems = content_stems(item)
    return not stems or len(stems & given) < ITEM_SHARE * len(stems)


def _yes(decision: bool) -> str:
    return "yes" if decision else "no"
