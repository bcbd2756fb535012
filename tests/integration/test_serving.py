"""Serving DSPy programs for real: loaded, called, switched and recorded."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cloudpickle
import dspy
import pytest

from ratchet import signatures
from ratchet.errors import ConfigurationError
from ratchet.optimize.models import connect
from ratchet.serving import Router, request_id_of
from ratchet.signatures.dspy_class import build
from tests.serving_builders import (
    CORRECTNESS,
    INPUTS,
    Clock,
    publish,
    route,
    spooled,
    state_path,
    telemetry,
    write_routing,
)

OLD, NEW = "Judge the code as before.", "Judge the code in the new way."


class AppError(Exception):
    """An exception of the app's own."""


class Reviewer(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
    """An app's program: a predictor with something of its own around it."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = dspy.Predict(build(signatures.get(CORRECTNESS)))

    def forward(self, **inputs: Any) -> dspy.Prediction:
        found = self.judge(**inputs)
        found.reviewed_by = "app"
        return found

    async def aforward(self, **inputs: Any) -> dspy.Prediction:
        found = await self.judge.acall(**inputs)
        found.reviewed_by = "app"
        return found


@pytest.fixture(autouse=True)
def model() -> Iterator[None]:
    """The offline model answers."""
    with dspy.context(lm=connect("offline/in-context")):
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A route between two published programs, the candidate with half of the traffic."""
    old, new = publish(tmp_path / "programs", OLD), publish(tmp_path / "programs", NEW)
    return write_routing(
        tmp_path / "routing" / "routing_config.json",
        route(
            baseline_module=f"../programs/{CORRECTNESS}/{old.version}/program.json",
            candidate_module=str(state_path(tmp_path / "programs", new)),
            baseline_sha256=old.sha256,
            candidate_sha256=new.sha256,
        ),
    )


def router_of(path: Path, **changes: Any) -> Router:
    """A router that keeps every payload, in a folder of the test's."""
    return Router(path, telemetry=telemetry(path.parent / "spool", **changes), clock=Clock())


def records(router: Router) -> list[dict[str, Any]]:
    """What was recorded so far."""
    router.flush()
    return spooled(router.recorder.spool)


def key_of(router: Router, variant: str) -> str:
    """A key on the wanted side."""
    keys = (f"user-{number}" for number in range(1_000))
    return next(key for key in keys if router.decide(CORRECTNESS, key).variant == variant)


def plain() -> dspy.Predict:
    """The app's own predictor."""
    return dspy.Predict(build(signatures.get(CORRECTNESS)))


@pytest.mark.parametrize(("variant", "instructions"), [("baseline", OLD), ("candidate", NEW)])
def test_a_request_is_answered_by_its_variant(path: Path, variant: str, instructions: str) -> None:
    """The program is the published one, and the record says which."""
    router = router_of(path)

    with router.request(CORRECTNESS, key=key_of(router, variant)) as request:
        prediction = request.program(**INPUTS)
        served_by = request.program.signature.instructions

    (record,) = records(router)
    assert served_by == instructions
    assert record["variant"] == variant
    assert record["outputs"] == prediction.toDict()
    assert record["inputs"] == INPUTS
    assert record["success"] is True
    assert record["latency_ms"] > 0
    assert record["tokens"]["input"] > 50
    assert record["model"] == "offline/in-context"


def test_a_served_module_keeps_what_the_app_does_around_it(path: Path) -> None:
    """The candidate's state goes into a copy of the app's module, which itself stays as it was."""
    router, own = router_of(path), Reviewer()
    served = router.serve(CORRECTNESS, own, key=lambda _: key_of(router, "candidate"))

    prediction = served(**INPUTS)

    (record,) = records(router)
    assert isinstance(served, dspy.Module)
    assert prediction.reviewed_by == "app"
    assert record["variant"] == "candidate"
    assert record["request_id"] == request_id_of(prediction)
    assert "request_id" not in prediction.toDict()
    assert own.judge.signature.instructions == signatures.get(CORRECTNESS).instructions


def test_a_served_module_answers_asynchronously(path: Path) -> None:
    """Tasks at the same time do not mix up their records."""
    router = router_of(path)
    served = router.serve(CORRECTNESS, Reviewer(), key=lambda inputs: inputs["execution_context"])

    async def ask() -> list[dspy.Prediction]:
        calls = (
            served.acall(implementation=f"n = {n}", execution_context=f"user-{n}")
            for n in range(12)
        )
        return await asyncio.gather(*calls)

    predictions = asyncio.run(ask())

    by_id = {record["request_id"]: record for record in records(router)}
    assert len(by_id) == 12
    for number, prediction in enumerate(predictions):
        record = by_id[str(request_id_of(prediction))]
        assert record["inputs"]["implementation"] == f"n = {number}"
        assert record["variant"] == router.decide(CORRECTNESS, f"user-{number}").variant
        assert 50 < record["tokens"]["input"] < 1_000


def test_threads_share_a_router(path: Path) -> None:
    """Each program is loaded once, and every request is recorded once with its own tokens."""
    router = router_of(path)

    def ask(number: int) -> Any:
        with (
            dspy.context(lm=connect("offline/in-context")),
            router.request(CORRECTNESS, key=f"user-{number}") as request,
        ):
            request.program(**INPUTS)
            return request.program._program

    with ThreadPoolExecutor(8) as pool:
        programs = set(map(id, pool.map(ask, range(40))))

    found = records(router)
    assert len(programs) == 2
    assert len({record["request_id"] for record in found}) == 40
    assert len({record["tokens"]["input"] for record in found}) <= 2


def test_a_changed_route_loads_the_new_program(path: Path, tmp_path: Path) -> None:
    """A rollout begins and ends without a restart."""
    clock = Clock()
    router = Router(path, telemetry=telemetry(tmp_path / "spool"), clock=clock)
    served = router.serve(CORRECTNESS, plain())
    third = publish(tmp_path / "programs", "A third way.")
    changed = route(
        candidate_module=str(state_path(tmp_path / "programs", third)),
        candidate_sha256=third.sha256,
        candidate_version="v3",
        candidate_traffic_percent=100,
        status="completed",
    )

    served(**INPUTS)
    write_routing(path, changed, revision=2)
    clock.seconds += 1
    served(**INPUTS)

    assert [record["program_version"] for record in records(router)][-1] == "v3"


def test_the_apps_own_exception_passes_unchanged_and_is_a_failure(path: Path) -> None:
    """The very object that was raised, with its inputs kept for curation."""
    router = router_of(path, sample_share=0.0)
    error = AppError("no such user ann@example.org")

    def handle() -> None:
        with router.request(CORRECTNESS, key="ann") as request:
            request.program(**INPUTS)
            raise error

    with pytest.raises(AppError) as raised:
        handle()

    (record,) = records(router)
    assert raised.value is error
    assert record["success"] is False
    assert record["error"].startswith("AppError: no such user <EMAIL:")
    assert record["sampled"] is False
    assert record["inputs"] == INPUTS


def test_a_program_that_fails_is_a_failure_with_its_exception(path: Path) -> None:
    """A served module raises what the program raises, synchronously and not."""

    class Failing(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
        def forward(self, **inputs: Any) -> dspy.Prediction:
            raise AppError(f"sync {len(inputs)}")

        async def aforward(self, **inputs: Any) -> dspy.Prediction:
            raise AppError(f"async {len(inputs)}")

    router = router_of(path.with_name("none.json"))
    served = router.serve(CORRECTNESS, Failing())

    with pytest.raises(AppError, match=r"^sync 2$"):
        served(**INPUTS)
    with pytest.raises(AppError, match=r"^async 2$"):
        asyncio.run(served.acall(**INPUTS))

    assert [record["error"] for record in records(router)] == [
        "AppError: sync 2",
        "AppError: async 2",
    ]


def test_a_call_that_is_cancelled_is_a_failure(path: Path) -> None:
    """A candidate that never answers must not vanish from the statistics."""

    class Hanging(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
        async def aforward(self, **inputs: Any) -> dspy.Prediction:
            await asyncio.Event().wait()
            return dspy.Prediction(**inputs)

    router = router_of(path.with_name("none.json"))
    served = router.serve(CORRECTNESS, Hanging())

    async def ask() -> None:
        await asyncio.wait_for(served.acall(**INPUTS), timeout=0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(ask())

    (record,) = records(router)
    assert record["error"].startswith("CancelledError")


def test_a_failed_call_that_the_app_repeats_counts_by_its_last_outcome(path: Path) -> None:
    """What the user got is what counts."""
    router = router_of(path)

    with router.request(CORRECTNESS, key="ann") as request:
        with pytest.raises(ValueError, match="Positional"):
            request.program("positional")
        request.program(**INPUTS)

    (record,) = records(router)
    assert record["success"] is True
    assert record["inputs"] == INPUTS


def test_a_block_without_a_call_is_not_recorded(path: Path) -> None:
    """The app decided not to ask; there is no outcome."""
    router = router_of(path)

    with router.request(CORRECTNESS, key="ann"):
        pass

    assert not router.recorder.spool.exists()


def test_inputs_are_recorded_as_they_were_before_the_call(path: Path) -> None:
    """A program may change the lists it is given."""

    class Eating(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
        def forward(self, items: list[str]) -> dspy.Prediction:
            items.clear()
            return dspy.Prediction(kept=items)

    router = router_of(path.with_name("none.json"))
    served = router.serve("eat", Eating())

    prediction = served(items=["a", "b"])
    prediction.kept.append("later")

    (record,) = records(router)
    assert record["inputs"] == {"items": ["a", "b"]}
    assert record["outputs"] == {"kept": []}


def test_only_the_sample_and_failures_keep_their_payload(path: Path) -> None:
    """Metrics are for every request."""
    router = router_of(path, sample_share=0.0)

    with router.request(CORRECTNESS, key="ann") as request:
        request.program(**INPUTS)

    (record,) = records(router)
    assert (record["sampled"], record["inputs"], record["outputs"]) == (False, None, None)
    assert record["tokens"]["output"] > 0


def test_feedback_comes_at_once_or_later_from_anywhere(path: Path) -> None:
    """In the block it is part of the record; afterwards it is one of its own."""
    router = router_of(path)
    served = router.serve(CORRECTNESS, plain())

    with router.request(CORRECTNESS, key="ann") as request:
        request.program(**INPUTS)
        request.feedback(quality=0.9)
    request.feedback(quality=0.5, corrected_outputs={"is_correct": False})
    prediction = served(**INPUTS)
    router.feedback(prediction, quality=1)

    first, later, second, last = records(router)
    assert first["quality_score"] == 0.9
    assert later["request_id"] == request.id
    assert (later["quality_score"], later["corrected_outputs"]) == (0.5, {"is_correct": False})
    assert (last["request_id"], last["quality_score"]) == (second["request_id"], 1.0)


@pytest.mark.parametrize("quality", [1.5, -0.1, float("nan"), "good", True])
def test_an_impossible_quality_is_left_out_and_counted(path: Path, quality: Any) -> None:
    """A label that can not be does not stop the app, and does not count."""
    router = router_of(path)

    with router.request(CORRECTNESS, key="ann") as request:
        request.program(**INPUTS)
        request.feedback(quality=quality)
    router.feedback(request.id, quality=quality)

    (record,) = records(router)
    assert record["quality_score"] is None
    assert sum(router.counters().fallbacks.values()) == 3  # twice its value, once nothing said


def test_a_candidate_of_other_fields_is_served_only_when_asked_for(path: Path) -> None:
    """A program with other outputs could break the app that reads them."""
    router = router_of(path)
    own = dspy.ChainOfThought(build(signatures.get(CORRECTNESS)))
    key = key_of(router, "candidate")

    careful = router.serve(CORRECTNESS, own, key=lambda _: key)
    replacing = router.serve(CORRECTNESS, own, key=lambda _: key, replace=True)
    careful(**INPUTS)
    replacing(**INPUTS)

    kept, replaced = records(router)
    assert (kept["variant"], kept["propensity"]) == ("baseline", 0.0)
    assert "reasoning" in kept["outputs"]
    assert replaced["variant"] == "candidate"
    assert "reasoning" not in replaced["outputs"]


def test_a_state_of_the_apps_whole_module_is_fitted_by_its_parts(
    path: Path, tmp_path: Path
) -> None:
    """What DSPy saved of a module of several parts is loaded into a copy of it."""
    import hashlib

    class Pair(dspy.Module):  # type: ignore[misc]  # DSPy is not typed
        def __init__(self, word: str) -> None:
            super().__init__()
            self.one = dspy.Predict(dspy.Signature("a -> b", f"{word} one."))
            self.two = dspy.Predict(dspy.Signature("b -> c", f"{word} two."))

        def forward(self, a: str) -> dspy.Prediction:
            parts = (self.one, self.two)
            said = " ".join(part.signature.instructions for part in parts)
            return dspy.Prediction(said=f"{a}: {said}")

    saved = tmp_path / "pair.json"
    Pair("New").save(saved)
    changed = route(
        "pair",
        candidate_module=str(saved),
        candidate_sha256=hashlib.sha256(saved.read_bytes()).hexdigest(),
        candidate_traffic_percent=100,
    )
    router = router_of(write_routing(path, changed, revision=2))

    said = router.serve("pair", Pair("Old"))(a="x").said

    assert said == "x: New one. New two."


def test_a_served_module_hands_its_language_model_on(path: Path) -> None:
    """Loading a state takes the model away; the app's own stays in use."""
    router = router_of(path)
    served = router.serve(CORRECTNESS, plain(), key=lambda _: key_of(router, "candidate"))
    models = [connect("offline/in-context") for _ in range(2)]

    for model in models:
        served.set_lm(model)
        with dspy.context(lm=None):
            served(**INPUTS)

    assert [model.meter.snapshot().calls for model in models] == [1, 1]


def test_a_served_module_is_copied_and_pickled_like_any_other(path: Path) -> None:
    """Optimisers copy programs; DSPy pickles them by value, their signatures being classes."""
    router = router_of(path)
    served = router.serve(CORRECTNESS, Reviewer())
    served(**INPUTS)
    pickled = cloudpickle.loads(cloudpickle.dumps(served))

    for made in (copy.deepcopy(served), served.deepcopy(), pickled):
        assert made(**INPUTS).reviewed_by == "app"
    pickled._router.close()
    assert len(records(router)) == 4
    assert [name for name, _ in served.named_predictors()] == ["baseline.judge"]


def test_without_a_route_the_registered_signature_is_asked(path: Path) -> None:
    """A program is there before the first rollout."""
    router = router_of(path.with_name("none.json"))

    with router.request(CORRECTNESS) as request:
        prediction = request.program(**INPUTS)

    (record,) = records(router)
    assert isinstance(prediction.is_correct, bool)
    assert (record["experiment_id"], record["key"]) == (None, None)


def test_a_signature_of_the_settings_is_found(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team's own signatures are served like the built-in ones."""
    (workspace / "own_signature.py").write_text(
        "from dataclasses import replace\n"
        "from ratchet import signatures\n"
        f"SPEC = replace(signatures.get({CORRECTNESS!r}), name='own_review')\n"
    )
    (workspace / "ratchet.toml").write_text('[signatures]\nown_review = "own_signature:SPEC"\n')
    monkeypatch.syspath_prepend(str(workspace))
    router = Router()

    with router.request("own_review") as request:
        request.program(**INPUTS)
    router.close()

    (record,) = spooled(workspace / ".ratchet" / "telemetry" / "spool")
    assert record["signature"] == "own_review"


def test_a_name_that_nothing_stands_for_is_said_to_the_developer(path: Path) -> None:
    """There is nothing to go on with: no route, no module, no such signature."""
    router = router_of(path)

    with (
        pytest.raises(ConfigurationError, match="validate_correctness"),
        router.request("validate_corectness") as request,
    ):
        request.program(**INPUTS)
