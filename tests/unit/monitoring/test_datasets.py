"""The check of dataset versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.alerts import Level
from ratchet.datasets import DatasetFolder
from ratchet.monitoring.datasets import DatasetFacts, check_datasets, read_datasets
from ratchet.signatures import get
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.monitoring_builders import SETTINGS, SIGNATURE, dataset_version


def facts(*qualities: float | None) -> DatasetFacts:
    """Versions of these mean qualities, the oldest first."""
    versions = [
        dataset_version(f"v2026030{number}_120000", quality=quality)
        for number, quality in enumerate(qualities, 1)
    ]
    return DatasetFacts(signature=SIGNATURE, versions=tuple(versions))


@pytest.mark.parametrize(
    ("before", "latest", "is_told"),
    [(80.0, 72.0, False), (80.0, 71.99, True), (80.0, 90.0, False), (None, 10.0, False)],
)
def test_a_drop_of_more_than_a_tenth_is_an_error(
    before: float | None, latest: float, is_told: bool
) -> None:
    """Exactly a tenth is not."""
    alerts = check_datasets([facts(before, latest)], (), SETTINGS, now=NOON).alerts

    assert [alert.kind for alert in alerts] == ["dataset-quality-degradation"] * is_told


def test_the_alert_of_a_drop_names_both_versions() -> None:
    """In the words that R437 asks for; only the last step counts."""
    (alert,) = check_datasets([facts(95.0, 80.0, 60.0)], (), SETTINGS, now=NOON).alerts

    assert (alert.title, alert.level) == ("Dataset Quality Degradation", Level.ERROR)
    assert alert.details == {
        "signature": SIGNATURE,
        "latest_version": "v20260303_120000",
        "previous_version": "v20260302_120000",
        "latest_quality": 60.0,
        "previous_quality": 80.0,
        "drop_percent": 25.0,
    }


@pytest.mark.parametrize(("git", "is_told"), [(95, False), (96, True)])
def test_a_set_from_one_source_is_told_as_info(git: int, is_told: bool) -> None:
    """95 % of one source are borne, 96 % are not."""
    version = dataset_version(sources={"git": git, "manual": 100 - git})
    found = DatasetFacts(signature=SIGNATURE, versions=(version,))

    alerts = check_datasets([found], (), SETTINGS, now=NOON).alerts

    assert [alert.kind for alert in alerts] == ["source-diversity"] * is_told


def test_growth_and_trend_are_figures() -> None:
    """The count of the newest version beside the one before."""
    versions = (
        dataset_version("v20260301_120000"),
        dataset_version("v20260302_120000", examples=130),
    )
    found = DatasetFacts(signature=SIGNATURE, versions=versions)

    figures = check_datasets([found], (), SETTINGS, now=NOON).figures["signatures"][SIGNATURE]

    assert (figures["examples"], figures["growth"], figures["quality"]) == (130, 30, 80.0)
    assert [each["examples"] for each in figures["trend"]] == [100, 130]


def test_versions_are_read_from_the_folder_up_to_the_one_in_force(tmp_path: Path) -> None:
    """A version that is damaged is an alert, and the others are looked at all the same."""
    folder = DatasetFolder(tmp_path)
    spec = get(SIGNATURE)
    for number in (30, 40):
        folder.publish(spec, example_set(number), now=NOON)

    (found,) = read_datasets(folder)
    assert [version.example_count for version in found.versions] == [30, 40]

    (found.versions[-1].path / "metadata.json").write_text("{")
    (damaged,) = read_datasets(folder)
    alerts = check_datasets([damaged], (), SETTINGS, now=NOON).alerts
    assert ("dataset-damaged", SIGNATURE) in [(alert.kind, alert.subject) for alert in alerts]
    assert [version.example_count for version in damaged.versions] == [30]


def test_without_a_version_the_check_says_how_to_get_one(tmp_path: Path) -> None:
    """A folder that is not there is no failure."""
    check = check_datasets(read_datasets(DatasetFolder(tmp_path / "none")), (), SETTINGS, now=NOON)

    assert check.headline == "No dataset version yet. Publish one with `ratchet run`."
