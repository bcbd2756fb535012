"""What the YAML files of this folder declare, read strictly: an unknown key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ratchet.errors import ConfigurationError

HERE = Path(__file__).parent
PREFECT_FILE, AUTOMATIONS_FILE = HERE / "prefect.yaml", HERE / "automations.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pool(_Strict):
    """The work pool of a deployment; `work_queue_name` is a queue in it."""

    name: str
    work_queue_name: str | None = None
    job_variables: dict[str, Any] = Field(default_factory=dict)


class Limit(_Strict):
    """How many runs of a deployment go at once, and what becomes of one more."""

    limit: int = Field(ge=1)
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"


class Schedule(_Strict):
    """When a deployment runs, in its own time zone."""

    slug: str
    cron: str
    timezone: str
    active: bool = True


class Deployment(_Strict):
    """One deployment of `prefect.yaml`."""

    name: str
    entrypoint: str
    description: str
    tags: tuple[str, ...]
    work_pool: Pool
    concurrency_limit: Limit | None = None
    schedules: tuple[Schedule, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def flow_name(self) -> str:
        """The name of its flow: that of its function, with dashes."""
        return self.entrypoint.rpartition(":")[2].replace("_", "-")

    @property
    def full_name(self) -> str:
        """What Prefect calls it: flow/deployment."""
        return f"{self.flow_name}/{self.name}"


class Automation(_Strict):
    """One automation of `automations.yaml`, in Prefect's form.

    A `run-deployment` action names its deployment as flow/deployment; the id is the server's.
    """

    name: str
    description: str
    enabled: bool = True
    trigger: dict[str, Any]
    actions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Declared:
    """Everything that the files declare; `pull` are the steps before each flow run."""

    deployments: tuple[Deployment, ...]
    automations: tuple[Automation, ...]
    pull: tuple[dict[str, Any], ...]

    @property
    def pools(self) -> tuple[str, ...]:
        """The work pools that deployments name, each once."""
        return tuple(dict.fromkeys(d.work_pool.name for d in self.deployments))


def read_declared(
    prefect_file: Path = PREFECT_FILE, automations_file: Path = AUTOMATIONS_FILE
) -> Declared:
    """Read both files.

    Raises:
        ConfigurationError: a file can not be read, or a key or value in it is wrong; an
            automation names a deployment that is not declared.
    """
    prefect, automations = _document(prefect_file), _document(automations_file)
    try:
        declared = Declared(
            deployments=tuple(Deployment(**row) for row in prefect.get("deployments", ())),
            automations=tuple(Automation(**row) for row in automations.get("automations", ())),
            pull=tuple(prefect.get("pull", ())),
        )
    except ValidationError as error:
        said = "; ".join(f"{_place(row['loc'])}: {row['msg']}" for row in error.errors())
        raise ConfigurationError(f"{error.title} in {prefect_file.parent}: {said}.") from error
    _check_names(declared)
    return declared


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} can not be read: {error}.") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} holds no mapping.")
    return found


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _check_names(declared: Declared) -> None:
    known = [d.full_name for d in declared.deployments]
    for names, what in ((known, "deployment"), ([a.name for a in declared.automations], "name")):
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ConfigurationError(f"Declared twice, as {what}: {', '.join(repeated)}.")
    for automation in declared.automations:
        for action in automation.actions:
            named = action.get("deployment", known[0] if known else "")
            if named not in known:
                raise ConfigurationError(
                    f"The automation {automation.name!r} runs {named!r}, which is not declared; "
                    f"declared are {', '.join(known)}."
                )
