"""How fast the emulator is, so that no benchmark of the product measures the emulator instead.

    python tests/benchmarks/emulator_speed.py [--count 2000] [--connections 1]

The emulator runs in a process of its own, on one core, with its state in a file; plain `http.client` connections drive
it from this one. The last column is what the emulator promises. Where requests can be repeated, the fastest of three
rounds counts. `per core` is the same rate by the processor time that the emulator used: what other programs take from
its core does not count there, so on a busy machine it is the one to compare.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sync.emulator import Emulator

VERSION = "30.2.1"
GETS, CREATES = 1500, 500  # a second, on one core
ROUNDS = 3  # other programs disturb one round or the other
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of the table: what each client does `times` times between them; the fastest of some rounds counts."""

    title: str
    run: "Callable[[Client, int], None]"
    times: int
    promised: int | None = None
    rounds: int = 1  # what creates cannot be done twice


class Client:
    """One keep-alive connection that is logged in."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"X-Avi-Version": VERSION, "X-Avi-Tenant": "admin", "Content-Type": "application/json"}
        credentials = json.dumps({"username": "admin", "password": "emulator"})
        self._connection.request("POST", "/login", credentials, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        pairs = [value.partition(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"]
        cookies = dict(pair.split("=", 1) for pair in pairs)
        self._headers |= {
            "Cookie": "; ".join(pairs),
            "X-CSRFToken": cookies["csrftoken"],
            "Referer": f"http://127.0.0.1:{port}",
        }

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The decoded answer."""
        self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content) if content else None

    def fetch(self, path: str) -> None:
        """A GET whose body nobody looks at."""
        self._connection.request("GET", path, headers=self._headers)
        self._connection.getresponse().read()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="objects and requests per line")
    parser.add_argument("--connections", type=int, default=1, help="clients at once")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=serve, args=(theirs, str(Path(folder) / "state.sqlite")))
        process.start()
        try:
            measure(ours.recv(), arguments.count, arguments.connections, process.pid or 0)
        finally:
            ours.send("stop")
            process.join()


def serve(pipe: Connection, state: str) -> None:
    """The other process: an emulator until told to stop."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    seed = {"networks": [{"name": "vip-network", "subnets": ["10.0.0.0/16"]}]}
    with Emulator(state=state, seed=seed) as emulator:
        pipe.send(int(emulator.url.rpartition(":")[2]))
        pipe.recv()


def measure(port: int, count: int, connections: int, pid: int) -> None:
    """Each kind of request `count` times, as a line of the table."""
    clients = [Client(port) for _ in range(connections)]
    pool = {"servers": [{"ip": {"addr": "10.1.1.1", "type": "V4"}, "port": 8080}]}
    vip = {"vip_id": "0", "auto_allocate_ip": True}
    uuids: dict[int, str] = {}

    def create_pool(client: Client, index: int) -> None:
        uuids[index] = client.call("POST", "/api/pool", {"name": f"pool-{index}", **pool})["uuid"]

    def create_vsvip(client: Client, index: int) -> None:
        client.call("POST", "/api/vsvip", {"name": f"vsvip-{index}", "vip": [vip]})

    def create_virtual_service(client: Client, index: int) -> None:
        references = {"vsvip_ref": f"/api/vsvip?name=vsvip-{index}", "pool_ref": f"/api/pool?name=pool-{index}"}
        body = {"name": f"vs-{index}", "services": [{"port": 80}], **references}
        client.call("POST", "/api/virtualservice", body)

    def get_item(client: Client, index: int) -> None:
        client.fetch(f"/api/pool/{uuids[index]}")

    def get_page(client: Client, index: int) -> None:
        client.fetch(f"/api/pool?page_size={PAGE}&page={index % max(1, count // PAGE) + 1}&include_name=true")

    def put(client: Client, index: int) -> None:
        client.call("PUT", f"/api/pool/{uuids[index]}", {"name": f"pool-{index}", **pool})

    steps = (
        Step(title="create Pool", run=create_pool, times=count, promised=CREATES),
        Step(title="create VsVip, allocated", run=create_vsvip, times=count, promised=CREATES),
        Step(title="create VirtualService", run=create_virtual_service, times=count, promised=CREATES),
        Step(title="GET one Pool", run=get_item, times=count, promised=GETS, rounds=ROUNDS),
        Step(title=f"GET {PAGE} Pools, with names", run=get_page, times=max(1, count // 10), rounds=ROUNDS),
        Step(title="PUT Pool", run=put, times=count, rounds=ROUNDS),
    )
    print(f"{'request':<28}{'requests':>10}{'seconds':>10}{'per second':>12}{'per core':>12}{'promised':>10}")
    for step in steps:
        rounds = [timed(clients, step.run, step.times, pid) for _ in range(step.rounds)]
        seconds, used = min(one[0] for one in rounds), min(one[1] for one in rounds)
        rates = "".join(f"{step.times / one:>12,.0f}" if one else " " * 12 for one in (seconds, used))
        promised = f"{step.promised:,}" if step.promised else ""
        print(f"{step.title:<28}{step.times:>10,}{seconds:>10.2f}{rates}{promised:>10}")


def timed(clients: list[Client], step: Callable[[Client, int], None], times: int, pid: int) -> tuple[float, float]:
    """The seconds that all clients together need for `times` steps, and those that the emulator's process computed."""

    def work(number: int) -> None:
        for index in range(number, times, len(clients)):
            step(clients[number], index)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
    begin, used = time.perf_counter(), processor_seconds(pid)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin, processor_seconds(pid) - used


def processor_seconds(pid: int) -> float:
    """What a process has used of processors until now; 0 where only Linux would tell."""
    statistics = Path(f"/proc/{pid}/stat")
    if not statistics.exists():
        return 0.0
    fields = statistics.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
