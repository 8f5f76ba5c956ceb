"""What it costs to follow a large cluster: 5,000 EndpointSlices and 1,000 Nodes, read, planned, nothing to do.

usage: python -m tests.benchmarks.cluster [--repeat 3]

The tree has 500 Gateways with two Services of `externalTrafficPolicy: Local` each, so that every slice and every Node
counts. Whole processes of the command line are measured, with and without a cluster (`SyncSettings.backends`), each
against an emulator of its own in another process; both runs have nothing to do. The API server is a process of its own,
too, and serves packed pages that it has made beforehand.

The read alone (`sync.cluster.read`) is compared with a raw download: a bare httpx client gets the same pages over the
same TLS, unpacks them, loads each with `json.loads`, and keeps nothing. `computed` is the processor time of a process:
on a machine that does other things at the same time it is what can be compared, `seconds` is not.
"""

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sync
from tests.benchmarks import trees
from tests.benchmarks.run import Row, command_line, emulator, measured

GATEWAYS, NODES = 500, 1000
MOST_TIMES, MOST_MEGABYTES = 1.5, 120

DOWNLOAD = """
import httpx, json, ssl, sys
from pathlib import Path
file = Path(sys.argv[1])
server = json.loads(file.read_text())["clusters"][0]["cluster"]["server"]
context = ssl.create_default_context(cafile=file.parent / "ca.pem")
with httpx.Client(base_url=server, verify=context, headers={"Authorization": "Bearer bench-token"}) as client:
    for path in ("/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/nodes"):
        query = {"limit": 500}
        while query:
            page = json.loads(client.get(path, params=query).raise_for_status().content)
            token = page["metadata"].get("continue")
            query = {"limit": 500, "continue": token} if token else {}
"""
IMPORTED = "import httpx, json, ssl, sys"
READ = """
import sys
from pathlib import Path
from sync.cluster.client import ClusterClient
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.read import read_cluster
from sync.model.cluster import ClusterNeeds
from sync.timing import Timing
from tests.benchmarks import trees
if len(sys.argv) > 1:
    names = (("svc-%d-%d" % (number, port), number) for number in range(int(sys.argv[2])) for port in (80, 443))
    needs = ClusterNeeds(services=frozenset((trees.namespace_of(number), name) for name, number in names), nodes=True)
    with ClusterClient(read_kubeconfig((Path(sys.argv[1]),)), timing=Timing()) as client:
        state = read_cluster(client, "large", needs)
    if (len(state.slices), len(state.nodes), state.unread) != (10 * int(sys.argv[2]), int(sys.argv[3]), ()):
        sys.exit("not everything was read: %s" % (state.unread,))
"""


@contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """The large cluster in a process of its own: its kubeconfig."""
    command = [sys.executable, "-m", "tests.benchmarks.cluster_pages", str(folder), str(GATEWAYS), str(NODES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        kubeconfig = Path((process.stdout.readline() if process.stdout else "").strip())
        try:
            yield kubeconfig
        finally:
            process.terminate()


def no_op(name: str, folder: Path, values: str, kubeconfig: Path | None, repeat: int) -> Row:
    """A run that has nothing to do, after one that has made everything."""
    with emulator(folder) as (url, log):
        source = folder / "repo"
        trees.make(source, GATEWAYS, values, policy="Local")
        environment = os.environ | {
            "SYNC_SOURCE": f"file://{source}",
            "SYNC_CONTROLLER": url,
            "SYNC_PASSWORD": "emulator",
            "SYNC_CACHE_DIR": str(folder / "cache"),
            "SYNC_STATE_DIR": str(folder / "state"),
        }
        if kubeconfig is not None:
            environment["SYNC_KUBECONFIG"] = str(kubeconfig)
        run = [*command_line(), "sync"]
        measured(name, run, environment, log)
        found = measured(name, run, environment, log, repeat)
        if found.writes:
            sys.exit(f"{name}: {found.writes} writes, and there should be nothing to do")
        return found


def bench(repeat: int) -> list[Row]:
    """All rows."""
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as kubeconfig:
        folder = Path(name)
        for each in ("without", "with"):
            (folder / each).mkdir()
        return [
            no_op("no-op run without cluster", folder / "without", trees.VALUES, None, repeat),
            no_op("no-op run with cluster", folder / "with", trees.FOLLOWING, kubeconfig, repeat),
            alone("  read of the cluster", READ, READ, kubeconfig, repeat),
            alone("  raw download", DOWNLOAD, IMPORTED, kubeconfig, repeat),
        ]


def alone(name: str, program: str, imports: str, kubeconfig: Path, repeat: int) -> Row:
    """A program of its own, less the start of the interpreter and of the libraries."""
    log = kubeconfig.parent / "no requests"
    start = measured(name, [sys.executable, "-c", imports], dict(os.environ), log, repeat)
    command = [sys.executable, "-c", program, str(kubeconfig), str(GATEWAYS), str(NODES)]
    found = measured(name, command, dict(os.environ), log, repeat)
    return replace(found, seconds=found.seconds - start.seconds, computed=found.computed - start.computed)


def print_table(rows: list[Row]) -> None:
    """The table, and the figures to reach beside what was measured."""
    print(f"{'':<28}{'seconds':>8}{'computed':>10}{'MB':>7}")
    for row in rows:
        print(f"{row.name:<28}{row.seconds:>8.2f}{row.computed:>10.2f}{row.megabytes:>7.0f}")
    without, following, read, raw = rows
    ratios = f"{read.seconds / raw.seconds:.2f}, computed {read.computed / raw.computed:.2f}"
    print(f"\nread / raw download: {ratios} (to reach: at most {MOST_TIMES})")
    seconds, computed = following.seconds - without.seconds, following.computed - without.computed
    print(f"what the cluster and the servers of {2 * GATEWAYS} pools add: {seconds:.2f} s, computed {computed:.2f} s")
    megabytes = following.megabytes - without.megabytes
    print(f"what they add in memory: {megabytes:.0f} MB (to reach: under {MOST_MEGABYTES} MB)")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    compileall.compile_dir(str(Path(sync.__file__).parent), quiet=1)
    print_table(bench(arguments.repeat))


if __name__ == "__main__":
    main()
