"""A metric by its name, and a sample of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

UNITS = ("seconds", "bytes", "ratio", "usd", "percent")
"""Base units that a name may end in, before `_total`; `usd` is a currency, which has no other."""


class Kind(StrEnum):
    """How a value moves: a counter only grows."""

    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What a metric is called and what it means; `labels` are those that each sample has."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The unit in the name; "" for a plain count.

        >>> Metric(name="ratchet_disk_free_bytes", kind=Kind.GAUGE, help="").unit
        'bytes'
        """
        last = self.name.removesuffix("_total").rpartition("_")[2]
        return last if last in UNITS else ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A value of a metric, with the values of its labels."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def mistakes_of(metric: Metric) -> Iterator[str]:
    """What of the conventions of Prometheus a metric breaks, in sentences.

    >>> list(mistakes_of(Metric(name="ratchet_time_ms", kind=Kind.COUNTER, help="No stop")))
    ['ratchet_time_ms is a counter and does not end in _total', \
'ratchet_time_ms ends in ms, no base unit', 'the help of ratchet_time_ms is no sentence']
    """
    name, parts = metric.name, metric.name.split("_")
    if parts[0] != "ratchet" or name != name.lower():
        yield f"{name} is not ratchet_... in lower case"
    if metric.kind is Kind.COUNTER and not name.endswith("_total"):
        yield f"{name} is a counter and does not end in _total"
    if metric.kind is Kind.GAUGE and parts[-1] in {"total", "count", "sum", "bucket"}:
        yield f"{name} is a gauge and ends in _{parts[-1]}"
    for wrong in sorted({"ms", "milliseconds", "minutes", "hours", "days", "kb", "mb"} & {*parts}):
        yield f"{name} ends in {wrong}, no base unit"
    if not metric.help.endswith("."):
        yield f"the help of {name} is no sentence"
    for label in metric.labels:
        if label in {"le", "quantile", "job", "instance"} or not label.islower():
            yield f"{name} has a label {label}, which is taken"
