"""Which pull request brought a commit: the number in the merge that joined its branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Node:
    """A commit as a point of the graph; `pull_request` is the number its message names."""

    sha: str
    parents: tuple[str, ...]
    pull_request: int | None


def pull_requests_by_merge(nodes: Sequence[Node]) -> dict[str, int]:
    """Map each commit of a merged branch to the pull request of its merge.

    `nodes` come oldest first. The trunk is what first parents lead to from the newest commit,
    and from the branches that were merged without a number (a release branch, say). Every
    commit is visited once.

    >>> branch = [Node(sha="a", parents=(), pull_request=None),
    ...           Node(sha="b", parents=("a",), pull_request=None),
    ...           Node(sha="m", parents=("a", "b"), pull_request=7)]
    >>> pull_requests_by_merge(branch)
    {'b': 7}
    """
    by_sha = {node.sha: node for node in nodes}
    trunk = _trunk(nodes, by_sha)
    owners: dict[str, int] = {}
    for merge in nodes:
        if merge.pull_request is None or len(merge.parents) < 2:
            continue
        waiting = list(merge.parents[1:])
        while waiting:
            sha = waiting.pop()
            if sha in by_sha and sha not in trunk and sha not in owners:
                owners[sha] = merge.pull_request
                waiting.extend(by_sha[sha].parents)
    return owners


def _trunk(nodes: Sequence[Node], by_sha: Mapping[str, Node]) -> set[str]:
    trunk: set[str] = set()
    starts = [nodes[-1].sha] if nodes else []
    while starts:
        node = by_sha.get(starts.pop())
        while node is not None and node.sha not in trunk:
            trunk.add(node.sha)
            if len(node.parents) > 1 and node.pull_request is None:
                starts.extend(node.parents[1:])
            node = by_sha.get(node.parents[0]) if node.parents else None
    return trunk
