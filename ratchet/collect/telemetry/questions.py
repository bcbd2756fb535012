"""Questions: the requests with the same inputs, what is known to be right, what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ratchet.canonical import sha256_of, sha256_of_text
from ratchet.collect.telemetry.feedback import Age, Feedback, age_of, feedback_on
from ratchet.collect.telemetry.usable import answer_of, problem_of_inputs, problem_of_outputs
from ratchet.quality.deduplication import inputs_text
from ratchet.signatures.spec import SignatureSpec, Values
from ratchet.store.payloads import RecordedRequest
from ratchet.store.telemetry import LabelRow

FAILED, BAD, UNUSABLE_CORRECTION = "failed", "bad label", "unusable correction"
TROUBLES = (FAILED, BAD, UNUSABLE_CORRECTION)  # the later ones tell more


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Outputs that somebody vouches for: a correction, or production's own, confirmed.

    `label` is the word of whoever vouches.
    """

    feedback: Feedback
    outputs: Values
    label: LabelRow
    is_corrected: bool


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One request that went wrong: the kind, one of `TROUBLES`, and what there is to say."""

    kind: str
    feedback: Feedback
    detail: str = ""

    @property
    def rank(self) -> tuple[int, Any, str]:
        """Orders troubles by how much they tell, then by age."""
        outcome = self.feedback.request.outcome
        return (TROUBLES.index(self.kind), outcome.at, outcome.request_id)


@dataclass(kw_only=True)
class Question:
    """Everything known of one text of inputs.

    `corrections` and `own` are by content of the outputs, each with its newest label; an own
    answer that its newest label refutes is None. `trouble` is the most telling of `times`,
    from `keys`; `worst` is the lowest quality among them.
    """

    corrections: dict[str, Answer] = field(default_factory=dict)
    own: dict[str, tuple[Age, Answer | None]] = field(default_factory=dict)
    is_disputed: bool = False
    trouble: Trouble | None = None
    times: int = 0
    keys: set[str] = field(default_factory=set)
    worst: float | None = None

    @property
    def best(self) -> Answer | None:
        """The newest correction, else the newest confirmed answer, if there is any."""
        found = list(self.corrections.values()) or self._confirmed
        return max(found, key=lambda answer: age_of(answer.label), default=None)

    def contradicts_itself(self, spec: SignatureSpec) -> bool:
        """Whether corrections differ, or answers that are vouched for have other labels."""
        vouched = [*self.corrections.values(), *self._confirmed]
        labels = {spec.label(answer.outputs) for answer in vouched}
        return self.is_disputed or len(self.corrections) > 1 or len(labels) > 1

    def correct(self, answer: Answer) -> None:
        """Take a correction; the newer of two equal ones stays."""
        content = sha256_of(answer.outputs)
        known = self.corrections.get(content)
        if known is None or age_of(known.label) < age_of(answer.label):
            self.corrections[content] = answer
        self.is_disputed |= answer.feedback.is_disputed

    def rate(self, outputs: Any, label: LabelRow, answer: Answer | None) -> None:
        """Take the rating of an answer of production's; None says that it is bad."""
        content, age = sha256_of(outputs), age_of(label)
        if content not in self.own or self.own[content][0] < age:
            self.own[content] = (age, answer)

    def suffer(self, trouble: Trouble) -> None:
        """Take a request that went wrong."""
        feedback = trouble.feedback
        self.times += 1
        if feedback.request.outcome.key:
            self.keys.add(feedback.request.outcome.key)
        if feedback.quality is not None:
            self.worst = min(feedback.quality, 1.0 if self.worst is None else self.worst)
        if self.trouble is None or self.trouble.rank < trouble.rank:
            self.trouble = trouble

    @property
    def _confirmed(self) -> list[Answer]:
        return [answer for _, answer in self.own.values() if answer is not None]


@dataclass(kw_only=True)
class Reading:
    """The questions by a hash of their inputs, and what was left out, counted by reason.

    `unusable` are the requests whose inputs are of no use, `unanswered` those to which nobody
    vouches for an answer, `vouched` the others.
    """

    questions: dict[str, Question] = field(default_factory=dict)
    unusable: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    vouched: int = 0


def read_questions(
    spec: SignatureSpec, requests: Iterable[RecordedRequest], *, min_quality: float
) -> Reading:
    """Sort requests by their inputs, letter case and spacing levelled; their order is nothing.

    An answer is vouched for when feedback corrects it, or rates it at `min_quality` (0..1) or
    better and the request did not fail. Where examples are told apart by what was answered,
    each answer is a question of its own.
    """
    reading = Reading()
    for request in requests:
        if problem := problem_of_inputs(spec, request.inputs):
            reading.unusable[problem] += 1
            continue
        question = reading.questions.setdefault(_key(spec, request), Question())
        reason = _take(spec, feedback_on(request), question, min_quality)
        if reason:
            reading.unanswered[reason] += 1
        else:
            reading.vouched += 1
    return reading


def _key(spec: SignatureSpec, request: RecordedRequest) -> str:
    """A hash of the inputs; and of the answer where the same inputs have many right ones."""
    text = inputs_text(spec, request.inputs)
    if spec.told_apart_by:
        text += sha256_of(answer_of(spec, request.outputs))
    return sha256_of_text(text)


def _take(
    spec: SignatureSpec, feedback: Feedback, question: Question, min_quality: float
) -> str | None:
    """Add a request to its question; the reason when nobody vouches for an answer."""
    if feedback.correction is not None:
        return _take_correction(spec, feedback, feedback.correction, question)
    if feedback.rating is not None and feedback.refutes(min_quality):
        outputs = answer_of(spec, feedback.request.outputs)
        question.rate(outputs, feedback.rating, None)
        question.suffer(Trouble(kind=BAD, feedback=feedback))
        return "bad label without a correction"
    if feedback.rating is None or not feedback.request.outcome.success:
        question.suffer(Trouble(kind=FAILED, feedback=feedback))
        return "failed without a correction"
    return _take_confirmed(spec, feedback, feedback.rating, question)


def _take_correction(
    spec: SignatureSpec, feedback: Feedback, label: LabelRow, question: Question
) -> str | None:
    outputs = answer_of(spec, label.corrected_outputs)
    if problem := problem_of_outputs(spec, feedback.request.inputs, outputs):
        question.suffer(Trouble(kind=UNUSABLE_CORRECTION, feedback=feedback, detail=problem))
        return f"correction: {problem}"
    question.correct(Answer(feedback=feedback, outputs=outputs, label=label, is_corrected=True))
    return None


def _take_confirmed(
    spec: SignatureSpec, feedback: Feedback, label: LabelRow, question: Question
) -> str | None:
    outputs = answer_of(spec, feedback.request.outputs)
    if problem := problem_of_outputs(spec, feedback.request.inputs, outputs):
        return problem
    answer = Answer(feedback=feedback, outputs=outputs, label=label, is_corrected=False)
    question.rate(outputs, label, answer)
    return None
