"""A cluster that cannot be read changes no server, and creates nothing without servers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.config import read_settings
from sync.desired import Source, make_desired
from sync.model.cluster import ClusterState, Unread
from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.problem import Severity
from sync.model.resources.core import EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import Resource
from sync.model.source import Snapshot, SourceFile
from sync.plan.make import make_plan
from sync.source.manifests import parse_manifests
from sync.template_files import read_templates
from sync.translate.cluster import with_cluster
from tests.cluster.moved import cluster_with, without_back_ends
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController
from tests.shared.tree import GATEWAY_CLASS, VALUES, Manifest, endpoints, gateway, service

NAMESPACES = ("shop", "pay")
KINDS: tuple[type[Resource], ...] = (Service, EndpointSlice, Node, Pod)
MODES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "endpoints": ("ClusterIP", {}),
    "nodes": ("NodePort", {"type": "NodePort"}),
    "local nodes": ("NodePort", {"type": "NodePort", "externalTrafficPolicy": "Local"}),
    "pods": ("NodePortLocal", {"selector": {"app": "front"}}),
}
Lists = frozenset[tuple[type[Resource], str]]
SUBSETS = st.frozensets(st.sampled_from([*product(KINDS, ("", *NAMESPACES))]), max_size=5)


def node(number: int) -> Manifest:
    """A Node at 10.0.0.`number`."""
    address = {"type": "InternalIP", "address": f"10.0.0.{number}"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}"}, "status": {"addresses": [address]}}


def pod(namespace: str, number: int) -> Manifest:
    """A Pod of the Service with a node port of its own."""
    entry = f'[{{"podPort": 8080, "nodeIP": "10.0.0.{number}", "nodePort": {61000 + number}}}]'
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"p{number}",
            "namespace": namespace,
            "labels": {"app": "front"},
            "annotations": {"nodeportlocal.antrea.io": entry},
        },
    }


def back_ends(numbers: Sequence[int]) -> list[Manifest]:
    """Everything that tells back ends with these numbers."""
    found: list[Manifest] = [node(number) for number in numbers]
    for namespace in NAMESPACES:
        item: dict[str, Any] = dict(endpoints(namespace=namespace, addresses=[f"10.1.0.{n}" for n in numbers]))
        item["endpoints"] = [{**end, "nodeName": f"n{n}"} for end, n in zip(item["endpoints"], numbers, strict=True)]
        found += [item, *(pod(namespace, number) for number in numbers)]
    return found


@cache
def source_of(mode: str, numbers: tuple[int, ...]) -> Source:
    """Gateways shop/web and pay/web, each with Service front and these back ends, all in Git."""
    service_type, spec = MODES[mode]
    manifests: list[Manifest] = [GATEWAY_CLASS, *back_ends(numbers)]
    for number, namespace in enumerate(NAMESPACES):
        item: dict[str, Any] = dict(service(namespace=namespace))
        ports = [{**item["spec"]["ports"][0], **({"nodePort": 30080 + number} if service_type == "NodePort" else {})}]
        manifests += [gateway(namespace=namespace), {**item, "spec": {**item["spec"], **spec, "ports": ports}}]
    values = {**VALUES, "L7Settings": {"serviceType": service_type}, "SyncSettings": {"backends": "cluster"}}
    files: dict[str, list[Manifest]] = {"values.yaml": [values], "all.yaml": manifests}
    texts: dict[str, str] = {name: yaml.safe_dump_all(items) for name, items in sorted(files.items())}
    snapshot = Snapshot(
        location="tree",
        commit="c0ffee",
        files=tuple(SourceFile(path=name, content=text.encode()) for name, text in texts.items()),
    )
    found_settings, problems = read_settings(snapshot, max_aliases=1000)
    resources, found = parse_manifests(snapshot, exclude=(), max_aliases=1000)
    return Source(
        snapshot=snapshot,
        settings=found_settings,
        resources=resources,
        templates=read_templates(snapshot),
        problems=(*problems, *found),
    )


def unread(cluster: ClusterState, lists: Lists) -> ClusterState:
    """The cluster, of which these lists could not be read."""

    def rest(kind: type[Resource], items: Any) -> Any:
        gone = {namespace for each, namespace in lists if each is kind}
        return tuple(each for each in items if not gone & {"", each.namespace})

    return replace(
        cluster,
        services={each.key: each for each in rest(Service, cluster.services.values())},
        slices=rest(EndpointSlice, cluster.slices),
        nodes=rest(Node, cluster.nodes) if not any(kind is Node for kind, _ in lists) else (),
        pods=rest(Pod, cluster.pods),
        unread=tuple(
            Unread(group_kind=kind.GROUP_KIND, namespace="" if kind is Node else namespace, reason="it is down")
            for kind, namespace in sorted(lists, key=str)
        ),
    )


def desired_of(mode: str, numbers: tuple[int, ...], lists: Lists = frozenset()) -> DesiredState:
    """What Git wants while the cluster has these back ends, and these lists cannot be read."""
    source = source_of(mode, numbers)
    assert source.settings is not None
    cluster = unread(cluster_with(source.resources), lists)
    resources, problems = with_cluster(without_back_ends(source.resources), cluster, source.settings)
    return make_desired(replace(source, resources=resources, problems=(*source.problems, *problems)), None)


def servers(controller: PerfectController) -> Mapping[str, list[tuple[str, int]]]:
    """The live servers of each pool."""
    return {
        item.key.name: sorted((each["ip"]["addr"], each["port"]) for each in item.body.get("servers", ()))
        for item in controller.live
        if item.key.kind == "Pool"
    }


def applied(controller: PerfectController, desired: DesiredState) -> PerfectController:
    """The Controller after the plan for it."""
    controller.apply(make_plan(desired, controller.live, make_options()))
    return controller


OLD, NEW = (1, 2), (2, 3, 4)


@cache
def converged(mode: str, numbers: tuple[int, ...]) -> LiveState:
    """What is live once everything was read."""
    return applied(PerfectController(), desired_of(mode, numbers)).live


def controller_with(live: LiveState) -> PerfectController:
    """A Controller that has these objects."""
    found = PerfectController()
    found.live = live
    return found


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25)
@given(lists=SUBSETS)
def test_servers_are_those_of_the_cluster_or_stay(mode: str, lists: Lists) -> None:
    """Whatever lists are unread: each live pool has its old servers or all of the new ones, and none is without."""
    old = controller_with(converged(mode, OLD))
    before, new = servers(old), servers(controller_with(converged(mode, NEW)))

    desired = desired_of(mode, NEW, lists)
    after = servers(applied(old, desired))

    assert before.keys() == after.keys()
    assert all(after[name] in (before[name], new[name]) for name in after)
    unknown = {item.key.name for item in desired if item.servers_from == "unknown"}
    assert all(after[name] == before[name] for name in unknown)
    assert bool(unknown) <= any(each.severity is Severity.ERROR for each in desired.problems)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25)
@given(lists=SUBSETS)
def test_nothing_is_created_without_servers(mode: str, lists: Lists) -> None:
    """Whatever lists are unread: a new owner is there with all of its servers, or it is held."""
    new = servers(controller_with(converged(mode, NEW)))
    desired = desired_of(mode, NEW, lists)
    plan = make_plan(desired, PerfectController().live, make_options())

    after = servers(applied(PerfectController(), desired))

    assert all(found and found == new[name] for name, found in after.items())
    assert len(after) + len(plan.held) == len(NAMESPACES)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_unread_is_no_change_at_all(mode: str) -> None:
    """Neither drift nor an edit: the plan is empty."""
    everything = frozenset(product(KINDS, ("",)))

    plan = make_plan(desired_of(mode, NEW, everything), converged(mode, OLD), make_options())

    assert (plan.changes, plan.held) == ((), ())
