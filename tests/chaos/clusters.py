"""Clusters that fail at any request while Pods come and go: the servers of a pool are right, or they stay.

Most runs read the cluster through a transport in memory, which makes thousands of them cheap; some over real TLS. All
go through the client, the lists, the merge with the manifests and the plan of a real run, and a perfect Controller
applies what was planned.
"""

import copy
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx
import trustme
import yaml

from sync.cluster.client import ClusterClient
from sync.cluster.place import ClusterAddress, KubeContext, Login
from sync.cluster.read import read_cluster
from sync.config import read_settings
from sync.desired import Source, make_desired
from sync.model.cluster import ClusterState
from sync.model.desired import DesiredState
from sync.model.plan import Action, Plan
from sync.model.source import Snapshot, SourceFile
from sync.plan.make import make_plan
from sync.source.manifests import parse_manifests
from sync.template_files import read_templates
from sync.timing import Timing
from sync.translate.cluster import needs_of, with_cluster
from tests.chaos.lab import Row
from tests.shared import api_server
from tests.shared.api_server import Answer, ApiServer, Fault, Request
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController
from tests.shared.tree import GATEWAY_CLASS, VALUES, Manifest, gateway, service

MOST = 3000
OVER_TLS = 100
"""One of so many tries goes over real TLS."""
NAMESPACES = ("shop", "pay", "team-a", "team-b", "team-c")
MODES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "endpoints": ("ClusterIP", {}),
    "nodes": ("NodePort", {"type": "NodePort"}),
    "local nodes": ("NodePort", {"type": "NodePort", "externalTrafficPolicy": "Local"}),
    "pods": ("NodePortLocal", {"selector": {"app": "front"}}),
}
READY = {"ready": True, "serving": True, "terminating": False}
STATES: Mapping[str, dict[str, bool]] = {
    "ready": READY,
    "ready, which nobody says": {},
    "starting": {"ready": False, "serving": False, "terminating": False},
    "draining": {"ready": False, "serving": True, "terminating": True},
    "stopping": {"ready": False, "serving": False, "terminating": True},
    "ready while terminating": {"ready": True, "serving": True, "terminating": True},
}
SERVING = ("ready", "ready, which nobody says")
AUTHORITY = trustme.CA()
TOKEN = "good-token-0123456789"

Pool = tuple[str, str]
"""Namespace and name of its Service."""


def follow(chance: random.Random, deadline: float) -> Row:
    """A first deploy, rollouts with faults at any request, and in the end a cluster that can be read again."""
    row = Row("clusters that cannot be read")
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        with _world(chance, is_real=row.tried % OVER_TLS == OVER_TLS - 1) as world:
            steps = [_faulty(world, row, chance) for _ in range(chance.randrange(1, 4))]
            row.tried += 1
            row.converged += _calm(world, row, steps)
    return row


# --- the tree ---------------------------------------------------------------------------------------------------------


@cache
def _source(mode: str, number: int) -> Source:
    """So many Gateways, in a namespace each, with the Service `front`; without anything that a cluster makes."""
    service_type, spec = MODES[mode]
    manifests: list[Manifest] = [GATEWAY_CLASS]
    for namespace in NAMESPACES[:number]:
        item: dict[str, Any] = dict(service(namespace=namespace))
        manifests += [gateway(namespace=namespace), {**item, "spec": {**item["spec"], **spec}}]
    values = {**VALUES, "L7Settings": {"serviceType": service_type}, "SyncSettings": {"backends": "cluster"}}
    files: dict[str, list[Manifest]] = {"all.yaml": manifests, "values.yaml": [values]}
    texts = (SourceFile(path=path, content=yaml.safe_dump_all(items).encode()) for path, items in files.items())
    snapshot = Snapshot(location="tree", commit="c0ffee", files=tuple(texts))
    settings, problems = read_settings(snapshot, max_aliases=1000)
    resources, found = parse_manifests(snapshot, exclude=(), max_aliases=1000)
    assert settings is not None
    return Source(
        snapshot=snapshot,
        settings=settings,
        resources=resources,
        templates=read_templates(snapshot),
        problems=(*problems, *found),
    )


# --- the cluster ------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class World:
    """A tree, its cluster, and its Controller; `pods` are the states of the Pods of each Service, by number."""

    mode: str
    source: Source
    server: ApiServer
    is_real: bool
    pods: dict[Pool, dict[int, str]]
    nodes: set[int]
    controller: PerfectController = field(default_factory=PerfectController)
    last: int = 0

    def read(self, seconds: float) -> ClusterState:
        """The cluster, as a run reads it."""
        settings = self.source.settings
        assert settings is not None
        needs = needs_of(self.source.resources, settings)
        assert needs is not None
        timing = Timing(sleep=lambda _: None, chance=lambda: 0.0)
        transport = None if self.is_real else httpx.MockTransport(self._answer)
        with ClusterClient(self._context, timing=timing, timeout_seconds=seconds, transport=transport) as client:
            return read_cluster(client, "test", needs, page_size=2)

    def plan(self, seconds: float = 30.0) -> tuple[DesiredState, Plan]:
        """What a run would do."""
        settings = self.source.settings
        assert settings is not None
        resources, problems = with_cluster(self.source.resources, self.read(seconds), settings)
        source = replace(self.source, resources=resources, problems=(*self.source.problems, *problems))
        desired = make_desired(source, None)
        return desired, make_plan(desired, self.controller.live, make_options())

    def serving(self, pool: Pool) -> set[str]:
        """The addresses that serve."""
        states = self.pods[pool]
        match self.mode:
            case "nodes":
                return {_node_address(node) for node in self.nodes}
            case "local nodes":
                return {_node_address(node) for node in self.nodes if node in {_node_of(pod) for pod in states}}
            case "pods":
                return {_node_address(pod) for pod, state in states.items() if state in SERVING}
        return {_pod_address(pod) for pod, state in states.items() if state in SERVING}

    @property
    def live(self) -> Mapping[Pool, Mapping[str, bool]]:
        """Of each live pool: its servers, and whether they are enabled."""
        return {
            (item.owner.namespace, "front"): {
                each["ip"]["addr"]: each.get("enabled", True) for each in item.body.get("servers") or ()
            }
            for item in self.controller.live
            if item.key.kind == "Pool" and item.owner is not None
        }

    @property
    def _context(self) -> KubeContext:
        server = self.server.url if self.is_real else "https://cluster.example.com"
        address = ClusterAddress(server=server, authority=AUTHORITY.cert_pem.bytes())
        return KubeContext(name="test", address=address, login=Login(token=TOKEN), origin="config")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.server.answer(
            Request(
                method=request.method,
                path=request.url.path,
                query=dict(request.url.params),
                headers={name.lower(): value for name, value in request.headers.items()},
            )
        )
        if isinstance(answer, bytes):
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        code, body, headers = answer
        if code == HANGING:
            raise httpx.ReadTimeout("timed out")
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(code, headers=headers, text=text)

    def settle(self, chance: random.Random) -> None:
        """Bring the objects of the cluster in line with its Pods, in one of the forms that controllers write."""
        for objects in self.server.objects.values():
            objects.clear()
        for number, pool in enumerate(self.pods):
            namespace, name = pool
            spec = MODES[self.mode][1]
            port = {"name": "p80", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30080 + number}
            item = dict(service(name, namespace=namespace))
            self.server.put({**item, "spec": {**item["spec"], **spec, "ports": [port]}})
            self.server.put(*_slices(pool, self.pods[pool], chance))
            self.server.put(*(_pod(namespace, each, state) for each, state in self.pods[pool].items()))
        self.server.put(*map(_node, sorted(self.nodes)))

    def roll(self, chance: random.Random) -> None:
        """Pods of some Services start, become ready, terminate or vanish; Nodes come and go."""
        for pool, states in self.pods.items():
            if chance.random() < 0.3:
                continue
            for pod in list(states):
                step = chance.random()
                if step < 0.2:
                    del states[pod]
                elif step < 0.6:
                    states[pod] = chance.choice([*STATES])
            for _ in range(chance.randrange(4)):
                self.last += 1
                states[self.last] = chance.choice([*STATES, "ready"])
            if chance.random() < 0.1:
                self.pods[pool] = {}
        if chance.random() < 0.3:
            self.nodes ^= {chance.randrange(1, 9)}
            self.nodes |= {1}


@contextmanager
def _world(chance: random.Random, *, is_real: bool) -> Iterator[World]:
    mode, number = chance.choice([*MODES]), chance.randrange(1, len(NAMESPACES) + 1)
    server = ApiServer(authority=AUTHORITY, tokens={TOKEN: "system:serviceaccount:ops:avi-sync"})
    world = World(
        mode=mode,
        source=_source(mode, number),
        server=server.start() if is_real else server,
        is_real=is_real,
        pods={(namespace, "front"): {} for namespace in NAMESPACES[:number]},
        nodes={1, 2, 3},
    )
    try:
        yield world
    finally:
        server.stop()


def _pod_address(pod: int) -> str:
    return f"10.{64 + pod // 250}.0.{1 + pod % 250}"


def _node_of(pod: int) -> int:
    return 1 + pod % 4


def _node_address(node: int) -> str:
    return f"192.168.{node // 250}.{1 + node % 250}"


def _node(node: int) -> Manifest:
    addresses = [{"type": "InternalIP", "address": _node_address(node)}]
    return {"kind": "Node", "metadata": {"name": f"n{node}"}, "status": {"addresses": addresses}}


def _pod(namespace: str, pod: int, state: str) -> Manifest:
    """With a node port at a Node of its own, as Antrea gives it."""
    entry = f'[{{"podPort": 8080, "nodeIP": "{_node_address(pod)}", "nodePort": 61000}}]'
    metadata = {
        "name": f"p{pod}",
        "namespace": namespace,
        "labels": {"app": "front"},
        "annotations": {"nodeportlocal.antrea.io": entry},
    }
    condition = {"type": "Ready", "status": "False" if state == "starting" else "True"}
    return {"kind": "Pod", "metadata": metadata, "status": {"conditions": [condition]}}


def _slices(pool: Pool, states: Mapping[int, str], chance: random.Random) -> Iterator[Manifest]:
    """The slices of a Service, and some that mean nothing: of names, of the other family, of others."""
    pods = list(states)
    chance.shuffle(pods)
    size = chance.choice([1, 2, 100])
    parts = [pods[begin : begin + size] for begin in range(0, len(pods), size)] or [[]]
    for number, part in enumerate(parts):
        yield _slice(pool, f"a{number}", [_endpoint(pod, STATES[states[pod]]) for pod in part])
    if pods and chance.random() < 0.5:  # a controller that moves endpoints writes the new slice first
        stale = chance.sample(pods, 1)
        old = {"ready": False, "serving": False, "terminating": False}
        yield _slice(pool, chance.choice(["0", "z"]), [_endpoint(pod, old) for pod in stale])
    if chance.random() < 0.3:
        ends = [{**_endpoint(pod, STATES[states[pod]]), "addresses": [f"2001:db8::{pod:x}"]} for pod in pods]
        yield {**_slice(pool, "v6", ends), "addressType": "IPv6"}
    if chance.random() < 0.2:
        ends = [{**_endpoint(0, READY), "addresses": ["elsewhere.example.com"]}]
        yield {**_slice(pool, "name", ends), "addressType": "FQDN"}
    if chance.random() < 0.3:
        foreign = copy.deepcopy(_slice(pool, "foreign", [_endpoint(9999, READY)]))
        foreign["metadata"]["labels"] = chance.choice([{}, {"kubernetes.io/service-name": "another"}])
        yield foreign


def _slice(pool: Pool, suffix: str, ends: Sequence[Manifest]) -> dict[str, Any]:
    namespace, name = pool
    return {
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": namespace,
            "name": f"{name}-{suffix}",
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": "p80", "port": 8080, "protocol": "TCP"}] if ends else None,
        "endpoints": list(ends) or None,
    }


def _endpoint(pod: int, conditions: Mapping[str, bool]) -> dict[str, Any]:
    target = {"kind": "Pod", "name": f"p{pod}"}
    conditions = dict(conditions)
    return {
        "addresses": [_pod_address(pod)],
        "conditions": conditions,
        "nodeName": f"n{_node_of(pod)}",
        "targetRef": target,
    }


# --- faults -----------------------------------------------------------------------------------------------------------

HANGING = 0
"""The code of an answer that never comes, in memory."""


def _of_another_time(server: ApiServer) -> Callable[[Request], Answer]:
    def act(request: Request) -> Answer:
        code, body, headers = server._route(request)
        if isinstance(body, dict):
            body = {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": "7"}}
        return code, body, headers

    return act


def _faults(world: World, chance: random.Random) -> Mapping[str, Callable[[Request], Answer | bytes | None]]:
    server = world.server
    return {
        "401": api_server.refused(401),
        "403": api_server.refused(403),
        "410": api_server.expired(),
        "410 with the token of another time": api_server.expired(with_token="x/1"),
        "429": api_server.too_many(1),
        "500": api_server.refused(500),
        "504": api_server.page_of_a_proxy(504),
        "200 of a login page": api_server.page_of_a_proxy(200),
        "a cut": api_server.cut(server, chance.random()),
        "no answer": lambda _: b"",
        "a hang": api_server.slow(0.3) if world.is_real else lambda _: (HANGING, "", {}),
        "another kind": lambda _: (200, {"kind": "PodMetricsList", "items": []}, {}),
        "no items": lambda _: (200, {"kind": "Status"}, {}),
        "a page of another time": _of_another_time(server),
    }


def _strike(world: World, chance: random.Random) -> str:
    """One or two faults, each at a request of its own, once or from there on; or a right that is missing."""
    told = []
    for _ in range(chance.choice([1, 1, 2])):
        name, act = chance.choice([*_faults(world, chance).items()])
        where = chance.choice(["", "", "/services", "/endpointslices", "/nodes", "/pods", "continue"])
        after, times = chance.randrange(6), chance.choice([1, 2, 999])
        world.server.faults.append(Fault(matches=where, act=act, after=after, times=times))
        told.append(f"{name} at {where or 'any'} after {after}, {times} times")
    if chance.random() < 0.3:
        refused = set(chance.sample(["", *NAMESPACES], chance.randrange(1, 4)))
        kinds = set(chance.sample(["services", "endpointslices", "nodes", "pods"], 2))
        world.server.may = lambda user, verb, plural, namespace: plural not in kinds or namespace not in refused
        told.append(f"no right to {sorted(kinds)} in {sorted(refused)}")
    return "; ".join(told)


# --- the law ----------------------------------------------------------------------------------------------------------


def _faulty(world: World, row: Row, chance: random.Random) -> str:
    """A rollout goes on, a run reads as much as it can, and its plan is applied."""
    world.roll(chance)
    world.settle(chance)
    what = f"{world.mode}: {_strike(world, chance)}"
    before, others = world.live, _others(world)
    desired, plan = world.plan(0.2 if world.is_real else 30.0)
    world.controller.apply(plan)
    known = {
        (item.owner.namespace, "front"): item.servers_from == "cluster" for item in desired if item.key.kind == "Pool"
    }
    for pool, now in world.live.items():
        enabled = {address for address, is_on in now.items() if is_on}
        if known.get(pool) and pool in before:
            is_lost = not enabled >= world.serving(pool)
        elif pool in before:
            is_lost = now != before[pool]
        else:
            is_lost = not enabled >= world.serving(pool)
        if is_lost:
            row.lost += 1
            row.notes.append(f"{what}: {pool} has {now}, before {before.get(pool)}, serving {world.serving(pool)}")
    _check_untouched(world, row, plan, before, others, what)
    return what


def _check_untouched(
    world: World, row: Row, plan: Plan, before: Iterable[Pool], others: Mapping[Any, Any], what: str
) -> None:
    """Of owners that are live only the servers of their pools may change, and nothing of them goes."""
    namespaces = {namespace for namespace, _ in before}
    for change in plan.changes:
        if change.owner.namespace not in namespaces:
            continue
        fields = {each.path.partition("[")[0].partition(".")[0] for each in change.fields}
        if change.action is not Action.UPDATE or change.key.kind != "Pool" or fields - {"servers"}:
            row.foreign += 1
            row.notes.append(f"{what}: {change.action} {change.key} {sorted(fields)}")
    now = _others(world)
    if any(now.get(key) != body for key, body in others.items()):
        row.foreign += 1
        row.notes.append(f"{what}: something else than a pool is another")


def _others(world: World) -> Mapping[Any, Any]:
    return {item.key: item.body for item in world.controller.live if item.key.kind != "Pool"}


def _calm(world: World, row: Row, steps: list[str]) -> bool:
    """The cluster can be read again: the next run has all that serves, and the one after plans nothing."""
    world.server.faults.clear()
    world.server.may = lambda user, verb, plural, namespace: True
    desired, plan = world.plan()
    world.controller.apply(plan)
    _, again = world.plan()
    serving = [pool for pool in world.pods if world.serving(pool)]
    unlike = {
        pool: (now, world.serving(pool))
        for pool, now in world.live.items()
        if pool in serving and {address for address, is_on in now.items() if is_on} != world.serving(pool)
    }
    missing = [pool for pool in serving if pool not in world.live]
    errors = [each.message for each in desired.problems if each.severity == "error" and len(serving) == len(world.pods)]
    if again.changes or unlike or errors or missing:
        row.notes.append(f"{steps}: then {again.changes}, {unlike}, {errors}, without a pool {missing}")
        return False
    return True
