"""What every stage of one signature is given: where it works, on what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.workspace import Workspace
from ratchet.signatures.spec import SignatureSpec


@dataclass(frozen=True, kw_only=True)
class StageContext:
    """One signature in one run. `now` is the time that the stage writes down."""

    workspace: Workspace
    run: RunFolder
    spec: SignatureSpec
    now: datetime
