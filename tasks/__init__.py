"""Prefect tasks: each is a decorator, one domain call and one log line. No decisions."""

from ratchet.logs import set_up_logs

set_up_logs()  # every process that runs a flow passes here before it knows a secret
