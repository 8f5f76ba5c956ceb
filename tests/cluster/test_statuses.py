"""Statuses that are written back: only on change, only ours, and never where a cluster takes none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.cluster.client import ClusterClient
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.statuses import FINALIZER, StatusWriter
from sync.model.desired import Condition, ListenerStatus, Status
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.timing import Timing
from tests.cluster import api_server
from tests.cluster.api_server import ApiServer, Fault, Object
from tests.cluster.conftest import service

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 29, 13, tzinfo=UTC)


def gateway(*finalizers: str, manager: str = "") -> Object:
    """As the cluster has it."""
    fields = [{"manager": manager, "operation": "Update", "subresource": "status"}] if manager else []
    return {
        "apiVersion": "networking.x-k8s.io/v1alpha1",
        "kind": "Gateway",
        "metadata": {"namespace": "shop", "name": "web", "finalizers": list(finalizers), "managedFields": fields},
    }


def gateway_status(*addresses: str, ready: str = "True") -> Status:
    """Of a Gateway with one listener."""
    return Status(
        group_kind=Gateway.GROUP_KIND,
        namespace="shop",
        name="web",
        owner_name="blue--shop-web",
        conditions=(Condition(type="Ready", status=ready, reason="Applied"),),
        addresses=addresses,
        listeners=(
            ListenerStatus(port=80, protocol="TCP", condition=Condition(type="Ready", status="True", reason="Ready")),
        ),
    )


def service_status(*addresses: str) -> Status:
    """Of a LoadBalancer Service."""
    return Status(
        group_kind=Service.GROUP_KIND,
        namespace="shop",
        name="web",
        owner_name="blue--shop-web",
        conditions=(Condition(type="Ready", status="True", reason="Applied"),),
        addresses=addresses,
        hostnames=("web.example.com",),
    )


@pytest.fixture
def client(server: ApiServer, tmp_path: Path) -> Iterator[ClusterClient]:
    """Logged in with a token."""
    context = read_kubeconfig((server.kubeconfig(tmp_path),))
    with ClusterClient(context, timing=Timing(sleep=lambda _: None, chance=lambda: 0.0)) as found:
        yield found


def writes(server: ApiServer) -> list[str]:
    """The paths of all writes so far."""
    return [request.path for request in server.requests if request.method != "GET"]


def test_a_gateway_gets_addresses_and_conditions(server: ApiServer, client: ClusterClient) -> None:
    """In the shape of its CRD, with a time and a message in every condition."""
    server.put(gateway())

    problems = StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1")])

    status = server.objects["gateways"]["shop", "web"]["status"]
    assert problems == ()
    assert status["addresses"] == [{"type": "IPAddress", "value": "10.0.0.1"}]
    assert status["conditions"] == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Applied",
            "message": "",
            "lastTransitionTime": "2026-11-29T12:00:00Z",
        }
    ]
    assert [each["port"] for each in status["listeners"]] == [80]


def test_what_is_there_is_not_written_again(server: ApiServer, client: ClusterClient) -> None:
    """Each write wakes every controller."""
    server.put(gateway(), service(type="LoadBalancer"))
    statuses = [gateway_status("10.0.0.1"), service_status("10.0.0.2")]
    StatusWriter(client=client, now=NOON).write(statuses)
    before = writes(server)

    StatusWriter(client=client, now=LATER).write(statuses)

    assert (len(before), writes(server)) == (2, before)


def test_the_time_of_a_condition_is_that_of_its_last_change(server: ApiServer, client: ClusterClient) -> None:
    """It stays where only the addresses change."""
    server.put(gateway())
    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1")])

    StatusWriter(client=client, now=LATER).write([gateway_status("10.0.0.9")])
    same = server.objects["gateways"]["shop", "web"]["status"]["conditions"][0]["lastTransitionTime"]
    StatusWriter(client=client, now=LATER).write([gateway_status("10.0.0.9", ready="False")])
    other = server.objects["gateways"]["shop", "web"]["status"]["conditions"][0]["lastTransitionTime"]

    assert (same, other) == ("2026-11-29T12:00:00Z", "2026-11-29T13:00:00Z")


@pytest.mark.parametrize("mode", ["", "VIP", "Proxy"])
def test_a_service_gets_its_addresses_and_no_hostname(server: ApiServer, client: ClusterClient, mode: str) -> None:
    """external-dns would make a CNAME of the hostname to itself."""
    server.put(service(type="LoadBalancer"))

    StatusWriter(client=client, now=NOON, ip_mode=mode).write([service_status("10.0.0.2")])

    status = server.objects["services"]["shop", "web"]["status"]
    assert status["loadBalancer"]["ingress"] == [{"ip": "10.0.0.2", "ipMode": mode or "VIP"}]


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_a_service_of_another_type_gets_none(server: ApiServer, client: ClusterClient, kind: str) -> None:
    """Kubernetes refuses it since 1.29."""
    server.put(service(type=kind))

    assert StatusWriter(client=client, now=NOON).write([service_status("10.0.0.2")]) == ()
    assert writes(server) == []


def test_akos_fields_are_taken_over_once(server: ApiServer, client: ClusterClient) -> None:
    """By force, and the next write needs none."""
    server.put(gateway(manager="ako"))

    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1")])
    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.2")])

    forced = [request.query.get("force", "") for request in server.requests if request.method == "PATCH"]
    assert forced == ["", "true", ""]


def test_the_fields_of_others_are_left_alone(server: ApiServer, client: ClusterClient) -> None:
    """A warning says whose they are."""
    server.put(gateway(manager="another-controller"))

    (problem,) = StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1")])

    assert "another-controller" in problem.message
    assert "status" not in server.objects["gateways"]["shop", "web"]


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_status_that_cannot_be_written_is_a_warning(server: ApiServer, client: ClusterClient, code: int) -> None:
    """And stops no other."""
    server.put(gateway(), service(type="LoadBalancer"))
    server.faults.append(Fault(matches="gateways", act=api_server.refused(code), times=99))

    (problem,) = StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1"), service_status("10.0.0.2")])

    assert problem.resource == "Gateway shop/web"
    assert "status" in server.objects["services"]["shop", "web"]


def test_akos_finalizer_is_removed_and_restored(server: ApiServer, client: ClusterClient) -> None:
    """All others stay, and nothing is written twice."""
    server.put(gateway("a.example.com/keep", FINALIZER, "z.example.com/keep"))
    writer, statuses = StatusWriter(client=client, now=NOON), [gateway_status("10.0.0.1"), service_status("10.0.0.2")]
    found = server.objects["gateways"]["shop", "web"]["metadata"]

    assert writer.remove_finalizers(statuses) + writer.remove_finalizers(statuses) == ()
    removed = list(server.objects["gateways"]["shop", "web"]["metadata"]["finalizers"])
    assert writer.restore_finalizers(statuses) + writer.restore_finalizers(statuses) == ()

    assert removed == ["a.example.com/keep", "z.example.com/keep"]
    assert set(server.objects["gateways"]["shop", "web"]["metadata"]["finalizers"]) == {*removed, FINALIZER}
    assert len(writes(server)) == 2
    assert found["name"] == "web"


def test_a_gateway_without_an_address_gets_no_finalizer(server: ApiServer, client: ClusterClient) -> None:
    """AKO puts it on those only that have one."""
    server.put(gateway())

    StatusWriter(client=client, now=NOON).restore_finalizers([gateway_status()])

    assert writes(server) == []
