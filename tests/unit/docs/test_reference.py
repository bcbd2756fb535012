"""The reference is written from the code, so it names everything there is."""

from __future__ import annotations

import pytest

from docs.generator.alert_kinds import alert_kinds, runbooks_named
from docs.generator.commands import command_page, command_tree, commands_of
from docs.generator.configuration import configuration_page
from docs.generator.events import alert_payload, events_page, rollout_payloads
from docs.generator.interface import MODULES, interface_page, public_names
from docs.generator.markdown import anchor_of
from ratchet.configuration.tree import keys_of
from ratchet.control.announcements import EVENTS
from ratchet.settings import Settings
from tests.documentation_builders import DOCS, headings_of


def test_every_command_with_every_option_is_in_the_reference() -> None:
    """A section for each command, a row for each of its parameters."""
    page = command_page()
    for name, command in commands_of(command_tree()):
        _, _, section = page.partition(f"## `{name}` {{")
        section = section.partition("\n## ")[0]
        for parameter in command.params:
            if parameter.name != "help" and not getattr(parameter, "hidden", False):
                shown = parameter.opts[0]
                shown = shown if shown.startswith("-") else parameter.name.upper()
                assert f"`{shown}" in section, f"{name} {shown}"


def test_every_setting_is_in_the_reference() -> None:
    """Each with its variable, in a section of its table."""
    page = configuration_page()
    for key in keys_of(Settings):
        assert f"`{key.path.rpartition('.')[2]}`" in page
        assert key.variable is None or f"`{key.variable}`" in page or not key.variable


def test_every_public_name_is_in_the_reference() -> None:
    """What an app may import has a section with its docstring."""
    page = interface_page()
    for module in MODULES:
        for name in public_names(module):
            assert f"### `{module}.{name}`" in page
    assert "| `quality` | How good the answer was, 0..1. |" in page
    assert "<built-in" not in page


def test_every_event_is_in_the_reference_with_its_payload() -> None:
    """The payloads come from a rollout that takes every kind of step."""
    page = events_page()

    assert set(rollout_payloads()) >= set(EVENTS.values())
    assert all(f"| `{name}` |" in page for name in rollout_payloads())
    assert {"signature", "reason", "percent"} <= set(rollout_payloads()[EVENTS_ADVANCED])
    assert {"level", "title", "message", "timestamp", "details"} <= set(alert_payload())
    for kind in ("rollout-rolled-back", "orchestration-run-failures", "worker-gone"):
        assert f"| `{kind}` |" in page


EVENTS_ADVANCED = "ratchet.rollout.advanced"


def test_an_alert_made_in_code_is_known_with_its_details() -> None:
    """Title, level, runbook and the fields of the details are read from the call."""
    kinds = {kind.kind: kind for kind in alert_kinds()}
    rolled_back = kinds["rollout-rolled-back"]

    assert rolled_back.title == "A/B Test Rolled Back"
    assert rolled_back.levels
    assert "emergencies#rolled-back" in rolled_back.runbooks
    assert {"experiment_id", "reason", "final_traffic_percent"} <= set(rolled_back.details)


@pytest.mark.parametrize("runbook", sorted(runbooks_named()))
def test_every_runbook_that_an_alert_names_exists(runbook: str) -> None:
    """A person who is sent to a section of a runbook finds it."""
    page, _, anchor = runbook.partition("#")
    text = (DOCS / "runbooks" / f"{page}.md").read_text(encoding="utf-8")

    assert anchor in {anchor_of(heading) for heading in headings_of(text)}
