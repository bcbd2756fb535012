"""The compose file: valid by the specification, without default passwords, closed to the world."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

FILE = Path(__file__).parents[3] / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
PASSWORDS = {"RATCHET_DB_PASSWORD": "first", "PREFECT_DB_PASSWORD": "second"}


def interpolated(environ: dict[str, str]) -> dict[str, Any]:
    """The file as Compose reads it: variables put in, a required one that is missing refused."""

    def value(found: re.Match[str]) -> str:
        given = environ.get(found["name"], "")
        if not given and found["kind"] == "?":
            raise ValueError(found["rest"])
        return given or (found["rest"] or "" if found["kind"] == "-" else "")

    document: dict[str, Any] = yaml.safe_load(VARIABLE.sub(value, FILE.read_text()))
    return document


def test_the_file_holds_the_specification() -> None:
    """A parser of the specification takes it, with every service that was promised."""
    parsed = compose_spec.PyCompose.from_json(json.dumps(interpolated(PASSWORDS)))

    assert set(parsed.service_names()) == {"database", "server", "deployer", "worker", "ingester"}


@pytest.mark.parametrize(
    "damage", [{"helthcheck": {}}, {"ports": "not a list"}, {"depends_on": {"server": {"x": 1}}}]
)
def test_the_parser_would_see_a_slip(damage: dict[str, Any]) -> None:
    """A misspelt key or a wrong type is refused, so the test above can fail."""
    document = interpolated(PASSWORDS)
    document["services"]["worker"].update(damage)

    with pytest.raises(ValueError, match=r".+"):
        compose_spec.PyCompose.from_json(json.dumps(document))


@pytest.mark.parametrize("missing", sorted(PASSWORDS))
def test_there_is_no_default_password(missing: str) -> None:
    """Without one nothing starts, and the message says where to put it."""
    given = {name: value for name, value in PASSWORDS.items() if name != missing}

    with pytest.raises(ValueError, match=rf"put {missing} into \.env"):
        interpolated(given)


def test_nothing_listens_beyond_loopback() -> None:
    """Only the server has a port, and only on this machine unless somebody asks."""
    services = interpolated(PASSWORDS)["services"]

    assert {name for name, service in services.items() if "ports" in service} == {"server"}
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]
    opened = interpolated({**PASSWORDS, "RATCHET_BIND": "0.0.0.0"})  # noqa: S104 - it was asked for
    assert opened["services"]["server"]["ports"] == ["0.0.0.0:4200:4200"]


def test_every_service_that_lasts_says_whether_it_is_well() -> None:
    """The deployer ends; the others have a health check and start again by themselves."""
    services = interpolated(PASSWORDS)["services"]

    lasting = {name for name, service in services.items() if service.get("restart") != "no"}
    assert lasting == {"database", "server", "worker", "ingester"}
    assert all("healthcheck" in services[name] for name in lasting)


def test_our_containers_can_do_little() -> None:
    """No capability, no new privileges, and nothing to write but the volumes."""
    services = interpolated(PASSWORDS)["services"]

    for name in ("server", "deployer", "worker", "ingester"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    dockerfile = (FILE.parent / "deployments" / "Dockerfile").read_text()
    assert re.search(r"^USER 10001", dockerfile, flags=re.MULTILINE)
    assert "latest" not in dockerfile
