"""What holds after any sequence of requests: a hypothesis state machine against a Controller over real HTTP."""

import ipaddress
import itertools
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from sync.emulator import Emulator

TENANTS = ("admin", "blue")
NAMES = ("a", "b", "c")
KINDS = ("pool", "poolgroup", "vsvip", "l4policyset", "virtualservice")
SEED = {
    "tenants": ["blue"],
    "networks": [{"name": "small", "subnets": ["10.1.0.0/29"]}],  # six addresses: some requests find none
}
NO_TLS = ssl.create_default_context()  # made once: httpx would load the system's certificates for each client

tenants = st.sampled_from(TENANTS)
names = st.sampled_from(NAMES)


class Controller(RuleBasedStateMachine):
    """Random writes in two tenants, and restarts; what was answered with success is remembered in `known`."""

    uuids = Bundle("uuids")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._emulator = self._started()
        self._clients = self._logged_in()
        self.known: dict[str, tuple[str, str, dict[str, Any]]] = {}  # uuid → kind, tenant, body as it was answered

    def _started(self) -> Emulator:
        return Emulator(state=Path(self._folder.name) / "state.sqlite", seed=SEED).start()

    def _logged_in(self) -> dict[str, httpx.Client]:
        clients = {tenant: httpx.Client(base_url=self._emulator.url, verify=NO_TLS) for tenant in (*TENANTS, "*")}
        for tenant, client in clients.items():
            client.post("/login", json={"username": "admin", "password": "emulator"}).raise_for_status()
            token = client.cookies["csrftoken"]
            headers = {"X-Avi-Tenant": tenant, "X-Avi-Version": "30.2.1", "X-CSRFToken": token, "Referer": "x"}
            client.headers.update(headers)
        return clients

    def teardown(self) -> None:
        """Stop, and leave nothing behind."""
        for client in self._clients.values():
            client.close()
        self._emulator.stop()
        self._folder.cleanup()

    # What clients do. Requests may be refused; only 5xx is never right.

    @initialize(target=uuids)
    def begin(self) -> str:
        """Begin with something that others can refer to."""
        return self._create("pool", "admin", {"name": "first"})

    def _create(self, kind: str, tenant: str, body: Mapping[str, Any]) -> str:
        return self._remembered(kind, tenant, self._clients[tenant].post(f"/api/{kind}", json=body), 201)

    def _remembered(self, kind: str, tenant: str, answer: httpx.Response, status: int) -> str:
        assert answer.status_code == status or 400 <= answer.status_code < 500, answer.text
        if answer.status_code != status:
            return ""
        body = answer.json()
        self.known[body["uuid"]] = (kind, tenant, body)
        return str(body["uuid"])

    @rule(target=uuids, tenant=tenants, name=names, count=st.integers(0, 2))
    def create_pool(self, tenant: str, name: str, count: int) -> str:
        """A pool with some servers."""
        servers = [{"ip": {"addr": f"10.2.0.{number + 1}", "type": "V4"}} for number in range(count)]
        return self._create("pool", tenant, {"name": name, "servers": servers})

    @rule(target=uuids, tenant=tenants, name=names, octet=st.none() | st.integers(1, 8))
    def create_vsvip(self, tenant: str, name: str, octet: int | None) -> str:
        """A VsVip that requests some address, or that one; the last ones are outside the network."""
        address = {} if octet is None else {"ip_address": {"addr": f"10.1.0.{octet}", "type": "V4"}}
        return self._create("vsvip", tenant, {"name": name, "vip": [{"auto_allocate_ip": True, **address}]})

    @rule(target=uuids, tenant=tenants, name=names, pool=uuids)
    def create_pool_group(self, tenant: str, name: str, pool: str) -> str:
        """A group of one pool, which may be gone or another tenant's."""
        return self._create("poolgroup", tenant, {"name": name, "members": [{"pool_ref": f"/api/pool/{pool}"}]})

    @rule(target=uuids, tenant=tenants, name=names, pool=uuids)
    def create_policy_set(self, tenant: str, name: str, pool: str) -> str:
        """A policy set that selects a pool."""
        select = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": f"/api/pool/{pool}"}
        rules = [{"name": "r", "index": 1, "action": {"select_pool": select}}]
        return self._create("l4policyset", tenant, {"name": name, "l4_connection_policy": {"rules": rules}})

    @rule(target=uuids, tenant=tenants, name=names, port=st.integers(80, 82), others=st.lists(uuids, max_size=3))
    def create_virtual_service(self, tenant: str, name: str, port: int, others: list[str]) -> str:
        """A VirtualService that refers to whatever there is of the right kind."""
        return self._create("virtualservice", tenant, self._service(name, port, others))

    def _service(self, name: str, port: int, others: list[str]) -> dict[str, Any]:
        some = {kind: uuid for uuid, (kind, _, _) in self.known.items() if kind == "vsvip"}
        kinds = some | {self.known[uuid][0]: uuid for uuid in others if uuid in self.known}
        fields: dict[str, Any] = {"vsvip": "vsvip_ref", "pool": "pool_ref", "poolgroup": "pool_group_ref"}
        references = {fields[kind]: f"/api/{kind}/{uuid}" for kind, uuid in kinds.items() if kind in fields}
        policies = [uuid for kind, uuid in kinds.items() if kind == "l4policyset"]
        listed = [{"index": 1, "l4_policy_set_ref": f"/api/l4policyset/{uuid}"} for uuid in policies]
        return {"name": name, "services": [{"port": port}], "l4_policies": listed, **references}

    @rule(uuid=uuids, name=names, tenant=tenants)
    def rename(self, uuid: str, name: str, tenant: str) -> None:
        """PUT of what was read, under another name; another tenant may try, too."""
        if uuid in self.known:
            kind, owner, body = self.known[uuid]
            answer = self._clients[tenant].put(f"/api/{kind}/{uuid}", json={**body, "name": name})
            self._remembered(kind, owner, answer, 200)

    @rule(uuid=uuids, enabled=st.booleans())
    def patch(self, uuid: str, enabled: bool) -> None:
        """PATCH of one field of a pool."""
        if uuid in self.known and self.known[uuid][0] == "pool":
            _, tenant, _ = self.known[uuid]
            answer = self._clients[tenant].patch(f"/api/pool/{uuid}", json={"replace": {"enabled": enabled}})
            assert self._remembered("pool", tenant, answer, 200) == uuid
            assert answer.json()["enabled"] is enabled

    @rule(uuid=consumes(uuids), tenant=tenants)
    def delete(self, uuid: str, tenant: str) -> None:
        """DELETE, which is refused exactly if somebody refers to the object or it is another tenant's."""
        if uuid not in self.known:
            return
        kind, owner, _ = self.known[uuid]
        is_referred_to = any(uuid in str(body) for other, (_, _, body) in self.known.items() if other != uuid)
        answer = self._clients[tenant].delete(f"/api/{kind}/{uuid}")
        assert (answer.status_code == 204) == (tenant == owner and not is_referred_to), answer.text
        if answer.status_code == 204:
            del self.known[uuid]

    @rule()
    def restart(self) -> None:
        """Stop and start with the same state file."""
        for client in self._clients.values():
            client.close()
        self._emulator.stop()
        self._emulator = self._started()
        self._clients = self._logged_in()

    # The laws.

    def _listed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for kind in KINDS:
            page = self._clients["*"].get(f"/api/{kind}?page_size=200").json()
            assert page["count"] == len(page["results"])
            yield from ((kind, body) for body in page["results"])

    @invariant()
    def laws_hold(self) -> None:
        """All that was made is there and nothing else; names and addresses are unique; references lead somewhere."""
        listed = list(self._listed())
        urls = {body["url"] for _, body in listed}
        own_references = [
            reference for _, body in listed for reference in _references(body) if reference.split("/")[4] in KINDS
        ]
        places = [(kind, body["tenant_ref"], body.get("cloud_ref"), body["name"]) for kind, body in listed]
        addresses = [
            ipaddress.ip_address(vip["ip_address"]["addr"]) for _, body in listed for vip in body.get("vip", ())
        ]

        assert {body["uuid"] for _, body in listed} == set(self.known)
        assert set(own_references) <= urls
        assert len(set(places)) == len(places)
        assert len(set(addresses)) == len(addresses)

    @rule()
    def tenants_add_up(self) -> None:
        """What the tenants see of what they do not share is together what all tenants see, page by page."""
        for kind in KINDS:
            counts = [self._clients[tenant].get(f"/api/{kind}?page_size=1").json() for tenant in (*TENANTS, "*")]
            assert counts[0]["count"] + counts[1]["count"] == counts[2]["count"]
            assert all(("next" in page) == (page["count"] > 1) for page in counts)


def _references(value: Any, field: str = "") -> Iterator[str]:
    """Every reference in a body, the one to itself aside."""
    if isinstance(value, dict):
        yield from itertools.chain.from_iterable(_references(one, name) for name, one in value.items())
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(_references(one, field) for one in value)
    elif field.endswith(("_ref", "_refs")):
        yield value


TestController = Controller.TestCase
TestController.settings = settings(
    max_examples=10,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
