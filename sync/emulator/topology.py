"""The objects that carry traffic and how they hang together, as the page draws them."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from sync.emulator.listeners import listeners_of
from sync.emulator.runtime import oper_state
from sync.emulator.seed import Facts
from sync.emulator.store import Entry, Store


class Topology:
    """Reads a store."""

    def __init__(self, store: Store, facts: Facts) -> None:
        self._store = store
        self._facts = facts

    @property
    def number(self) -> int:
        """Another one whenever something was written."""
        return self._store.changes

    def as_json(self) -> dict[str, Any]:
        """VirtualServices with the uuids of their VsVip and, per port, their pools; VsVips; pools; counts by type."""
        with self._store.lock:
            return {
                "number": self.number,
                "controller": {"version": self._facts.version, "license": self._facts.license},
                "counts": {path: len(self._store.all(path)) for path in self._store.paths()},
                "virtual_services": [self._virtual_service(entry) for entry in self._store.all("virtualservice")],
                "vsvips": [self._vsvip(entry) for entry in self._store.all("vsvip")],
                "pools": [self._pool(entry) for entry in self._store.all("pool")],
            }

    def _identity(self, entry: Entry) -> dict[str, Any]:
        tenant = self._store.get("tenant", entry.tenant or "")
        return {"uuid": entry.uuid, "name": entry.name, "tenant": tenant.name if tenant is not None else ""}

    def _virtual_service(self, entry: Entry) -> dict[str, Any]:
        vsvip = entry.body.get("vsvip_ref")
        return {
            **self._identity(entry),
            "state": oper_state(self._store, entry),
            "vsvip": self._store.entry(vsvip).uuid if vsvip else None,
            "ports": [
                {"first": first, "last": last, "protocol": protocol, "pools": list(self._pools(entry, first, protocol))}
                for first, last, protocol in listeners_of(self._store, entry.body)
            ],
        }

    def _pools(self, service: Entry, port: int, protocol: str) -> Iterator[str]:
        """The pools that a connection to the port may reach: by the first rule that matches, else the default pool."""
        for policy in service.body.get("l4_policies", ()):
            rules = self._store.entry(policy["l4_policy_set_ref"]).body.get("l4_connection_policy", {}).get("rules", ())
            for rule in sorted(rules, key=lambda rule: int(rule["index"])):
                if rule.get("enable", True) and _matches(rule.get("match", {}), port, protocol):
                    yield from self._behind(rule.get("action", {}).get("select_pool", {}))
                    return
        yield from self._behind(service.body)

    def _behind(self, body: dict[str, Any]) -> Iterator[str]:
        if "pool_ref" in body:
            yield self._store.entry(body["pool_ref"]).uuid
        if "pool_group_ref" in body:
            for member in self._store.entry(body["pool_group_ref"]).body.get("members", ()):
                yield self._store.entry(member["pool_ref"]).uuid

    def _vsvip(self, entry: Entry) -> dict[str, Any]:
        vips = entry.body.get("vip", ())
        return {
            **self._identity(entry),
            "addresses": [
                vip[field]["addr"] for vip in vips for field in ("ip_address", "ip6_address") if field in vip
            ],
            "names": [record["fqdn"] for record in entry.body.get("dns_info", ()) if "fqdn" in record],
        }

    def _pool(self, entry: Entry) -> dict[str, Any]:
        default = entry.body["default_server_port"]
        return {
            **self._identity(entry),
            "servers": [
                {"address": _endpoint(server["ip"]["addr"], server.get("port", default)), "enabled": server["enabled"]}
                for server in entry.body.get("servers", ())
            ],
        }


def _matches(match: dict[str, Any], port: int, protocol: str) -> bool:
    """Whether a rule may select a connection to the port; who connects is not looked at."""
    wanted = match.get("protocol")
    if wanted and (wanted["protocol"] == f"PROTOCOL_{protocol}") == (wanted["match_criteria"] == "IS_NOT_IN"):
        return False
    ports = match.get("port")
    if not ports:
        return True
    is_listed = port in ports.get("ports", ()) or any(
        one["start"] <= port <= one["end"] for one in ports.get("port_ranges", ())
    )
    return bool(is_listed == (ports["match_criteria"] == "IS_IN"))


def _endpoint(address: str, port: int) -> str:
    try:
        is_v6 = ipaddress.ip_address(address).version == 6
    except ValueError:
        is_v6 = False
    return f"[{address}]:{port}" if is_v6 else f"{address}:{port}"
