"""The plan: create, update, keep and remove, with what differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployments.plan import Action, compare

documents = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(st.integers(0, 2), lambda inner: st.dictionaries(st.sampled_from("xy"), inner)),
    max_size=3,
)
states = st.dictionaries(st.sampled_from(["one", "two", "three"]), documents)


@given(state=states)
def test_what_is_as_declared_is_kept(state: dict[str, object]) -> None:
    """Applied twice, nothing changes the second time."""
    plan = compare("thing", state, state)

    assert plan.is_empty
    assert {change.action for change in plan.changes} <= {Action.KEEP}


@given(declared=states, found=states)
def test_each_name_has_one_change(declared: dict[str, object], found: dict[str, object]) -> None:
    """Nothing is forgotten, nothing is done twice, and each action has its ground."""
    plan = compare("thing", declared, found)

    actions = {change.name: change.action for change in plan.changes}
    assert len(actions) == len(plan.changes)
    assert set(actions) == {*declared, *found}
    for name, action in actions.items():
        expected = (
            Action.REMOVE
            if name not in declared
            else Action.CREATE
            if name not in found
            else Action.KEEP
            if declared[name] == found[name]
            else Action.UPDATE
        )
        assert action is expected


def test_a_difference_names_its_place_and_both_values() -> None:
    """That is what --dry-run shows."""
    plan = compare("d", {"a": {"s": {"cron": "0 2 * * *"}}}, {"a": {"s": {"cron": "0 3 * * *"}}})

    assert [str(d) for d in plan.changes[0].differences] == ['s.cron: "0 3 * * *" -> "0 2 * * *"']


def test_what_somebody_else_looks_after_is_left_alone() -> None:
    """A work pool of another team is no leftover of ours."""
    assert compare("pool", {}, {"theirs": {}}, foreign=["theirs"]).changes == ()


def test_what_would_only_be_removed_leaves_the_plan_empty() -> None:
    """Removal happens when it is asked for; without it there is nothing to do."""
    assert compare("d", {}, {"old": {}}).is_empty
