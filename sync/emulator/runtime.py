"""The state of objects, for the runtime and inventory endpoints.

The emulator carries no traffic: what is complete counts as up. The paths and the shape of an inventory entry are
documented (swagger 30.2.1; inventory guide), the states are inferred.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.allocation import addresses_of
from sync.emulator.schema import Body
from sync.emulator.services import users_of
from sync.emulator.store import Entry, Store, reference
from sync.emulator.vsvip import DISCOVERED, PUBLIC_CLOUDS

UP, DOWN, DISABLED, UNUSED = "OPER_UP", "OPER_DOWN", "OPER_DISABLED", "OPER_UNUSED"
RUNTIME = "runtime"
DETAIL = "detail"
INVENTORY = "-inventory"
# Types with an inventory (API guide); those without a state of their own are up.
INVENTORIED = frozenset(
    {"cloud", "network", "pool", "poolgroup", "serviceenginegroup", "virtualservice", "vsvip", "vrfcontext"}
)
HEALTHY = 100.0


def oper_state(store: Store, entry: Entry) -> str:
    """The operational state of an object."""
    state = STATES.get(entry.path)
    return state(store, entry) if state is not None else UP


def runtime_body(store: Store, entry: Entry) -> Body:
    """What `…/runtime` answers, and what `join_subresources=runtime` adds to an object."""
    reasons = _reasons(store, entry)
    status = {"state": oper_state(store, entry), **({"reason": reasons} if reasons else {})}
    body: Body = {"oper_status": status}
    describe = DETAILS.get(entry.path)
    return {**body, **describe(store, entry)} if describe is not None else body


def inventory_extras(store: Store, entry: Entry) -> Body:
    """What stands beside `config` and `uuid` in an inventory entry."""
    is_up = oper_state(store, entry) == UP
    extras: Body = {
        "runtime": runtime_body(store, entry),
        "health_score": {"health_score": HEALTHY if is_up else 0.0},
        "alert": {"low": 0, "medium": 0, "high": 0},
        "metrics": {},
    }
    if entry.path in ("pool", "poolgroup"):
        extras["virtualservices"] = [reference(user.path, user.uuid) for user in users_of(store, entry)]
    if entry.path == "virtualservice":
        extras["pools"] = [reference(pool.path, pool.uuid) for pool in _pools_behind(store, entry)]
    return extras


def inventory_config(store: Store, entry: Entry) -> Body:
    """What the `config` of an inventory entry has beside the object: a VirtualService's VIPs (seen in a script)."""
    vsvip = entry.body.get("vsvip_ref") if entry.path == "virtualservice" else None
    return {"vip": store.entry(vsvip).body.get("vip", [])} if vsvip else {}


def _virtual_service_state(store: Store, entry: Entry) -> str:
    """Up if it is enabled, has an address, and refers to no pool or to one that is up."""
    body = entry.body
    if not body.get("enabled", True):
        return DISABLED
    if "vsvip_ref" not in body or _reasons(store, entry):
        return DOWN
    pools = _pools_behind(store, entry)
    return UP if not pools or any(_has_server(pool) for pool in pools) else DOWN


def _vsvip_state(store: Store, entry: Entry) -> str:
    return DOWN if _reasons(store, entry) else UP


def _reasons(store: Store, entry: Entry) -> list[str]:
    """Why an object is down: its VIPs for which no network is known any more (reported: AKO pull request 1027)."""
    reference = entry.body.get("vsvip_ref") if entry.path == "virtualservice" else None
    vsvip = store.entry(reference) if reference else entry
    if vsvip.path != "vsvip" or _is_public(store, vsvip):
        return []
    return [
        f"No network/subnet matched Virtual Service IP {', '.join(map(str, addresses_of(vip)))}"
        for vip in vsvip.body.get("vip", ())
        if vip["avi_allocated_vip"] and DISCOVERED not in vip and "placement_networks" not in vip
    ]


def _is_public(store: Store, entry: Entry) -> bool:
    cloud = store.get("cloud", entry.cloud or "")
    return cloud is not None and cloud.body["vtype"] in PUBLIC_CLOUDS


def _pool_state(store: Store, entry: Entry) -> str:
    if not entry.body.get("enabled", True):
        return DISABLED
    if not store.referrers(entry):
        return UNUSED
    return UP if _has_server(entry) else DOWN


def _group_state(store: Store, entry: Entry) -> str:
    if not store.referrers(entry):
        return UNUSED
    return UP if any(_has_server(pool) for pool in _pools_behind(store, entry)) else DOWN


def _has_server(pool: Entry) -> bool:
    return pool.body.get("enabled", True) and any(server["enabled"] for server in pool.body.get("servers", ()))


def _pools_behind(store: Store, entry: Entry) -> list[Entry]:
    """The pools that an object refers to, by way of groups and policies too."""
    found: dict[str, Entry] = {}
    waiting, seen = [entry], {entry.key}
    while waiting:
        for key in sorted(waiting.pop().refers_to - seen):
            path, _, uuid = key.partition("/")
            target = store.get(path, uuid)
            seen.add(key)
            if target is not None and path == "pool":
                found[key] = target
            elif target is not None and path in ("poolgroup", "l4policyset"):
                waiting.append(target)
    return list(found.values())


def _virtual_service_details(store: Store, entry: Entry) -> Body:
    """A summary per VIP (seen in a script that reads `runtime.vip_summary`)."""
    is_up = oper_state(store, entry) == UP
    reference = entry.body.get("vsvip_ref")
    vips = store.entry(reference).body.get("vip", ()) if reference else ()
    summary = [
        {
            "vip_id": vip["vip_id"],
            "oper_status": {"state": UP if is_up else DOWN},
            "num_se_requested": 1,
            "num_se_assigned": int(is_up),
            "percent_ses_up": 100 if is_up else 0,
            "service_engine": [],
        }
        for vip in vips
    ]
    return {"vip_summary": summary}


def _pool_details(_store: Store, entry: Entry) -> Body:
    servers: list[Any] = entry.body.get("servers", [])
    enabled = sum(server["enabled"] for server in servers)
    return {"num_servers": len(servers), "num_servers_enabled": enabled, "num_servers_up": enabled}


STATES: Mapping[str, Callable[[Store, Entry], str]] = {
    "pool": _pool_state,
    "poolgroup": _group_state,
    "virtualservice": _virtual_service_state,
    "vsvip": _vsvip_state,
}
DETAILS: Mapping[str, Callable[[Store, Entry], Body]] = {
    "pool": _pool_details,
    "virtualservice": _virtual_service_details,
}
