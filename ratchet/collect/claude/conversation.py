"""One call of Claude: a question in, a document or the reason why there is none out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anthropic
from anthropic.types import Message

from ratchet.collect.claude.ledger import OVER_BUDGET, Ledger
from ratchet.collect.claude.prices import TokenUse
from ratchet.collect.claude.question import Question, Reply, read_text, text_of
from ratchet.collect.claude.refusals import transient_reason
from ratchet.collect.claude.settings import ClaudeSettings


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Calls Claude within a budget; the SDK retries what is worth retrying."""

    client: anthropic.AsyncAnthropic
    settings: ClaudeSettings
    ledger: Ledger

    async def ask(self, question: Question) -> Reply:
        """Ask for a document that answers to the question's schema.

        Raises:
            ModelError: the key, the account, the model or the request is refused.
        """
        reserved = self.ledger.reserve(question.text, self.settings.max_tokens)
        if reserved is None:
            return Reply(failure=OVER_BUDGET)
        try:
            parameters = question.parameters(self.settings, in_batch=False)
            message = await self.client.messages.create(**parameters)
        except anthropic.APIStatusError as error:
            self.ledger.release(reserved)
            return Reply(failure=transient_reason(error, self.settings))
        except anthropic.APITimeoutError:
            self.ledger.lose(reserved)
            return Reply(failure="timeout")
        except anthropic.APIConnectionError:
            self.ledger.lose(reserved)
            return Reply(failure="connection lost")
        except (ValueError, anthropic.APIResponseValidationError):
            self.ledger.lose(reserved)
            return Reply(failure="malformed answer")
        except BaseException:
            self.ledger.lose(reserved)
            raise
        return self._read(message, reserved)

    def _read(self, message: Any, reserved: float) -> Reply:
        usage = message.usage if isinstance(message, Message) else None
        if usage is None:  # a proxy's page, or JSON of another shape
            self.ledger.lose(reserved)
            return Reply(failure="malformed answer")
        self.ledger.settle(reserved, TokenUse.of(usage))
        return read_text(text_of(message), message.stop_reason)
