"""What the obvious design gives on the same server: pgbench calling one function per command, no HTTP."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from service.embedded import binaries
from tests.bench.measure import Result, cpu_seconds, descendants, percentile

HERE = Path(__file__).parent
CLIENTS = 100_000
_SPREAD = f"\\set client random(1, {CLIENTS})\nselect baseline.add_credit(:client, 125, 'bench');\n"
_HOT = "select baseline.add_credit(1, 125, 'bench');\n"
_SLACK_S = 30


def prepare(dsn: str) -> None:
    """Create the baseline's schema, in a schema of its own beside the ledger's."""
    psql = [str(binaries(18) / "psql"), dsn, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(HERE / "baseline.sql")]
    subprocess.run(psql, check=True, capture_output=True)


def measure(dsn: str, postmaster_pid: int, *, hot: bool, connections: int, seconds: int) -> Result:
    """One closed-loop run, prepared statements, fsync and synchronous_commit as the server has them (on)."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        script.write_text(_HOT if hot else _SPREAD, encoding="utf-8")
        command = [str(binaries(18) / "pgbench"), "-n", "-M", "prepared", "-c", str(connections), "-j", "2"]
        command += ["-T", str(seconds), "-l", "--log-prefix", f"{folder}/log", "-f", str(script), dsn]
        before = cpu_seconds(descendants(postmaster_pid))
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + _SLACK_S)
        latencies = sorted(
            int(line.split()[2]) / 1000
            for log in Path(folder).glob("log.*")
            for line in log.read_text(encoding="ascii").splitlines()
        )
        transactions_per_s = float(done.stdout.rpartition("tps = ")[2].split()[0])
        return Result(
            name=f"baseline, {'one hot client' if hot else 'spread'}",
            connections=connections,
            seconds=len(latencies) / transactions_per_s,
            commands=len(latencies),
            errors=0,
            p50_ms=percentile(latencies, 0.5),
            p99_ms=percentile(latencies, 0.99),
            p999_ms=percentile(latencies, 0.999),
            service_cpu_s=0.0,
            database_cpu_s=max(cpu_seconds(descendants(postmaster_pid)) - before, 0.0),
        )
