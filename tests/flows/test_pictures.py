"""Pictures as artifacts of a real Prefect server."""

from __future__ import annotations

import base64
import json
import logging
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from prefect import flow

from ratchet.pictures.health import draw_health
from tasks.pictures import publish_picture
from tests.picture_builders import health

pytestmark = pytest.mark.xdist_group("prefect")

logger = logging.getLogger("tests.pictures")
KEY = "health-picture-of-a-test"


def artifacts(address: str) -> list[dict[str, Any]]:
    """The artifacts of the key, all versions."""
    wanted = json.dumps({"artifacts": {"key": {"any_": [KEY]}}}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/artifacts/filter", data=wanted, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        found: list[dict[str, Any]] = json.load(answer)
        return found


def test_a_picture_is_published_and_replaced_in_its_place(prefect_server: str) -> None:
    """Of an hourly picture the server keeps one; it is the SVG that was drawn."""

    @flow
    def show(names: tuple[str, ...], title: str) -> None:
        publish_picture(
            lambda: draw_health(health(names)), key=KEY, title=title, logger=logger, replaces=True
        )

    show(("a_signature",), "first")
    show(("another_signature",), "second")

    (found,) = artifacts(prefect_server)
    data = found["data"].partition("base64,")[2].rstrip(")\n")
    words = " ".join(ET.fromstring(base64.b64decode(data)).itertext())  # noqa: S314 - drawn above
    assert (found["type"], found["description"]) == ("markdown", "second")
    assert "another_signature" in words


def test_a_picture_that_can_not_be_drawn_is_a_line_in_the_log(
    prefect_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The run goes on without it."""

    def draw() -> bytes:
        raise ValueError("no font")

    with caplog.at_level(logging.WARNING, logger="tests.pictures"):
        publish_picture(draw, key=KEY, title="x", logger=logger)

    assert "no font" in caplog.text
