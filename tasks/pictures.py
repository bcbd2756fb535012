"""Pictures as artifacts, where the Prefect UI shows them; best effort, never in the way.

A picture is a markdown artifact that holds its SVG as a data URI: the UI shows that as the
picture alone, while it writes the whole address of an image artifact below the picture, and
blackens SVG that stands in markdown itself.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from ratchet.cycle.context import StageContext
from ratchet.datasets import DatasetFolder
from ratchet.pictures.reading import picture_of_scores
from ratchet.pictures.style import Format
from ratchet.store import open_store
from tasks.artifacts import artifact_key
from tasks.events import require_server

Logger = logging.Logger | logging.LoggerAdapter[Any]


def publish_picture(
    draw: Callable[[], bytes],
    *,
    key: str,
    title: str,
    logger: Logger,
    replaces: bool = False,
) -> None:
    """Draw an SVG and publish it; a failure of either is logged.

    Args:
        draw: Makes the picture.
        key: Of the artifact, see `artifact_key`.
        title: Said above the picture, to a screen reader, and in lists.
        logger: Where a failure is said.
        replaces: Put it in the place of the newest of that key, so that what is drawn every
            hour does not fill the database of the server.
    """
    try:
        page = markdown_of(draw(), title=title)
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}):
            require_server()
            if not (replaces and _replaced(key, page, title)):
                create_markdown_artifact(page, key=key, description=title)
    except Exception as error:  # noqa: BLE001 - a picture must not stop the work
        logger.warning("The picture %s was not published: %s", key, error or type(error).__name__)


def publish_score_history(context: StageContext, logger: Logger) -> None:
    """Publish how the scores of the signature have gone, up to the verdict just now."""
    name = context.spec.name

    def draw() -> bytes:
        with open_store(context.workspace.store_url) as store:
            return picture_of_scores(store, DatasetFolder(context.workspace.datasets), name)

    key = artifact_key(name, "score-history")
    publish_picture(draw, key=key, title=f"Score history of {name}", logger=logger)


def markdown_of(picture: bytes, *, title: str, form: Format = Format.SVG) -> str:
    r"""A page with a picture in it.

    >>> markdown_of(b"<svg/>", title="Scores [new]")
    '![Scores (new)](data:image/svg+xml;base64,PHN2Zy8+)\n'
    """
    words = title.replace("[", "(").replace("]", ")")
    return f"![{words}](data:{form.media_type};base64,{base64.b64encode(picture).decode()})\n"


def _replaced(key: str, page: str, title: str) -> bool:
    """Whether there was one of that key, which now holds the page."""
    newest = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC", "limit": 1}
    with get_client(sync_client=True) as client:
        # The client's own method sends nulls here, which the server refuses.
        found = client.request("POST", "/artifacts/filter", json=newest).json()
        for artifact in found:
            client.update_artifact(
                UUID(artifact["id"]), ArtifactUpdate(data=page, description=title)
            )
    return bool(found)
