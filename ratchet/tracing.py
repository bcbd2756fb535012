"""Spans of flows, stages and model calls, for an OpenTelemetry collector; nothing without one.

Nothing of OpenTelemetry's SDK is imported before a collector is named, by
OTEL_EXPORTER_OTLP_ENDPOINT (or its form for traces) or by `start_tracing`. Spans are sent in
batches by a thread; a collector that is slow, broken or gone costs a log line and the spans,
never the work. A span has names, counts and times, no prompt, no answer and no message of an
error: those may hold what nobody should see.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SWITCHES = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}
TRACES_PATH = "/v1/traces"
SERVICE = "ratchet"
TIMEOUT_SECONDS = 3.0
SILENCE_SECONDS = 60.0  # after a failure, before the collector is tried again

Attributes = Mapping[str, str | int | float | bool | tuple[str, ...]]

logger = logging.getLogger(__name__)


class Span(Protocol):
    """A span that is being measured."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""


class _Silent:
    """The span when there is no collector."""

    def set(self, attributes: Attributes) -> None:
        """Do nothing."""


class _Recorded:
    def __init__(self, span: Any) -> None:
        self._span = span

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))


class _State:
    """What this process has set up; one for all threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.provider: TracerProvider | None = None
        self.tracer: Tracer | None = None
        self.is_given_up = False


_SILENT = _Silent()
_state = _State()


def start_tracing(
    endpoint: str = "",
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Send spans from now on; again, it changes nothing.

    Args:
        endpoint: The collector, without or with the path of traces; the variables of
            OpenTelemetry win over it.
        timeout_seconds: How long sending a batch may take, and how long leaving waits for it.
        environ: Where the variables are.

    Returns:
        Whether spans are sent: False without a collector, or without the extra `otel`.
    """
    with _state.lock:
        if _state.tracer is not None or _state.is_given_up:
            return _state.tracer is not None
        if not (_is_named(environ) or endpoint) or _is_switched_off(environ):
            return False
        address = None if _is_named(environ) else _traces_address(endpoint)
        try:
            _state.provider = _provider(address, timeout_seconds)
        except Exception as error:  # noqa: BLE001 - tracing must not stop the work
            _state.is_given_up = True
            logger.warning("No spans are sent: %s. Install dspy-ratchet[otel].", error)
            return False
        _state.tracer = _state.provider.get_tracer(SERVICE)
        atexit.register(stop_tracing)
        return True


def stop_tracing() -> None:
    """Send what waits, for as long as the timeout allows, and forget the collector."""
    with _state.lock:
        provider, _state.provider, _state.tracer = _state.provider, None, None
        _state.is_given_up = False
    if provider is not None:
        atexit.unregister(stop_tracing)
        provider.shutdown()


def flush_spans() -> None:
    """Send what waits, now; for tests and for the end of a long process."""
    if _state.provider is not None:
        _state.provider.force_flush()


@contextmanager
def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    is_call: bool = False,
    within: Context | None = None,
) -> Iterator[Span]:
    """Measure what the block does, as a part of the span around it.

    A block that raises ends as failed, with the class of the error.

    Args:
        name: What is done; few different ones.
        attributes: What it is done with; no text that people or models wrote.
        is_call: Whether the block calls another service.
        within: The context to be a part of when there is no span around, as in a thread of
            somebody else's; see `current_context`.
    """
    if not start_tracing() or _state.tracer is None:
        yield _SILENT
        return
    from opentelemetry.trace import SpanKind, StatusCode

    with _state.tracer.start_as_current_span(
        name,
        context=_parent(within),
        kind=SpanKind.CLIENT if is_call else SpanKind.INTERNAL,
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as measured:
        try:
            yield _Recorded(measured)
        except BaseException as error:
            measured.set_attribute("error.type", type(error).__qualname__)
            measured.set_status(StatusCode.ERROR)
            raise


def current_context() -> Context | None:
    """The context of the span around, to hand to work in other threads; None without tracing."""
    if _state.tracer is None:
        return None
    from opentelemetry.context import get_current

    return get_current()


def _parent(within: Context | None) -> Context | None:
    """`within` when no span is around; None is the context of the thread."""
    from opentelemetry.trace import get_current_span

    return None if get_current_span().get_span_context().is_valid else within


def _is_named(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in VARIABLES)


def _is_switched_off(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name, "").lower() == value for name, value in SWITCHES.items())


def _traces_address(endpoint: str) -> str:
    """The address of the traces of a collector.

    >>> _traces_address("http://localhost:4318/"), _traces_address("http://c:1/v1/traces")
    ('http://localhost:4318/v1/traces', 'http://c:1/v1/traces')
    """
    base = endpoint.rstrip("/")
    return base if base.endswith(TRACES_PATH) else f"{base}{TRACES_PATH}"


def _provider(address: str | None, timeout_seconds: float) -> TracerProvider:
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    import ratchet

    about = {SERVICE_VERSION: ratchet.__version__}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        about[SERVICE_NAME] = SERVICE
    # Leaving is ours to bound, see `_patient_exporter`.
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_patient_exporter(address, timeout_seconds)))
    return provider


def _patient_exporter(address: str | None, timeout_seconds: float) -> Any:
    """The standard exporter, which after a failure leaves the collector alone for a while.

    Without that, each of the batches that wait at the end would take its whole timeout.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    class Patient(OTLPSpanExporter):
        silent_until = 0.0

        def export(self, spans: Any) -> SpanExportResult:
            if time.monotonic() < self.silent_until:
                return SpanExportResult.FAILURE
            result = super().export(spans)
            if result is not SpanExportResult.SUCCESS:
                self.silent_until = time.monotonic() + SILENCE_SECONDS
                logger.warning(
                    "%d spans were not taken by %s; the next try is in %g seconds",
                    len(spans),
                    self._endpoint,
                    SILENCE_SECONDS,
                )
            return result

    # Its own lines repeat every batch.
    logging.getLogger(OTLPSpanExporter.__module__).setLevel(logging.CRITICAL)
    return Patient(endpoint=address, timeout=timeout_seconds)
