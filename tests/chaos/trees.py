"""Random trees on random live states: what is planned is what is sent, and the second run plans nothing."""

import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sync.errors import ExitCode
from tests.chaos.lab import SETTINGS, Controller, Row, Runner, administrator, controller, state_of
from tests.shared.tree import Manifest, Tree, app, endpoints, load_balancer

NAMES = ("a", "b", "c", "d")
ADDRESSES = ("", "", "10.10.10.5", "10.10.10.6", "10.10.10.7")
FOREIGN = {"name": "test--shop-elsewhere", "description": "somebody else's"}
MOST = 150


def compare(folder: Path, chance: random.Random, deadline: float) -> Row:
    """Apply one random tree, edit and delete by hand, then apply another one."""
    row = Row("random states")
    number = 0
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        number += 1
        where = folder / f"tree{number}"
        tree = Tree.make(where / "repo", SETTINGS)
        runner = Runner(where, tree)
        with controller(where / "none") as found:
            tree.commit(**_random_tree(chance))
            runner.run(found)
            _interfere(found, chance)
            tree.commit(**{**dict.fromkeys(NAMES), **_random_tree(chance)}) if chance.random() < 0.8 else None
            _judge(row, runner, found)
    return row


def _random_tree(chance: random.Random) -> dict[str, list[Manifest]]:
    """Gateways and one LoadBalancer Service, some with the same address, some with a mistake."""
    found: dict[str, list[Manifest]] = {}
    for name in NAMES:
        address = chance.choice(ADDRESSES)
        if name == "d":
            found[name] = [load_balancer(name, address=address), endpoints(name, ports=(25,))]
        else:
            wrong = "other" if chance.random() < 0.15 else ""
            ports = chance.choice([(80,), (80, 443)])
            found[name] = app(name, address=address, ports=ports, label_name=wrong)
        if chance.random() < 0.3:
            found[name] = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "nothing"}}]
    return found


def _interfere(found: Controller, chance: random.Random) -> None:
    """Somebody edits, deletes what nothing refers to, and makes an object under a name of our form."""
    with administrator(found.url) as client:
        client.post("/api/pool", json=FOREIGN).raise_for_status()
        for body in client.get("/api/pool").raise_for_status().json()["results"]:
            if "markers" in body and chance.random() < 0.3:
                edited = {**body, "graceful_disable_timeout": chance.randrange(2, 9)}
                client.put(f"/api/pool/{body['uuid']}", json=edited).raise_for_status()
        for body in client.get("/api/virtualservice").raise_for_status().json()["results"]:
            if chance.random() < 0.2:
                client.delete(f"/api/virtualservice/{body['uuid']}").raise_for_status()


def _judge(row: Row, runner: Runner, found: Controller) -> None:
    foreign = state_of(found.url).foreign
    found.interposer.seen.clear()
    first = runner.run(found)
    if first.code == ExitCode.REFUSED and not found.writes():  # nobody would be left: whoever has read that may mean it
        _, _, permit = first.document["refusals"][0]["fix"].partition(": ")
        first = runner.run(found, *permit.split())
    sent = sorted(_as_planned(request) for request in found.writes())
    found.interposer.seen.clear()
    second = runner.run(found)
    row.tried += 1
    row.foreign += state_of(found.url).foreign != foreign
    planned = sorted(_planned(first.document)) if first.code in (0, 5) else ["no plan"]
    if sent != planned:
        row.notes.append(f"planned {planned}, sent {sent}")
    if found.writes() or second.code not in (0, 5) or second.document["changes"]:
        row.notes.append(
            f"the second run ({second.code}) plans {second.document['changes']} after {first.err}{first.out}"
        )
    else:
        row.converged += 1


def _planned(document: Mapping[str, Any]) -> list[str]:
    return [
        f"{write['method']} {write['kind'].lower()}" for item in document["change_sets"] for write in item["writes"]
    ]


def _as_planned(request: str) -> str:
    method, _, path = request.partition(" ")
    return f"{method} {path.split('/')[2]}"
