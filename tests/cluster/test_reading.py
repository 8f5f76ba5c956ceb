"""Lists of a cluster: whole or not at all, and what was not read is unknown, not gone."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.cluster.client import ClusterClient
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.read import read_cluster
from sync.model.cluster import ClusterNeeds
from sync.model.resources.core import EndpointSlice, Node, Service
from sync.timing import Timing
from tests.shared import api_server
from tests.shared.api_server import Answer, ApiServer, Fault, Request
from tests.shared.clusters import NEEDS, Read, endpoint_slice, service

FAR = ClusterNeeds(services=frozenset((f"team-{number}", "web") for number in range(5)))


def addresses(found: tuple[EndpointSlice, ...]) -> set[str]:
    """The addresses in all slices."""
    return {end.addresses[0] for each in found for end in each.endpoints}


def test_a_read_brings_the_services_that_count_and_their_slices(server: ApiServer, read: Read) -> None:
    """Whatever else is in the namespace is not kept."""
    server.put(service(name="other"), endpoint_slice("10.9.9.9", name="other"))

    found = read()

    assert (list(found.services), addresses(found.slices), found.unread) == (
        [("shop", "web")],
        {"10.1.0.1", "10.1.0.2"},
        (),
    )


def test_a_slice_without_endpoints_is_read_as_one(server: ApiServer, read: Read) -> None:
    """The placeholder of a Service without Pods has neither endpoints nor ports, both null in JSON."""
    server.put(endpoint_slice())

    (found,) = read().slices

    assert (found.endpoints, found.ports) == ((), ())


def test_pages_are_joined(server: ApiServer, read: Read) -> None:
    """A list of several pages is that of one."""
    server.put(*(endpoint_slice(f"10.1.1.{number}", suffix=f"x{number}") for number in range(7)))

    found = read(page_size=2)

    assert len(addresses(found.slices)) == 9
    assert sum("continue" in request.query for request in server.requests) == 3


def test_with_services_in_many_namespaces_one_list_of_the_cluster_is_read(server: ApiServer, read: Read) -> None:
    """Not one of each."""
    read(FAR)

    assert {request.path for request in server.requests} == {
        "/api/v1/services",
        "/apis/discovery.k8s.io/v1/endpointslices",
    }


def test_a_user_without_rights_in_the_whole_cluster_reads_its_namespaces(server: ApiServer, read: Read) -> None:
    """A namespace that is refused is unread, and only that one."""
    server.may = lambda user, verb, plural, namespace: namespace not in ("", "team-3")
    server.put(*(endpoint_slice("10.1.2.3", namespace=f"team-{number}") for number in range(5)))

    found = read(FAR)

    assert {each.namespace for each in found.slices} == {"team-0", "team-1", "team-2", "team-4"}
    assert {(each.group_kind.kind, each.namespace) for each in found.unread} == {
        ("Service", "team-3"),
        ("EndpointSlice", "team-3"),
    }
    assert 'cannot list resource "services"' in found.unread[0].reason


def test_nodes_are_read_only_where_they_count(server: ApiServer, read: Read) -> None:
    """With images and all, of which nothing is kept."""
    server.put(
        {
            "kind": "Node",
            "metadata": {"name": "node-1"},
            "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}], "images": [{"names": ["a"]}] * 50},
        }
    )

    without, found = read(), read(ClusterNeeds(services=frozenset({("shop", "web")}), nodes=True))

    assert without.nodes == ()
    assert [(node.name, node.status.addresses[0].address) for node in found.nodes] == [("node-1", "10.0.0.1")]


PASSING = {
    "429": api_server.too_many(1),
    "500": api_server.refused(500),
    "503 of a proxy": api_server.page_of_a_proxy(503),
    "410 between pages": api_server.expired(),
    "410 with the token of another time": api_server.expired(with_token="later/1"),
}


@pytest.mark.parametrize("act", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_changes_nothing(server: ApiServer, read: Read, act: Callable[[Request], Answer]) -> None:
    """The list is read again, as a whole."""
    server.put(*(endpoint_slice(f"10.1.1.{number}", suffix=f"x{number}") for number in range(4)))
    server.faults.append(Fault(matches="endpointslices", act=act, after=1))

    found = read(page_size=2)

    assert (len(addresses(found.slices)), found.unread) == (6, ())


LASTING = {
    "429": (api_server.too_many(1), "Too many requests"),
    "500": (api_server.refused(500), "etcdserver: request timed out"),
    "503 of a proxy": (api_server.page_of_a_proxy(503), "is a proxy or a login page in between"),
    "200 of a login page": (api_server.page_of_a_proxy(200), "no JSON"),
    "410": (api_server.expired(), "too old"),
    "403": (api_server.refused(403), "request timed out"),
    "another kind": (lambda _: (200, {"kind": "PodList", "items": []}, {}), "did not answer with a list"),
    "no list": (lambda _: (200, {"kind": "EndpointSliceList", "items": 7}, {}), "not one of an API server"),
    "a redirect": (lambda _: (302, "", {"Location": "https://127.0.0.1:1/"}), "302"),
    "nothing": (lambda _: b"", "disconnected"),
}


@pytest.mark.parametrize(("act", "words"), LASTING.values(), ids=LASTING)
def test_a_list_that_cannot_be_read_is_unknown(
    server: ApiServer, read: Read, act: Callable[[Request], Answer | bytes], words: str
) -> None:
    """No slice of it is used, the reason is reported, and what was read before stays."""
    server.faults.append(Fault(matches="endpointslices", act=act, times=99))

    found = read()

    assert (found.slices, list(found.services)) == ((), [("shop", "web")])
    assert [each.group_kind for each in found.unread] == [EndpointSlice.GROUP_KIND]
    assert words in found.unread[0].reason


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95, 0.999])
def test_half_a_list_is_none(server: ApiServer, read: Read, share: float) -> None:
    """Wherever it is cut: in the head or in the JSON."""
    server.faults.append(Fault(matches="endpointslices", act=api_server.cut(server, share), times=99))

    found = read()

    assert (found.slices, len(found.unread)) == ((), 1)


def test_a_list_that_fails_on_its_second_page_is_unknown_as_a_whole(server: ApiServer, read: Read) -> None:
    """The first page is worth nothing."""
    server.put(*(endpoint_slice(f"10.1.1.{number}", suffix=f"x{number}") for number in range(4)))
    server.faults.append(Fault(matches="endpointslices.*continue", act=api_server.refused(500), times=99))

    assert read(page_size=2).slices == ()


def test_a_cluster_that_does_not_answer_is_asked_once(server: ApiServer, read: Read) -> None:
    """Every kind is unknown then, and the tries of one request are not spent on each list."""
    needs = ClusterNeeds(services=frozenset({("shop", "web")}), nodes=True)
    server.faults.append(Fault(matches="", act=lambda _: b"", times=99))

    found = read(needs)

    assert {each.group_kind for each in found.unread} == {
        Service.GROUP_KIND,
        EndpointSlice.GROUP_KIND,
        Node.GROUP_KIND,
    }
    assert {request.path for request in server.requests} == {"/api/v1/namespaces/shop/services"}


def test_a_cluster_where_nothing_listens_is_named_in_plain_words(read: Read) -> None:
    """Without the number that the system has for it."""
    found = read(server="https://127.0.0.1:1")

    assert {each.reason for each in found.unread} == {"connection refused"}


def test_an_answer_that_never_ends_is_given_up(server: ApiServer, read: Read) -> None:
    """After the time that one answer may take."""
    server.faults.append(Fault(matches="services", act=api_server.slow(1.0), times=99))

    found = read(seconds=0.1)

    assert "does not answer in time" in found.unread[0].reason


@pytest.mark.parametrize("left", [0.2, -1.0])
def test_no_request_takes_longer_than_the_run_may(server: ApiServer, tmp_path: Path, left: float) -> None:
    """Whatever the time limit of one request is; after the end of the run none is sent."""
    server.faults.append(Fault(matches="services", act=api_server.slow(2.0), times=99))
    context = read_kubeconfig((server.kubeconfig(tmp_path),))
    begin = time.monotonic()

    with ClusterClient(context, timing=Timing().ending_after(left)) as client:
        found = read_cluster(client, context.name, NEEDS)

    assert time.monotonic() - begin < 1.5
    assert {each.group_kind for each in found.unread} == {Service.GROUP_KIND, EndpointSlice.GROUP_KIND}
    assert len(server.requests) == (left > 0)


def test_an_object_that_is_wrong_leaves_the_other_lists(server: ApiServer, read: Read) -> None:
    """Only its own list is unknown, and the reason names the field."""
    server.put({**endpoint_slice("10.1.1.1", suffix="x"), "addressType": "IPv9"})
    server.put({"kind": "Node", "metadata": {"name": "node-1"}})

    found = read(ClusterNeeds(services=frozenset({("shop", "web")}), nodes=True))

    assert [each.group_kind for each in found.unread] == [EndpointSlice.GROUP_KIND]
    assert "EndpointSlice.addressType" in found.unread[0].reason
    assert [node.name for node in found.nodes] == ["node-1"]


def test_null_counts_as_absent(server: ApiServer, read: Read) -> None:
    """Wherever it stands."""
    item = endpoint_slice("10.1.1.1", suffix="x")
    item["endpoints"][0] |= {"nodeName": None, "targetRef": None, "conditions": {"ready": None, "terminating": None}}
    server.put(item)

    found = read()

    assert (addresses(found.slices), found.unread) == ({"10.1.0.1", "10.1.0.2", "10.1.1.1"}, ())


def test_a_login_that_is_refused_ends_the_read(server: ApiServer, read: Read) -> None:
    """The next list would be refused, too."""
    needs = ClusterNeeds(services=frozenset({("shop", "web"), ("pay", "web")}), nodes=True)
    server.tokens = {"another-token": "somebody"}

    found = read(needs, user={"token": "good-token-0123456789"})

    assert len(server.requests) == 1
    assert len(found.unread) == 5
