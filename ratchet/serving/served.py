"""A DSPy module around the app's own: each call goes to the version that routing says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import dspy

from ratchet.serving.fitting import fit_module
from ratchet.serving.loading import ProgramShelf, State
from ratchet.serving.request import mark

if TYPE_CHECKING:
    from ratchet.serving.router import Router

KeyOf = Callable[[Mapping[str, Any]], object]


class ServedProgram(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
    """The app's module, its baseline, or the candidate, with everything recorded.

    Made by `Router.serve`. `baseline` is the app's module as it was given.
    """

    def __init__(
        self,
        router: Router,
        signature: str,
        baseline: dspy.Module,
        *,
        key: KeyOf | None = None,
        replace: bool = False,
    ) -> None:
        super().__init__()
        self.baseline = baseline
        self._router = router
        self._signature = signature
        self._key_of = key
        self._replace = replace
        self._shelf = ProgramShelf()

    def forward(self, *args: Any, **inputs: Any) -> Any:
        with self._router.request(self._signature, key=self._key(inputs), own=self) as request:
            prediction = request.program(*args, **inputs)
            mark(prediction, request.id)
            return prediction

    async def aforward(self, *args: Any, **inputs: Any) -> Any:
        with self._router.request(self._signature, key=self._key(inputs), own=self) as request:
            prediction = await request.program.acall(*args, **inputs)
            mark(prediction, request.id)
            return prediction

    def set_lm(self, lm: Any) -> None:
        """Set the language model of the app's module and of every version served in its place."""
        super().set_lm(lm)
        self._shelf.clear()

    @property
    def shelf(self) -> ProgramShelf:
        """The programs that were fitted to the app's module."""
        return self._shelf

    def fit(self, state: State) -> dspy.Module:
        """The app's module with a program's state in it."""
        return fit_module(state, self._signature, self.baseline, replace=self._replace)

    def _key(self, inputs: Mapping[str, Any]) -> object | None:
        if self._key_of is None:
            return None
        try:
            return self._key_of(inputs)
        except Exception as error:  # noqa: BLE001 - the request is its own key then
            self._router.note_trouble("key function failed", self._signature, error)
            return None
