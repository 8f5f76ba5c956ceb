"""Time, peak memory, GETs and writes of whole runs, beside what cannot be avoided.

usage: python -m tests.benchmarks.run [--gateways 100,500,2000] [--repeat 1]

Each row is one process of the command line, against an emulator without latency in another process. The floor of a
no-op run is measured in the same call: importing the libraries, a bare httpx download of the same pages,
yaml.CSafeLoader over the same files, and `git fetch`. `computed` is the processor time of that process and of those it
started: on a machine that does other things at the same time it is what can be compared, `seconds` is not.
"""

import argparse
import compileall
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sync
from tests.benchmarks import trees

SEED = "networks: [{name: bench-network, subnets: [10.0.0.0/16]}]\nassume_exists: true\n"

LIBRARIES = "import httpx, git, jinja2, click, yaml"
DOWNLOAD = """
import httpx, sys
url, kinds = sys.argv[1], ("vsvip", "pool", "l4policyset", "virtualservice")
with httpx.Client(base_url=url) as client:
    client.post("/login", json={"username": "admin", "password": "emulator"})
    headers = {"X-Avi-Version": "30.2.1", "X-Avi-Tenant": "*"}
    for kind in kinds:
        page, seen, count = 1, 0, 1
        while seen < count:
            params = {"page_size": "200", "page": str(page), "include_name": "true"}
            answer = client.get(f"/api/{kind}", params=params, headers=headers).json()
            count, seen, page = answer["count"], seen + len(answer["results"]), page + 1
"""
LOAD = """
import sys, yaml
from pathlib import Path
for path in sorted(Path(sys.argv[1]).rglob("*.yaml")):
    with path.open() as file:
        for _ in yaml.load_all(file, yaml.CSafeLoader): pass
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured run."""

    name: str
    seconds: float
    computed: float  # seconds of processor time
    megabytes: float
    gets: int
    writes: int


@contextmanager
def emulator(folder: Path) -> Iterator[tuple[str, Path]]:
    """An emulator in a process of its own: its URL and its log."""
    log = folder / "requests.jsonl"
    log.touch()
    seed = folder / "seed.yaml"
    seed.write_text(SEED)
    command = [*command_line(), "emulate", "--port", "0", "--seed", str(seed), "--requests-log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = (process.stdout.readline() if process.stdout else "").strip()
        try:
            yield url, log
        finally:
            process.terminate()


def command_line() -> list[str]:
    """What starts the product."""
    return [sys.executable, "-m", "sync"]


def measured(name: str, command: list[str], environment: dict[str, str], log: Path, repeat: int = 1) -> Row:
    """The fastest of some runs; the numbers of requests are those of one."""
    best, computed, peak, requests = float("inf"), float("inf"), 0.0, []
    for _ in range(repeat):
        log.write_text("")
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        best = min(best, time.perf_counter() - start)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{name}: exit {os.waitstatus_to_exitcode(status)}")
        computed = min(computed, usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss / 1024)
        requests = [json.loads(line)["method"] for line in log.read_text().splitlines()]
    gets = requests.count("GET")
    writes = sum(method in ("PUT", "DELETE", "POST") for method in requests) - 2 * bool(requests)  # login and logout
    return Row(name=name, seconds=best, computed=computed, megabytes=peak, gets=gets, writes=max(writes, 0))


def bench(gateways: int, repeat: int) -> list[Row]:
    """All rows for one size."""
    with tempfile.TemporaryDirectory() as name, emulator(Path(name)) as (url, log):
        folder = Path(name)
        source = folder / "repo"
        trees.make(source, gateways)
        environment = os.environ | {
            "SYNC_SOURCE": f"file://{source}",
            "SYNC_CONTROLLER": url,
            "SYNC_PASSWORD": "emulator",
            "SYNC_CACHE_DIR": str(folder / "cache"),
        }
        run = [*command_line(), "sync"]
        rows = [
            measured("from nothing to converged", run, environment, log),
            measured("no-op run", run, environment, log, repeat),
        ]
        rows += floor(folder, source, url, environment, log, repeat)
        for number in range(max(gateways // 100, 1)):
            trees.write(source, number, target_port=8081)
        trees.commit(source)
        rows.append(measured("dry run, 1 % changed", [*run, "--dry-run"], environment, log, repeat))
        return rows


def floor(folder: Path, source: Path, url: str, environment: dict[str, str], log: Path, repeat: int) -> list[Row]:
    """What no program of this kind can avoid; each part less the start of the interpreter it needs."""
    nothing = Row(name="", seconds=0, computed=0, megabytes=0, gets=0, writes=0)
    imports = [sys.executable, "-c", LIBRARIES]
    httpx = measured("httpx", [sys.executable, "-c", "import httpx, sys"], environment, log, repeat)
    yaml = measured("yaml", [sys.executable, "-c", "import yaml, sys"], environment, log, repeat)
    mirror = folder / "mirror"
    trees.git(folder, "clone", "--quiet", "--bare", "--depth", "1", f"file://{source}", str(mirror))
    fetch = ["git", "-C", str(mirror), "fetch", "--quiet", "--depth", "1", "origin", "main"]
    parts = [
        (measured("  floor: imports", imports, environment, log, repeat), nothing),
        (measured("  floor: download", [sys.executable, "-c", DOWNLOAD, url], environment, log, repeat), httpx),
        (measured("  floor: yaml", [sys.executable, "-c", LOAD, str(source)], environment, log, repeat), yaml),
        (measured("  floor: git fetch", fetch, environment, log, repeat), nothing),
    ]
    rows = [
        replace(row, seconds=row.seconds - less.seconds, computed=row.computed - less.computed, writes=0)
        for row, less in parts
    ]
    seconds, computed = sum(row.seconds for row in rows), sum(row.computed for row in rows)
    return [*rows, replace(nothing, name="  floor: sum", seconds=seconds, computed=computed)]


def print_table(results: dict[int, list[Row]]) -> None:
    """The table, and the figures to reach beside what was measured."""
    print(f"{'gateways':>8}  {'run':<28}{'seconds':>8}{'computed':>10}{'MB':>7}{'GETs':>7}{'writes':>8}")
    for gateways, rows in results.items():
        for row in rows:
            counts = f"{row.gets:>7}{row.writes:>8}" if row.gets or row.writes else ""
            memory = f"{row.megabytes:>7.0f}" if row.megabytes else ""
            print(f"{gateways:>8}  {row.name:<28}{row.seconds:>8.2f}{row.computed:>10.2f}{memory}{counts}")
    print()
    for gateways, rows in results.items():
        by_name = {row.name: row for row in rows}
        no_op, least = by_name["no-op run"], by_name["  floor: sum"]
        ratio, computed = no_op.seconds / least.seconds, no_op.computed / least.computed
        print(f"{gateways:>8}  no-op run / floor: {ratio:.2f}, computed {computed:.2f} (to reach: at most 2.5)")
        if gateways == 500:
            first = by_name["from nothing to converged"]
            print(f"{gateways:>8}  from nothing to converged: {first.seconds:.1f} s (to reach: at most 12 s)")
            peak = max(row.megabytes for row in rows if not row.name.startswith("  "))
            print(f"{gateways:>8}  peak memory: {peak:.0f} MB (to reach: under 200 MB)")
    if 500 in results and 2000 in results:
        for name in ("from nothing to converged", "no-op run"):
            few, many = (next(row for row in results[size] if row.name == name) for size in (500, 2000))
            growth = f"time × {many.seconds / few.seconds:.2f}, memory × {many.megabytes / few.megabytes:.2f}"
            print(f"500 → 2000  {name}: {growth} (to reach: at most × 4)")


def main() -> None:
    """Measure the requested sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateways", default="100,500,2000")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    # As pip leaves a package: without compiled modules every start would compile them again.
    compileall.compile_dir(str(Path(sync.__file__).parent), quiet=1)
    sizes = [int(size) for size in arguments.gateways.split(",")]
    print(
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, peak of this process "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB\n"
    )
    print_table({size: bench(size, arguments.repeat) for size in sizes})


if __name__ == "__main__":
    main()
