"""An answer from a batch, as it is kept on disk: it was paid for once and is never asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from anthropic.types import Message, Usage
from anthropic.types.messages import (
    MessageBatchErroredResult,
    MessageBatchIndividualResponse,
    MessageBatchSucceededResult,
)

from ratchet.collect.claude.prices import TokenUse
from ratchet.collect.claude.question import Reply, read_text, text_of

SUCCEEDED, ERRORED, EXPIRED = "succeeded", "errored", "expired"
MISSING = "no result"
TRANSIENT_ERRORS = ("api_error", "overloaded_error", "rate_limit_error", "timeout_error")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back for one custom id.

    `kind` is the type of the result, `error` that of the error. Only a success is billed.
    `use` is None when a success can not be read: nobody knows what it cost.
    """

    custom_id: str
    batch_id: str
    kind: str
    error: str = ""
    text: str = ""
    stop_reason: str | None = None
    use: TokenUse | None = field(default_factory=TokenUse)

    @classmethod
    def of(cls, batch_id: str, response: MessageBatchIndividualResponse) -> Self:
        """Read a line of the results."""
        result, name = response.result, response.custom_id
        if isinstance(result, MessageBatchErroredResult):
            error = str(result.error.error.type)
            return cls(custom_id=name, batch_id=batch_id, kind=ERRORED, error=error)
        if not isinstance(result, MessageBatchSucceededResult):
            return cls(custom_id=name, batch_id=batch_id, kind=result.type)
        message: Any = result.message  # the SDK does not validate results
        if not isinstance(message, Message) or not isinstance(message.usage, Usage):
            return cls(custom_id=name, batch_id=batch_id, kind=SUCCEEDED, use=None)
        return cls(
            custom_id=name,
            batch_id=batch_id,
            kind=SUCCEEDED,
            text=text_of(message),
            stop_reason=message.stop_reason,
            use=TokenUse.of(message.usage),
        )

    @property
    def is_billed(self) -> bool:
        """Whether it is final; what was not billed may be asked once more."""
        return self.kind == SUCCEEDED

    @property
    def is_transient(self) -> bool:
        """Whether asking again at once is worth it: it was not the question's fault."""
        return self.kind in {EXPIRED, MISSING} or self.error in TRANSIENT_ERRORS

    @property
    def is_hopeless(self) -> bool:
        """Whether the question itself was refused."""
        return self.kind == ERRORED and self.error not in TRANSIENT_ERRORS

    @property
    def reply(self) -> Reply:
        """The document, or the reason why there is none."""
        if not self.is_billed:
            return Reply(failure=f"{self.kind}: {self.error}" if self.error else self.kind)
        if self.use is None:
            return Reply(failure="malformed answer")
        return read_text(self.text, self.stop_reason)

    def to_json(self) -> dict[str, Any]:
        """All fields, as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        use = document["use"]
        return cls(**{**document, "use": None if use is None else TokenUse(**use)})
