"""The writing of examples in batches, in rounds: first the drafts, then their blind labels.

What is to be asked next is worked out from the orders and the answers on disk alone, so a
command that was killed at any moment goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ratchet.collect.claude.batches.answer import MISSING, Answer
from ratchet.collect.claude.batches.journal import Journal, Submission
from ratchet.collect.claude.batches.options import Patience
from ratchet.collect.claude.batches.service import (
    BatchGoneError,
    BatchService,
    Standing,
    StillRunningError,
)
from ratchet.collect.claude.commission import Progress
from ratchet.collect.claude.gathering import CallIds, Gathering
from ratchet.collect.claude.ledger import CHARACTERS_PER_TOKEN, OVER_BUDGET, Ledger
from ratchet.collect.claude.prompts import blind_system
from ratchet.collect.claude.question import Question
from ratchet.collect.claude.writing import open_client
from ratchet.errors import ModelError

ATTEMPTS = 2  # of one command for one question, where the first was not billed
LARGEST_BATCH = 10_000  # requests; Claude takes 100,000 or 256 MB, whichever comes first


@dataclass(frozen=True, kw_only=True)
class _Pending:
    """A question that is still to be asked; `most_usd` covers all that may follow from it."""

    place: int
    custom_id: str
    question: Question
    most_usd: float


@dataclass(kw_only=True)
class BatchWriting:
    """One generation under way, a batch after the other."""

    gathering: Gathering
    ledger: Ledger
    progress: Progress
    journal: Journal
    patience: Patience
    interrupted: bool = False
    refusal: str = ""
    waiting: str = ""
    calls_before: int = 0
    cost_before_usd: float = 0.0
    gone: list[str] = field(default_factory=list)
    _fresh: Counter[str] = field(default_factory=Counter)
    _unsettled: set[int] = field(default_factory=set)
    _step: str = ""

    async def work(self) -> None:
        """Send what is to be asked and read what comes back, until nothing is open."""
        for answer in self.journal.answers.values():
            self._book(answer)
        self.calls_before = self.ledger.calls
        self.cost_before_usd = self.ledger.cost_usd or 0.0
        settings = self.gathering.settings
        async with open_client(settings) as client:
            service = BatchService(
                client=client, settings=settings, patience=self.patience, report=self._show
            )
            try:
                await self._bring_unfetched(service)
                while pending := self._next_round():
                    await self._send(service, pending)
                    await self._bring_unfetched(service)
                self._close()
            except StillRunningError as still:
                self.waiting = str(still)
            except ModelError as error:
                if not self.gathering.examples:
                    raise
                self.refusal = str(error)

    async def _bring_unfetched(self, service: BatchService) -> None:
        """Find, wait for and fetch every batch that was sent and whose results are not here."""
        for submission in self.journal.job.unfetched if self.journal.job else ():
            found = submission
            if not found.batch_id:
                found = await self._find_again(service, submission)
            if not found.batch_id:
                continue
            try:
                await service.wait(found.batch_id)
            except BatchGoneError as gone:
                self.gone.append(str(gone))
                self.journal.change(found, None)
                continue
            self._take(await service.fetch(found.batch_id), found)

    async def _find_again(self, service: BatchService, lost: Submission) -> Submission:
        """Give a submission whose fate is unknown its batch, or take it back."""
        batch_id = await service.find(
            lost.custom_ids, since=lost.intended_at, known=self.journal.batch_ids
        )
        found = replace(lost, batch_id=batch_id or "")
        self.journal.change(lost, found if batch_id else None)
        return found

    def _take(self, answers: dict[str, Answer], submission: Submission) -> None:
        """Keep the answers of a batch; a request without a result is marked as such."""
        new = [
            answers.get(name) or Answer(custom_id=name, batch_id=submission.batch_id, kind=MISSING)
            for name in submission.custom_ids
        ]
        self.journal.record(new)
        self.journal.change(submission, replace(submission, is_fetched=True))
        for answer in new:
            self._fresh[answer.custom_id] += 1
            self._book(answer)

    @property
    def _most_of_any(self) -> float:
        """What an answer that can not be read may have cost."""
        settings = self.gathering.settings
        price = self.ledger.price
        if price is None:
            return 0.0
        return price.most_usd(settings.max_tokens, settings.max_tokens, in_batch=True)

    def _book(self, answer: Answer) -> None:
        if not answer.is_billed:
            self.ledger.release(0.0)
        elif answer.use is None:
            self.ledger.suppose(self._most_of_any)
        else:
            self.ledger.settle(0.0, answer.use)

    def _next_round(self) -> list[_Pending]:
        """The questions that are to be asked now and fit under the cap, labels first.

        When nothing that is left fits, it is dropped as over budget.
        """
        found = list(self._pending())
        found.sort(key=lambda p: p.place not in self.gathering.written)
        round_: list[_Pending] = []
        for pending in found[:LARGEST_BATCH]:
            if not self.ledger.set_aside(pending.most_usd):
                break
            round_.append(pending)
        for pending in round_:
            self.ledger.give_back(pending.most_usd)  # booked when its answer is here
        if not round_:
            for pending in found:
                self.gathering.drop(pending.place, OVER_BUDGET)
        return round_

    def _pending(self) -> Iterator[_Pending]:
        """Go through the open orders: decide what can be, and yield what has to be asked."""
        for place in self.gathering.open_places:
            question = self.gathering.writing_question(place)
            answer = self._answer(place, question)
            if isinstance(answer, str):
                yield self._ask(place, answer, question, is_writing=True)
                continue
            draft = self.gathering.draft(place, answer.reply)
            if draft is None:
                continue
            question = self.gathering.blind_question(draft)
            label = self._answer(place, question)
            if isinstance(label, str):
                yield self._ask(place, label, question, is_writing=False)
            else:
                ids = CallIds(batch_id=answer.batch_id, custom_id=answer.custom_id)
                self.gathering.judge(place, draft, label.reply, ids=ids)

    def _answer(self, place: int, question: Question) -> Answer | str:
        """The answer that counts, or the custom id under which to ask.

        An answer that was not billed is asked for again: once in one command when it may
        pass, and by the next command when it is started again.
        """
        attempts_now = 0
        for attempt in range(1, 2 + len(self.journal.answers)):
            custom_id = question.custom_id(self.gathering.settings, place=place, attempt=attempt)
            answer = self.journal.answers.get(custom_id)
            if answer is None:
                return custom_id
            attempts_now += self._fresh[custom_id]
            is_spent = attempts_now >= (ATTEMPTS if answer.is_transient else 1)
            if answer.is_billed or answer.is_hopeless:
                return answer
            if is_spent:
                self._unsettled.add(place)
                return answer
        raise ValueError(f"Order {place} was asked more often than there are answers.")

    def _ask(self, place: int, custom_id: str, question: Question, *, is_writing: bool) -> _Pending:
        settings = self.gathering.settings
        most = self.ledger.most_usd(question.text, settings.max_tokens)
        if is_writing:  # the label that follows sees the draft as its input
            blind = blind_system(self.gathering.spec)
            length = len(blind) * 2 + settings.max_tokens * CHARACTERS_PER_TOKEN
            most += self.ledger.most_usd(" " * length, settings.max_tokens)
        return _Pending(place=place, custom_id=custom_id, question=question, most_usd=most)

    async def _send(self, service: BatchService, pending: Sequence[_Pending]) -> None:
        """Submit a batch: the intent is on disk before, its id after."""
        names = [p.custom_id for p in pending]
        labels = sum(p.place in self.gathering.written for p in pending)
        self._step = f"{len(pending) - labels} to write, {labels} to label"
        at = self.patience.clock()
        self.journal.intend(names, at=at)
        intent = next(s for s in self._unfetched if s.custom_ids == tuple(names))
        settings = self.gathering.settings
        requests = {p.custom_id: p.question.parameters(settings, in_batch=True) for p in pending}
        try:
            batch_id = await service.submit(requests, since=at, known=self.journal.batch_ids)
        except ModelError:
            self.journal.change(intent, None)  # refused: nothing is under way
            raise
        self.journal.change(intent, replace(intent, batch_id=batch_id) if batch_id else None)
        if batch_id is None:
            raise StillRunningError(
                "Claude did not accept the batch for now (overloaded, or too many requests). "
                "Nothing was sent; the same command tries again."
            )

    @property
    def _unfetched(self) -> tuple[Submission, ...]:
        return self.journal.job.unfetched if self.journal.job else ()

    def _close(self) -> None:
        """Mark the job as finished when each decision rests on answers that are final."""
        if self.is_complete:
            self.journal.finish()

    @property
    def is_complete(self) -> bool:
        """Whether nothing would be asked if the command were started again."""
        return not self._unsettled and OVER_BUDGET not in self.gathering.skipped

    def _show(self, standing: Standing) -> None:
        remark = f"{standing.batch_id}: {self._step}" if self._step else standing.batch_id
        self.progress(standing.done, standing.total, remark)

    @property
    def notes(self) -> Iterator[str]:
        """What an operator should know of the batches."""
        yield from self.gone
        if self.calls_before:
            yield (
                f"{self.calls_before} of {self.ledger.calls} calls had been answered before, for "
                f"{self.cost_before_usd:.4f} USD, and were not paid for again."
            )
        again = sum(not a.is_billed and not a.is_hopeless for a in self.journal.answers.values())
        if again and not self.is_complete:
            yield (
                f"{again} requests ended without a result and cost nothing; the same command "
                "asks for what is still open."
            )
