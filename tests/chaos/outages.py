"""Trees that would drain everybody without deleting anything, and edits on the Controller before a plain run."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sync.errors import ExitCode
from tests.chaos.lab import SETTINGS, Controller, Row, Runner, administrator, controller, state_of
from tests.shared.tree import Manifest, Tree, app, endpoints, load_balancer

MOST = 60
POOL_OFF = """{"enabled": false, "servers": [{% for server in spec.servers %}
  {"ip": {"addr": {{ server.address }}, "type": {{ server.family }}}, "port": {{ server.port }}}
  {% if not loop.last %},{% endif %}{% endfor %}]}
"""
SERVICE_OFF = """{"{{ field }}": false, "vsvip_ref": {{ ref("vsvip", spec.vsvip) }},
  "services": [{% for port in spec.ports %}{"port": {{ port.port }}}{% if not loop.last %},{% endif %}{% endfor %}],
  "l4_policies": [{"index": 0, "l4_policy_set_ref": {{ ref("l4policyset", spec.policy_set) }}}]}
"""

Files = dict[str, list[Manifest] | str | None]

REFUSED = frozenset({ExitCode.REFUSED})

OPTIONS: tuple[tuple[tuple[str, ...], frozenset[ExitCode]], ...] = (
    ((), REFUSED),
    (("--policy", "upsert-only"), REFUSED),
    (("--no-replace",), REFUSED | {ExitCode.HELD_OR_FAILED}),
)
"""Options of a run, each with the codes by which it refuses a drain: `--no-replace` holds a lost name by itself."""


@contextmanager
def _served(where: Path) -> Iterator[tuple[Tree, Runner, Controller]]:
    """A Controller of its own that serves the whole tree."""
    tree = Tree.make(where / "repo", SETTINGS)
    runner = Runner(where, tree)
    with controller(where / "none") as found:
        tree.write(_served_by_all())
        tree.commit()
        runner.run(found)
        yield tree, runner, found


def drain(folder: Path, chance: random.Random, deadline: float) -> Row:
    """Endpoints turn not ready, an L4Rule or a template turns off what a protected owner needs: nothing is written."""
    row = Row("drains by readiness, L4Rule and template")
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        with _served(folder / f"drain{row.tried}") as (tree, runner, found):
            before = _serving(found)
            way = chance.choice([_unready, _ruled, _templated])
            tree.write(way(chance))
            tree.commit()
            found.interposer.seen.clear()
            options, refusals = chance.choice(OPTIONS)
            ended = runner.run(found, "sync", *options)
            row.tried += 1
            row.lost += not _holds(_serving(found), before)
            if ended.code not in refusals or found.writes():
                row.notes.append(f"{way.__name__}: ended with {ended.code} after {found.writes()}: {ended.err[-300:]}")
            else:
                row.converged += 1
    return row


def edit(folder: Path, chance: random.Random, deadline: float) -> Row:
    """Somebody edits anything of ours, then a plain run comes: whatever serves still does, and nothing else changes."""
    row = Row("edits on the Controller before a plain run")
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        with _served(folder / f"edit{row.tried}") as (_, runner, found):
            edits = chance.sample(EDITS, chance.choice([1, 2]))
            with administrator(found.url) as client:
                for one in edits:
                    one(client, chance)
            before, foreign = _serving(found), state_of(found.url).foreign
            ended = runner.run(found)
            row.tried += 1
            row.lost += not _holds(_serving(found), before)
            row.foreign += state_of(found.url).foreign != foreign
            if ended.code not in (ExitCode.DONE, ExitCode.HELD_OR_FAILED):
                row.notes.append(f"{[one.__name__ for one in edits]}: ended with {ended.code}: {ended.err[-300:]}")
            else:
                row.converged += 1
    return row


# --- trees ------------------------------------------------------------------------------------------------------------


def _protected(manifests: list[Manifest]) -> list[Manifest]:
    first, *rest = manifests
    marked = {**first["metadata"], "annotations": {"avi-sync/protect": "true", "ako.vmware.com/l4rule": "rule"}}
    return [{**first, "metadata": marked}, *rest]


def _served_by_all(*, enabled: bool = True) -> Files:
    """Three Gateways and a LoadBalancer Service with an L4Rule, all protected."""
    rule = {
        "apiVersion": "ako.vmware.com/v1alpha2",
        "kind": "L4Rule",
        "metadata": {"name": "rule", "namespace": "shop"},
        "spec": {"backendProperties": [{"port": 25, "protocol": "TCP", "enabled": enabled}]},
    }
    mail = _protected([load_balancer("mail"), endpoints("mail", ports=(25,))])
    return {**{f"{name}.yaml": _protected(app(name)) for name in "abc"}, "mail.yaml": [*mail, rule]}


def _unready(chance: random.Random) -> Files:
    name = chance.choice("abc")
    *rest, ends = _protected(app(name))
    unready = [{**end, "conditions": {"ready": False}} for end in ends["endpoints"]]
    return {f"{name}.yaml": [*rest, {**ends, "endpoints": unready}]}


def _ruled(chance: random.Random) -> Files:
    del chance
    return _served_by_all(enabled=False)


def _templated(chance: random.Random) -> Files:
    field = chance.choice(["enabled", "traffic_enabled"])
    return chance.choice(
        [
            {"templates/pool.json.j2": POOL_OFF},
            {"templates/virtualservice.json.j2": SERVICE_OFF.replace("{{ field }}", field)},
        ]
    )


# --- edits ------------------------------------------------------------------------------------------------------------


def _change(client: httpx.Client, kind: str, which: str, **fields: Any) -> None:
    found = client.get(f"/api/{kind}", params={"name": which})
    (body,) = found.raise_for_status().json()["results"]
    client.put(f"/api/{kind}/{body['uuid']}", json=body | fields).raise_for_status()


def _other_group(client: httpx.Client, chance: random.Random) -> None:
    name = f"test--shop-{chance.choice('abc')}"
    _change(client, "virtualservice", name, se_group_ref="/api/serviceenginegroup?name=other")


def _renamed_vip(client: httpx.Client, chance: random.Random) -> None:
    _change(client, "vsvip", f"test--shop-{chance.choice('ab')}", name="renamed")


def _name_by_hand(client: httpx.Client, chance: random.Random) -> None:
    _change(client, "vsvip", f"test--shop-{chance.choice(['c', 'mail'])}", dns_info=[{"fqdn": "hand.avi.internal"}])


def _servers_by_hand(client: httpx.Client, chance: random.Random) -> None:
    name = chance.choice("abc")
    servers = [{"ip": {"addr": f"192.0.2.{n}", "type": "V4"}, "port": 8080} for n in range(50, 59)]
    _change(client, "pool", f"test--shop-{name}-svc-{name}-TCP-80", servers=servers)


def _servers_taken(client: httpx.Client, chance: random.Random) -> None:
    name = chance.choice("abc")
    _change(client, "pool", f"test--shop-{name}-svc-{name}-TCP-80", servers=[])


def _harmless(client: httpx.Client, chance: random.Random) -> None:
    _change(client, "virtualservice", f"test--shop-{chance.choice('abc')}", description="by hand")


EDITS: list[Callable[[httpx.Client, random.Random], None]] = [
    _other_group, _renamed_vip, _name_by_hand, _servers_by_hand, _servers_taken, _harmless,
]  # fmt: skip


# --- what serves ------------------------------------------------------------------------------------------------------

Serving = Mapping[str, tuple[int, frozenset[str], str]]
"""VirtualService → servers that get traffic, addresses and names, Service Engine group."""


def _serving(found: Controller) -> Serving:
    with administrator(found.url) as client:
        bodies = {
            body["uuid"]: body
            for kind in ("vsvip", "pool", "l4policyset", "virtualservice")
            for body in client.get(f"/api/{kind}", params={"page_size": 200}).raise_for_status().json()["results"]
        }

    def at(reference: str) -> Mapping[str, Any]:
        body: Mapping[str, Any] = bodies[reference.rpartition("/")[2].partition("#")[0]]
        return body

    serving = {}
    for body in bodies.values():
        if "vsvip_ref" in body:
            rules = [at(one["l4_policy_set_ref"])["l4_connection_policy"]["rules"] for one in body["l4_policies"]]
            pools = [at(rule["action"]["select_pool"]["pool_ref"]) for one in rules for rule in one]
            is_on = body.get("enabled", True) and body.get("traffic_enabled", True)
            number = sum(_enabled(pool) for pool in pools) if is_on else 0
            vip = at(body["vsvip_ref"])
            addresses = {one["ip_address"]["addr"] for one in vip["vip"]}
            names = {one["fqdn"] for one in vip.get("dns_info", ())}
            serving[body["name"]] = (number, frozenset(addresses | names), body["se_group_ref"])
    return serving


def _enabled(pool: Mapping[str, Any]) -> int:
    servers = pool.get("servers", ()) if pool.get("enabled", True) else ()
    return sum(server.get("enabled", True) for server in servers)


def _holds(now: Serving, before: Serving) -> bool:
    """Whether nobody has lost servers, an address, a name or its Service Engine group."""
    return all(
        name in now and now[name][0] >= number and places <= now[name][1] and now[name][2] == group
        for name, (number, places, group) in before.items()
    )
