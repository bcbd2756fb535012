"""What must stay together: a pull request, and a change with its follow-ups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def group_ids(
    shas: Sequence[str],
    *,
    pull_requests: Mapping[str, int],
    links: Iterable[tuple[str, str]],
    repository: str,
) -> dict[str, str]:
    """Name the group of every commit; `shas` come oldest first.

    A group is named after the pull request of its oldest commit that has one
    (`repository#number`), otherwise after its oldest commit.

    >>> group_ids(["a", "b", "c"], pull_requests={"c": 7}, links=[("a", "b")], repository="app")
    {'a': 'a', 'b': 'a', 'c': 'app#7'}
    """
    parents = {sha: sha for sha in shas}
    order = {sha: place for place, sha in enumerate(shas)}

    def root(sha: str) -> str:
        while parents[sha] != sha:
            parents[sha] = parents[parents[sha]]
            sha = parents[sha]
        return sha

    def join(one: str, other: str) -> None:
        if one in parents and other in parents:
            older, newer = sorted((root(one), root(other)), key=order.__getitem__)
            parents[newer] = older

    first_of: dict[int, str] = {}
    for sha in shas:
        if (number := pull_requests.get(sha)) is not None:
            join(first_of.setdefault(number, sha), sha)
    for one, other in links:
        join(one, other)
    names: dict[str, str] = {}
    for sha in shas:
        if (number := pull_requests.get(sha)) is not None:
            names.setdefault(root(sha), f"{repository}#{number}")
    return {sha: names.get(root(sha), root(sha)) for sha in shas}
