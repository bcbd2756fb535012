"""When a task need not run again: its cache key is the content it reads, not where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from prefect.context import TaskRunContext
from pydantic import BaseModel

import ratchet
from ratchet.canonical import sha256_of
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.cycle.workspace import Workspace
from ratchet.settings import load_settings

PLACES = ("run_path", "leaves")  # of a stage's result: where it lies, not what it says


def content_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    """The cache key of a task run: the task, Ratchet's version, and what its inputs hold.

    The run folder is left out and files count by their hash, so that a run which is started
    again finds what an interrupted one has finished.
    """
    workspace = Workspace.of(load_settings())
    return sha256_of(
        {
            "task": context.task.task_key,
            "ratchet": ratchet.__version__,
            "workspace": workspace.identity,
            "reject_below": workspace.reject_below,
            "parameters": {name: _content(value) for name, value in parameters.items()},
        }
    )


def _content(value: Any) -> Any:
    content: Any = str(value)
    match value:
        case None | RunFolder():
            content = None
        case bool() | int() | float():
            content = value
        case StageFile():
            content = value.sha256
        case BaseModel():
            content = value.model_dump(mode="json")
        case Mapping():
            content = {str(name): _content(item) for name, item in value.items()}
        case list() | tuple():
            content = [_content(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            places = PLACES if isinstance(value, StageResult) else ()
            names = [f.name for f in fields(value) if f.name not in places]
            content = {name: _content(getattr(value, name)) for name in names}
    return content
