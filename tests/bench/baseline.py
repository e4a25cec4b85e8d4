"""What the obvious design gives on the same server: pgbench calling one function per command, no HTTP."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from service.embedded import binaries
from tests.bench.bodies import SEED
from tests.bench.measure import Result, corrected, cpu_seconds, descendants, percentile

HERE = Path(__file__).parent
CLIENTS = 100_000
CONNECTIONS = (1, 8, 32)
SPREAD = "baseline, spread"
HOT = "baseline, hot"
_SPREAD_SCRIPT = f"\\set client random(1, {CLIENTS})\nselect baseline.add_credit(:client, 125, 'bench');\n"
_HOT_SCRIPT = "select baseline.add_credit(1, 125, 'bench');\n"
_SLACK_S = 30


def prepare(dsn: str) -> None:
    """Create the baseline's schema, in a schema of its own beside the ledger's."""
    psql = [str(binaries(18) / "psql"), dsn, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(HERE / "baseline.sql")]
    subprocess.run(psql, check=True, capture_output=True)


def measure(dsn: str, postmaster_pid: int, *, hot: bool, connections: int, seconds: float) -> Result:
    """One closed-loop run, prepared statements, fsync and synchronous_commit as the server has them (on)."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        script.write_text(_HOT_SCRIPT if hot else _SPREAD_SCRIPT, encoding="utf-8")
        command = [str(binaries(18) / "pgbench"), "-n", "-M", "prepared", "-c", str(connections), "-j", "2"]
        command += ["--random-seed", str(SEED)]
        command += [
            "-T",
            str(max(round(seconds), 1)),
            "-l",
            "--log-prefix",
            f"{folder}/log",
            "-f",
            str(script),
            dsn,
        ]
        before = cpu_seconds(descendants(postmaster_pid))
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + _SLACK_S)
        measured = [
            int(line.split()[2]) / 1000
            for log in Path(folder).glob("log.*")
            for line in log.read_text(encoding="ascii").splitlines()
        ]
        transactions_per_s = float(done.stdout.rpartition("tps = ")[2].split()[0])
        taken_s = len(measured) / transactions_per_s
        latencies = corrected(measured, connections, taken_s)
        return Result(
            name=HOT if hot else SPREAD,
            connections=connections,
            seconds=taken_s,
            commands=len(measured),
            refused=0,
            errors=0,
            p50_ms=percentile(latencies, 0.5),
            p99_ms=percentile(latencies, 0.99),
            p999_ms=percentile(latencies, 0.999),
            service_cpu_s=0.0,
            database_cpu_s=max(cpu_seconds(descendants(postmaster_pid)) - before, 0.0),
        )
