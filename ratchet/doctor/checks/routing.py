"""Whether the routing file says what the rollouts in SQL say: apps follow the file."""

from __future__ import annotations

from ratchet.control.routing import routing_of, write_routing
from ratchet.doctor.finding import Finding, Remedy, error, ok, warning
from ratchet.doctor.patient import Patient
from ratchet.errors import InputError
from ratchet.serving.routes import RoutingConfig
from ratchet.serving.routing_file import read_config
from ratchet.store import Store, open_store

NAME = "routing file"
REWRITE = "`ratchet doctor --fix` writes it anew from the store."


def check(patient: Patient) -> Finding:
    """The file is there when there is a rollout, can be read, and is not behind SQL."""
    path = patient.settings.routing_file
    with patient.store() as store:
        wanted = _wanted(patient, store)
    if not wanted.routes:
        return ok(NAME, "There is no rollout, and so no routing.")
    remedy = _rewrite(patient)
    if not path.exists():
        return error(NAME, f"{path} is missing; apps serve their own programs.", REWRITE, remedy)
    try:
        present = read_config(path)
    except InputError as problem:
        return error(NAME, f"Apps can not read it: {problem}", REWRITE, remedy)
    differing = _differing(present, wanted)
    if differing:
        return error(
            NAME,
            f"{path} (revision {present.revision}) differs from the store (revision "
            f"{wanted.revision}) in {', '.join(differing)}.",
            REWRITE,
            remedy,
        )
    if present.revision != wanted.revision:
        return warning(
            NAME,
            f"{path} says the same, but with revision {present.revision} in place of "
            f"{wanted.revision}.",
            REWRITE,
            remedy,
        )
    return ok(NAME, f"{path} is up to date, revision {present.revision}.")


def _wanted(patient: Patient, store: Store) -> RoutingConfig:
    settings = patient.settings
    beside = settings.routing_file.parent
    return routing_of(store, programs=settings.programs_folder, beside=beside, now=patient.now)


def _differing(present: RoutingConfig, wanted: RoutingConfig) -> list[str]:
    """The signatures whose route in the file is not that of the store."""
    return sorted(s for s, route in wanted.routes.items() if present.routes.get(s) != route)


def _rewrite(patient: Patient) -> Remedy:
    settings = patient.settings

    def carry_out() -> str:
        with open_store(settings.store_url) as store:
            write_routing(
                store,
                programs=settings.programs_folder,
                path=settings.routing_file,
                now=patient.now,
            )
        return f"{settings.routing_file} says what the store says."

    return Remedy(what=f"write {settings.routing_file} from the store", carry_out=carry_out)
