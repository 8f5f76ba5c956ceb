"""What survives: restarts, kills, failures and many clients at once."""

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator, StateError

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]
SEED = {"networks": [{"name": "net", "subnets": ["10.1.0.0/24"]}], "tenants": ["blue"], "assume_exists": True}


def everything(api: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    """All objects of the kinds that tests write, without the host."""
    kinds = ("pool", "vsvip", "virtualservice", "network", "tenant", "cloud")
    return {kind: api.get(f"/api/{kind}?page_size=200").text.replace(emulator.url, "") for kind in kinds}


def test_state_survives_a_restart(start: Start, log_in: LogIn, tmp_path: Path) -> None:
    """Objects, addresses, uuids and the seed's facts are the same after a restart; a later seed is ignored."""
    state = tmp_path / "deep" / "state.sqlite"
    first = start(state=state, seed=SEED)
    api = log_in(first, tenant="*")
    writer = log_in(first)
    writer.post("/api/pool", json={"name": "p"}).raise_for_status()
    writer.post("/api/vsvip", json={"name": "v", "vip": [{"auto_allocate_ip": True}]}).raise_for_status()
    token = writer.post("/api/user-token", json={"hours": 1}).json()["token"]
    before = everything(api, first)
    first.stop()

    second = start(state=state, seed={"tenants": ["other"]})
    after = everything(log_in(second, tenant="*"), second)
    again = log_in(second)
    vsvip = again.post("/api/vsvip", json={"name": "w", "vip": [{"auto_allocate_ip": True}]}).json()

    assert before == after
    assert vsvip["vip"][0]["ip_address"]["addr"] == "10.1.0.3"
    assert again.get("/api/healthmonitor?name=assumed").json()["count"] == 1
    assert httpx.post(f"{second.url}/login", json={"username": "admin", "token": token}).status_code == 200


def serve(pipe: Connection, state: str) -> None:
    """An emulator in a process of its own, until it is killed."""
    with Emulator(state=state, seed=SEED) as emulator:
        pipe.send(emulator.url)
        pipe.recv()


def test_acknowledged_writes_survive_a_kill(start: Start, log_in: LogIn, tmp_path: Path) -> None:
    """After SIGKILL in the middle of writing, everything that was answered 201 is there, and nothing is half there."""
    state = str(tmp_path / "state.sqlite")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, state))
    process.start()
    url, made = ours.recv(), []
    with httpx.Client(base_url=url) as client:
        client.post("/login", json={"username": "admin", "password": "emulator"})
        client.headers.update({"X-CSRFToken": client.cookies["csrftoken"], "Referer": url, "X-Avi-Version": "30.2.1"})
        for number in range(30):
            body = {"name": f"v{number}", "vip": [{"auto_allocate_ip": True}]}
            made.append(client.post("/api/vsvip", json=body).json()["uuid"])
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    found = log_in(start(state=state)).get("/api/vsvip?page_size=200").json()

    assert made == [one["uuid"] for one in found["results"]]
    assert len({one["vip"][0]["ip_address"]["addr"] for one in found["results"]}) == 30


def test_state_file_belongs_to_one_emulator(start: Start, tmp_path: Path) -> None:
    """A second emulator on a state file is refused while the first one runs; so is a file of another kind."""
    state = tmp_path / "state.sqlite"
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be looked at as one\n" * 99)
    start(state=state)

    for file in (state, text):
        with pytest.raises(StateError, match="fix: "):
            start(state=file)


def test_failed_start_leaves_nothing_behind(start: Start, log_in: LogIn, tmp_path: Path) -> None:
    """A seed that fails while it is applied leaves an empty state, to which another seed can be applied."""
    state = tmp_path / "state.sqlite"
    with pytest.raises(ValueError, match="already exists"):
        start(state=state, seed={"tenants": ["a", "a"]})

    with sqlite3.connect(state) as database:
        rows = database.execute("SELECT count(*) FROM objects").fetchone()
    database.close()

    assert rows == (0,)
    assert log_in(start(state=state, seed={"tenants": ["a"]})).get("/api/tenant").json()["count"] == 2


def test_refused_request_leaves_nothing_behind(start: Start, log_in: LogIn) -> None:
    """What a request made on its way is gone if the request is refused: assumed objects, addresses, names."""
    api = log_in(start(seed=SEED))
    before = api.get("/api/healthmonitor").json()["count"]
    references = {"health_monitor_refs": ["/api/healthmonitor?name=new"], "ssl_profile_ref": "/api/ssl/nonsense/"}

    refused = api.post("/api/pool", json={"name": "p", **references})
    vip = [{"vip_id": "0", "auto_allocate_ip": True}, {"vip_id": "1", "ip_address": {"addr": "x", "type": "V4"}}]
    unallocated = api.post("/api/vsvip", json={"name": "v", "vip": vip})
    free = api.post("/api/vsvip", json={"name": "v", "vip": vip[:1]}).json()

    assert (refused.status_code, unallocated.status_code) == (400, 400)
    assert before == api.get("/api/healthmonitor").json()["count"]
    assert free["vip"][0]["ip_address"]["addr"] == "10.1.0.2"


def test_concurrent_writers_keep_the_laws(start: Start, log_in: LogIn, tmp_path: Path) -> None:
    """Eight clients that write at once leave unique names and addresses and no dangling reference."""
    state = tmp_path / "state.sqlite"
    emulator = start(state=state, seed=SEED)
    clients = [log_in(emulator) for _ in range(8)]
    answers: list[list[int]] = [[] for _ in clients]

    def work(number: int) -> None:
        api, seen = clients[number], answers[number]
        for turn in range(12):
            name = f"n{turn}"  # the same for all: who comes second is refused
            vsvip = api.post("/api/vsvip", json={"name": name, "vip": [{"auto_allocate_ip": True}]})
            pool = api.post("/api/pool", json={"name": f"{name}-{number}"}).json()
            body = {"name": f"{name}-{number}", "pool_ref": pool["url"], "vsvip_ref": f"/api/vsvip?name={name}"}
            made = api.post("/api/virtualservice", json={**body, "services": [{"port": 1000 + number}]})
            change = api.put(f"/api/pool/{pool['uuid']}", json={"name": pool["name"], "default_server_port": 1 + turn})
            guarded = api.delete(f"/api/pool/{pool['uuid']}")
            gone = api.delete(f"/api/virtualservice/{made.json()['uuid']}") if turn % 2 else made
            seen += [answer.status_code for answer in (vsvip, made, change, guarded, gone)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    firsts = [seen[0::5] for seen in answers]
    assert [sorted(statuses) for statuses in zip(*firsts, strict=True)] == [[201] + [409] * 7] * 12
    assert {status for seen in answers for status in seen} == {200, 201, 204, 403, 409}
    before = check_laws(clients[0], emulator)
    emulator.stop()
    again = start(state=state)
    assert before == check_laws(log_in(again), again)


def check_laws(api: httpx.Client, emulator: Emulator) -> dict[str, Any]:
    """Everything stored, after checking that names and addresses are unique and references lead somewhere."""
    lists = {kind: api.get(f"/api/{kind}?page_size=200").json() for kind in ("pool", "vsvip", "virtualservice")}
    urls = {one["url"] for page in lists.values() for one in page["results"]}
    for page in lists.values():
        names = [one["name"] for one in page["results"]]
        assert len(set(names)) == len(names) == page["count"]
    addresses = [one["vip"][0]["ip_address"]["addr"] for one in lists["vsvip"]["results"]]
    assert len(set(addresses)) == len(addresses)
    for service in lists["virtualservice"]["results"]:
        assert {service["pool_ref"], service["vsvip_ref"]} <= urls
    return everything(api, emulator)
