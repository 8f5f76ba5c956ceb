"""`_last_modified` as a guard: what a lock that is kept in an object can rely on, with many clients at once."""

import itertools
import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator
from sync.emulator.store import Store

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]
CLIENTS = 8
STALE = {"error": "Need to reload object data StringGroup"}


@pytest.fixture
def clients(emulator: Emulator, log_in: LogIn) -> list[httpx.Client]:
    """Several clients of one Controller."""
    return [log_in(emulator) for _ in range(CLIENTS)]


def at_once(clients: list[httpx.Client], work: Callable[[httpx.Client, int], None]) -> None:
    """Let each client do the work in a thread of its own, all beginning together."""
    together = threading.Barrier(len(clients))

    def begin(client: httpx.Client, number: int) -> None:
        together.wait()
        work(client, number)

    threads = [threading.Thread(target=begin, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def group(**entries: str) -> dict[str, Any]:
    """A StringGroup that maps keys to values."""
    kv = [{"key": key, "value": value} for key, value in entries.items()]
    return {"name": "lock", "type": "SG_TYPE_KEYVAL", "kv": kv}


def counted(body: dict[str, Any]) -> int:
    """The number that a group holds."""
    return int(body["kv"][0]["value"])


def test_one_of_several_creates_wins(clients: list[httpx.Client]) -> None:
    """Of clients that create the same name at once one gets 201, and all others 409."""
    seen: list[list[int]] = []

    for turn in range(5):
        statuses: list[int] = []
        body = {**group(), "name": f"lock-{turn}"}
        at_once(clients, lambda api, _n, b=body, s=statuses: s.append(api.post("/api/stringgroup", json=b).status_code))  # type: ignore[misc]  # a lambda's defaults have no types
        seen.append(sorted(statuses))

    assert seen == [[201] + [409] * (CLIENTS - 1)] * 5


def test_no_update_is_lost(clients: list[httpx.Client]) -> None:
    """Clients that count in one object, each with the `_last_modified` that it read, lose no count and see no tie."""
    path = f"/api/stringgroup/{clients[0].post('/api/stringgroup', json=group(count='0')).json()['uuid']}"
    written: list[tuple[int, int]] = []  # `_last_modified` and the number, of each PUT that was taken
    refused: list[object] = []

    def count_to_five(api: httpx.Client, _number: int) -> None:
        done = 0
        while done < 5:
            live = api.get(path).json()
            answer = api.put(path, json={**live, **group(count=str(counted(live) + 1))})
            if answer.status_code == 200:
                written.append((int(answer.json()["_last_modified"]), counted(answer.json())))
                done += 1
            else:
                refused.append((answer.status_code, answer.json()))

    at_once(clients, count_to_five)

    assert [number for _, number in sorted(written)] == list(range(1, 5 * CLIENTS + 1))
    assert len({moment for moment, _ in written}) == len(written)
    assert all(answer == (412, STALE) for answer in refused)


def test_stale_put_changes_nothing_however_wrong_it_is(api: httpx.Client) -> None:
    """An older `_last_modified` is 412 before anything else of the body is looked at; so is one from the future."""
    first = api.post("/api/stringgroup", json=group(holder="a")).json()
    path = f"/api/stringgroup/{first['uuid']}"
    second = api.put(path, json={**first, **group(holder="b")}).json()

    answers = [
        api.put(path, json={**first, **group(holder="c")}),
        api.put(path, json={"_last_modified": first["_last_modified"], "name": 7}),
        api.put(path, json={**second, "_last_modified": str(int(second["_last_modified"]) + 1)}),
        api.put(path, json={**second, "_last_modified": int(first["_last_modified"])}),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(412, STALE)] * 4
    assert api.get(f"{path}?include_name").json() == second


def test_object_of_a_former_life_is_gone(api: httpx.Client) -> None:
    """A name that was deleted and made again is another object: a PUT to the former one is 404."""
    former = api.post("/api/stringgroup", json=group()).json()
    api.delete(f"/api/stringgroup/{former['uuid']}")
    api.post("/api/stringgroup", json=group()).raise_for_status()

    assert api.put(f"/api/stringgroup/{former['uuid']}", json=former).status_code == 404


def test_moments_grow_faster_than_the_clock() -> None:
    """Writes within one microsecond get different moments, in order."""
    store = Store(None)

    moments = [int(store.next_last_modified()) for _ in range(20_000)]

    store.close()
    assert all(earlier < later for earlier, later in itertools.pairwise(moments))


def test_moments_grow_over_a_restart_with_an_earlier_clock(start: Start, log_in: LogIn, tmp_path: Path) -> None:
    """An object that was written in what is now the future is newer still after the next write."""
    state = tmp_path / "state.sqlite"
    emulator = start(state=state)
    body = log_in(emulator).post("/api/stringgroup", json=group()).json()
    emulator.stop()
    future = str(int(body["_last_modified"]) + 3_600_000_000)
    with sqlite3.connect(state) as database:
        key = f"stringgroup/{body['uuid']}"
        (text,) = database.execute("SELECT body FROM objects WHERE key = ?", (key,)).fetchone()
        text = json.dumps({**json.loads(text), "_last_modified": future})
        database.execute("UPDATE objects SET body = ? WHERE key = ?", (text, key))
    database.close()
    api = log_in(start(state=state))

    written = api.put(f"/api/{key}", json=group())

    assert int(written.json()["_last_modified"]) > int(future)


def test_group_keeps_its_entries_in_order(api: httpx.Client) -> None:
    """A StringGroup has its defaults, keeps key and value of each entry, and needs a key in each."""
    made = api.post("/api/stringgroup", json=group(zebra="1", ant="2")).json()
    refused = api.post("/api/stringgroup", json={"name": "x", "type": "SG_TYPE_KEYVAL", "kv": [{"value": "1"}]})
    plain = api.post("/api/stringgroup", json={"name": "y", "type": "SG_TYPE_STRING", "kv": [{"key": "text"}]})

    assert made["kv"] == [{"key": "zebra", "value": "1"}, {"key": "ant", "value": "2"}]
    assert made["longest_match"] is False
    assert (refused.status_code, plain.status_code) == (400, 201)
