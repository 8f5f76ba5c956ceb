"""Statuses that are written back: only on change, only ours, and never where a cluster takes none."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.cluster.client import ClusterClient
from sync.cluster.statuses import FINALIZER, StatusWriter
from sync.model.desired import Condition, ListenerStatus, Owner, OwnerKind, Status
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault, Object
from tests.shared.clusters import service

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 29, 13, tzinfo=UTC)
EPOCH = "1970-01-01T00:00:00Z"


def gateway(*finalizers: str, managers: Sequence[str] = (), ports: Sequence[int] = (80,), **metadata: str) -> Object:
    """As the cluster has it, with a status that each of these managers wrote."""
    conditions = [{"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": EPOCH}]
    listeners = [{"port": port, "protocol": "", "conditions": conditions} for port in ports]
    pending = {"type": "Pending", "status": "False", "reason": "Ready", "message": "", "lastTransitionTime": EPOCH}
    addresses = [{"type": "IPAddress", "value": "10.0.0.99"}]
    status: Object = {"addresses": addresses, "conditions": [pending, *conditions], "listeners": listeners}
    fields = [api_server.managed_by(manager, status) for manager in managers]
    found = {"namespace": "shop", "name": "web", "finalizers": list(finalizers), "managedFields": fields, **metadata}
    head = {"apiVersion": "networking.x-k8s.io/v1alpha1", "kind": "Gateway", "metadata": found}
    return {**head, "status": status} if managers else head


def gateway_status(
    *addresses: str, ready: str = "True", ports: Sequence[int] = (80,), is_served: bool = True, name: str = "web"
) -> Status:
    """Of a Gateway with listeners at these ports."""
    listener = Condition(type="Ready", status="True", reason="Ready")
    return Status(
        group_kind=Gateway.GROUP_KIND,
        namespace="shop",
        name=name,
        owner_name="blue--shop-web",
        is_served=is_served,
        conditions=(Condition(type="Ready", status=ready, reason="Applied"),),
        addresses=addresses,
        listeners=tuple(ListenerStatus(port=port, protocol="TCP", condition=listener) for port in ports),
    )


def owner(kind: OwnerKind = OwnerKind.GATEWAY) -> Owner:
    """shop/web."""
    return Owner(kind=kind, namespace="shop", name="web")


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


@pytest.mark.parametrize("ports", [[80], [80, 443]], ids=["one listener", "two"])
def test_akos_fields_are_taken_over_once(server: ApiServer, client: ClusterClient, ports: list[int]) -> None:
    """By force, however many of them there are, and the next write needs none. What is AKO's alone stays."""
    server.put(gateway(managers=["ako"], ports=[80, 443]))

    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1", ready="False", ports=ports)])
    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.2", ready="False", ports=ports)])
    StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.2", ready="False", ports=ports)])

    forced = [request.query.get("force", "") for request in server.requests if request.method == "PATCH"]
    assert forced == ["", "true", ""]
    status = server.objects["gateways"]["shop", "web"]["status"]
    assert sorted(each["type"] for each in status["conditions"]) == ["Pending", "Ready"]
    assert [each["port"] for each in status["listeners"]] == [80, 443]


@pytest.mark.parametrize("managers", [["another-controller"], ["ako", "another-controller"], ["makos"]])
def test_the_fields_of_others_are_left_alone(server: ApiServer, client: ClusterClient, managers: list[str]) -> None:
    """Also where AKO has them as well; a warning says whose they are."""
    server.put(gateway(managers=managers))
    before = server.objects["gateways"]["shop", "web"]["status"]

    (problem,) = StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1", ready="False")])

    assert managers[-1] in problem.message
    assert server.objects["gateways"]["shop", "web"]["status"] == before


def test_whatever_was_written_before_the_status_becomes_what_is_wanted(
    server: ApiServer, client: ClusterClient
) -> None:
    """And then there is nothing to write. Of AKO's listeners, those stay that were its alone."""
    writer = StatusWriter(client=client, now=NOON)
    step = st.tuples(st.sets(st.sampled_from([80, 443, 514])), st.sampled_from([(), ("10.0.0.1",)]), st.booleans())

    @settings(max_examples=30, deadline=None)
    @given(steps=st.lists(step, min_size=1, max_size=5), managers=st.sampled_from([(), ("ako",)]))
    def check(steps: list[tuple[set[int], tuple[str, ...], bool]], managers: tuple[str, ...]) -> None:
        server.put(gateway(managers=managers, ports=[443]))
        for ports, addresses, is_ready in steps:
            wanted = gateway_status(*addresses, ports=sorted(ports), ready=str(is_ready))
            assert writer.write([wanted]) == ()
            before = writes(server)
            assert writer.write([wanted]) == ()

            status = server.objects["gateways"]["shop", "web"]["status"]
            assert writes(server) == before
            listeners = {each["port"] for each in status.get("listeners", [])}
            assert [each["value"] for each in status["addresses"]] == list(addresses)
            assert ports <= listeners <= ports | ({443} if managers else set())

    check()


def test_a_listener_that_is_gone_from_git_is_gone_from_the_status(server: ApiServer, client: ClusterClient) -> None:
    """We wrote it, so it is ours to take back, once."""
    server.put(gateway())
    writer = StatusWriter(client=client, now=NOON)
    writer.write([gateway_status("10.0.0.1", ports=[80, 443])])

    writer.write([gateway_status("10.0.0.1", ports=[443])])
    writer.write([gateway_status("10.0.0.1", ports=[443])])

    assert [each["port"] for each in server.objects["gateways"]["shop", "web"]["status"]["listeners"]] == [443]
    assert len(writes(server)) == 2


def test_what_is_not_ours_to_serve_keeps_the_status_of_others(server: ApiServer, client: ClusterClient) -> None:
    """A Gateway of another class has another controller, which writes its status."""
    server.put(gateway(managers=["another-controller"]))

    assert StatusWriter(client=client, now=NOON).write([gateway_status(is_served=False)]) == ()
    assert writes(server) == []


def test_what_is_no_longer_ours_to_serve_loses_what_we_wrote(server: ApiServer, client: ClusterClient) -> None:
    """An address that nobody serves would stay in DNS."""
    server.put(gateway())
    writer = StatusWriter(client=client, now=NOON)
    writer.write([gateway_status("10.0.0.1")])

    writer.write([gateway_status(is_served=False)])
    writer.write([gateway_status(is_served=False)])

    assert server.objects["gateways"]["shop", "web"]["status"] == {}
    assert len(writes(server)) == 2


@pytest.mark.parametrize(("before", "after"), [("Proxy", ""), ("Proxy", "VIP"), ("", "Proxy"), ("VIP", "Proxy")])
def test_another_mode_is_a_change(server: ApiServer, client: ClusterClient, before: str, after: str) -> None:
    """Also back to that of the cluster."""
    server.put(service(type="LoadBalancer"))
    StatusWriter(client=client, now=NOON, ip_mode=before).write([service_status("10.0.0.2")])

    StatusWriter(client=client, now=NOON, ip_mode=after).write([service_status("10.0.0.2")])

    status = server.objects["services"]["shop", "web"]["status"]
    assert status["loadBalancer"]["ingress"][0]["ipMode"] == (after or "VIP")


def test_a_service_of_another_load_balancer_gets_none(server: ApiServer, client: ClusterClient) -> None:
    """Two writers would take turns."""
    server.put(service(type="LoadBalancer", loadBalancerClass="example.com/another"))

    assert StatusWriter(client=client, now=NOON).write([service_status("10.0.0.2")]) == ()
    assert writes(server) == []


@pytest.mark.parametrize("code", [401, 0], ids=["a refused login", "no answer"])
def test_where_no_other_would_fare_better_one_warning_stands_for_all(
    server: ApiServer, client: ClusterClient, code: int
) -> None:
    """And no more is asked: each request may take its time."""
    server.put(gateway())
    server.faults.append(Fault(matches="", act=api_server.refused(code) if code else lambda _: b"", times=99))

    (problem,) = StatusWriter(client=client, now=NOON).write([gateway_status(name=name) for name in ("a", "b", "c")])

    assert problem.message.startswith("the status of Gateway shop/a and 2 others could not be written to the cluster: ")
    assert {request.path.rpartition("/")[2] for request in server.requests} == {"a"}


@pytest.mark.parametrize("code", [403, 404, 422])
def test_a_status_that_cannot_be_written_is_a_warning(server: ApiServer, client: ClusterClient, code: int) -> None:
    """And stops no other."""
    server.put(gateway(), service(type="LoadBalancer"))
    server.faults.append(Fault(matches="gateways", act=api_server.refused(code), times=99))

    (problem,) = StatusWriter(client=client, now=NOON).write([gateway_status("10.0.0.1"), service_status("10.0.0.2")])

    assert problem.resource == "Gateway shop/web"
    assert "status" in server.objects["services"]["shop", "web"]


def test_a_server_in_trouble_is_asked_three_times(server: ApiServer, client: ClusterClient) -> None:
    """Each time with retries, which take seconds: a webhook that fails need not concern the next object."""
    server.faults.append(Fault(matches="", act=api_server.refused(503), times=99))

    problems = StatusWriter(client=client, now=NOON).write([gateway_status(name=name) for name in "abcde"])

    assert [each.resource for each in problems] == ["Gateway shop/a", "Gateway shop/b", ""]
    assert "status of Gateway shop/c and 2 others could not be written" in problems[-1].message


def test_akos_finalizer_is_removed_and_restored(server: ApiServer, client: ClusterClient) -> None:
    """All others stay, and nothing is written twice."""
    server.put(gateway("a.example.com/keep", FINALIZER, "z.example.com/keep"))
    writer, owners = StatusWriter(client=client, now=NOON), [owner(), owner(OwnerKind.SERVICE)]
    found = server.objects["gateways"]["shop", "web"]["metadata"]

    assert writer.remove_finalizers(owners) + writer.remove_finalizers(owners) == ()
    removed = list(server.objects["gateways"]["shop", "web"]["metadata"]["finalizers"])
    assert writer.restore_finalizers(owners) + writer.restore_finalizers(owners) == ()

    assert removed == ["a.example.com/keep", "z.example.com/keep"]
    assert set(server.objects["gateways"]["shop", "web"]["metadata"]["finalizers"]) == {*removed, FINALIZER}
    assert len(writes(server)) == 2
    assert found["name"] == "web"


def test_a_gateway_that_is_being_deleted_gets_no_finalizer(server: ApiServer, client: ClusterClient) -> None:
    """The cluster would refuse it."""
    server.put(gateway("a.example.com/keep", deletionTimestamp=EPOCH))

    assert StatusWriter(client=client, now=NOON).restore_finalizers([owner()]) == ()
    assert writes(server) == []
