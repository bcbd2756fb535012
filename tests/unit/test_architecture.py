"""The arrows between the layers: deployments -> flows -> tasks -> blocks -> ratchet."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("deployments", "flows", "tasks", "blocks", "ratchet")
HEAVY = ("dspy", "prefect", "pandas", "polars", "pandera", "litellm", "sqlalchemy", "anthropic")


def sources(layer: str) -> list[Path]:
    """Every module of a layer."""
    return sorted((ROOT / layer).rglob("*.py"))


def imported_roots(path: Path, *, only_module_level: bool = False) -> Iterator[str]:
    """The top-level packages that a module imports."""
    tree = ast.parse(path.read_text())
    for node in tree.body if only_module_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_the_layers_below_it(layer: str) -> None:
    """An import of a layer above is a wrong arrow; the command line may start a flow lazily."""
    above = set(LAYERS[: LAYERS.index(layer)])
    wrong = []
    for path in sources(layer):
        is_command_line = path.is_relative_to(ROOT / "ratchet" / "cli")
        roots = imported_roots(path, only_module_level=is_command_line)
        wrong += [f"{path.relative_to(ROOT)} imports {root}" for root in roots if root in above]

    assert wrong == []


def test_the_domain_never_imports_prefect() -> None:
    """The wheel that production apps install works without an orchestrator."""
    users = [
        str(path.relative_to(ROOT))
        for path in sources("ratchet")
        if "prefect" in set(imported_roots(path)) and "cli" not in path.parts
    ]

    assert users == []


def test_importing_ratchet_imports_nothing_heavy() -> None:
    """An app pays nothing for `import ratchet` until it uses a part."""
    code = f"import ratchet, sys; print([m for m in {HEAVY!r} if m in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


def test_no_signature_is_named_outside_the_registry() -> None:
    """Deciding code treats all signatures alike; only sources and contracts name them."""
    from ratchet.signatures.registry import BUILT_IN

    allowed = ("ratchet/signatures/", "ratchet/collect/")
    namers = [
        f"{path.relative_to(ROOT)} names {name}"
        for layer in LAYERS
        for path in sources(layer)
        if not str(path.relative_to(ROOT)).startswith(allowed)
        for name in BUILT_IN
        if f'"{name}"' in path.read_text()
    ]

    assert namers == []
