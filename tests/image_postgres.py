"""A PostgreSQL as the image of docker-compose.yml starts it: passwords, TCP, contrib extensions.

`tests.postgres` is quicker, but has no pg_trgm, which Prefect's own tables need. This one is the
system's; tests/install_services.sh brings it where it is missing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.local_system import free_port

CHECKOUT = Path(__file__).parents[1]
USER, DATABASE = "ratchet", "ratchet"


def programs() -> Path:
    """The folder of initdb and postgres: that of the newest version, else what is on PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    found = versions[-1] if versions else shutil.which("initdb")
    if not found:
        raise RuntimeError("There is no PostgreSQL here; run tests/install_services.sh.")
    return Path(found).parent


def _version(program: Path) -> float:
    return float(program.parents[1].name)


@contextmanager
def image_server(*, password: str, prefect_password: str) -> Iterator[str]:
    """A server for the block, made by the script that the image runs; its HOST:PORT."""
    folder = Path(tempfile.mkdtemp(prefix="ratchet-image-"))
    port = free_port()
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.image_postgres", str(folder), str(port)],
        cwd=CHECKOUT,
        env={**os.environ, "POSTGRES_PASSWORD": password},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert keeper.stdout is not None
        if keeper.stdout.readline().strip() != "ready":
            raise RuntimeError(f"PostgreSQL did not start; status {keeper.wait()}.")
        _first_start(port, {"POSTGRES_PASSWORD": password, "PREFECT_DB_PASSWORD": prefect_password})
        yield f"127.0.0.1:{port}"
    finally:
        assert keeper.stdin is not None
        keeper.stdin.close()
        keeper.wait()


def _first_start(port: int, secrets: Mapping[str, str]) -> None:
    """What the image does on an empty folder: the database, then the mounted script."""
    environment = {
        **os.environ,
        **secrets,
        "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGPASSWORD": secrets["POSTGRES_PASSWORD"],
        "POSTGRES_USER": USER,
        "POSTGRES_DB": DATABASE,
    }
    script = CHECKOUT / "deployments" / "create_prefect_database.sh"
    for command in (["createdb", "--username", USER, DATABASE], ["sh", str(script)]):
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def keep(folder: Path, port: str) -> None:
    """Serve until standard input closes, however the test process ends."""
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None  # it refuses to run as root
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        os.setgid(owner.pw_gid)
        os.setuid(owner.pw_uid)
    data, secret = folder / "data", folder / "password"
    secret.write_text(os.environ["POSTGRES_PASSWORD"], encoding="utf-8")
    identity = ["--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        try:
            _run("initdb", "--pgdata", str(data), *identity, "--no-sync", to=log)
            where = f"-p {port} -c listen_addresses=127.0.0.1 -k '' -c fsync=off"
            _run(
                "pg_ctl",
                "-D",
                str(data),
                "-w",
                "-o",
                where,
                "start",
                to=log,
            )
            print("ready", flush=True)  # noqa: T201 - the answer
            sys.stdin.read()
            _run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop", to=log)
        except subprocess.CalledProcessError as error:
            said = (folder / "log").read_text(encoding="utf-8")
            sys.exit(f"{error}\n{said}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str, to: object) -> None:
    subprocess.run([str(programs() / program), *arguments], stdout=to, stderr=to, check=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2])
