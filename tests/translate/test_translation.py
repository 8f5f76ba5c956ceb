"""The whole of a tree: names that clash, what is held, laws of translation."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.desired import Source, make_desired
from sync.model.desired import Held, Owner, OwnerKind
from sync.model.source import Snapshot
from sync.report.documents import render_document
from sync.source.manifests import parse_manifests
from tests.shared.builders import (
    OWN_TEMPLATES,
    errors_of,
    example_documents,
    make_broken,
    make_gateway,
    make_load_balancer,
    make_namespace,
    make_service,
    make_settings,
    make_slice,
    make_snapshot,
    rendered,
    translated,
    yaml_of,
)

# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(make_gateway("c", "a-b"), make_gateway("b-c", "a"), id="a dash moves"),
        pytest.param(make_gateway("front", "shop"), make_load_balancer("front", "shop"), id="Gateway and Service"),
    ],
)
def test_owners_that_claim_one_name_are_all_held(one: Any, other: Any) -> None:
    """In AKO the last writer wins (AKO-NAME-COLLISIONS); each error names the other's place."""
    found = translated(one, other, make_gateway("healthy", "desk"), make_slice())

    assert {str(spec.owner) for spec in found.specs} == {"Gateway desk/healthy"}
    assert {str(held.owner) for held in found.held} == {one.title, other.title}
    first, second = sorted(p for p in errors_of(found))
    assert {one.title in first, one.title in second} == {True, False}
    assert all("is also claimed by" in message for message in (first, second))


def test_two_gateways_that_claim_one_pool_are_held() -> None:
    """Service `a` of Gateway `b-c` and Service `a-b` of Gateway `c` (AKO-NAME-COLLISIONS)."""
    items = [
        make_gateway("b-c", "shop"),
        make_service("a", gateway=("shop", "b-c")),
        make_gateway("c", "shop"),
        make_service("a-b", gateway=("shop", "c")),
        make_slice("a"),
        make_slice("a-b"),
    ]

    found = translated(*items)

    assert found.specs == ()
    assert [message.partition(" is also claimed by ")[0] for message in errors_of(found)] == [
        "Pool name north--shop-a-b-c-TCP-443"
    ] * 2


def test_the_status_of_owners_that_claim_one_name_says_held() -> None:
    """It must not say Translated."""
    found = translated(make_gateway("c", "a-b"), make_gateway("b-c", "a"))

    assert [status.conditions[0].reason for status in found.statuses] == ["Held", "Held"]


# --- held -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("Gateway", OwnerKind.GATEWAY, id="Gateway"),
        pytest.param("Service", OwnerKind.SERVICE, id="Service"),
        pytest.param("Node", None, id="nobody's owner"),
    ],
)
def test_an_owner_whose_manifest_cannot_be_used_is_held(kind: str, expected: OwnerKind | None) -> None:
    """Under the name that its objects have."""
    broken = make_broken(kind, "web", "shop")

    found = translated(broken, settings=make_settings(AKOSettings={"enableEVH": True}))

    owners = [Owner(kind=expected, namespace="shop", name="web")] if expected else []
    name = "north--0ea7784a2a090c08eff7db57b5f64e97d4e48888"
    assert found.held == tuple(Held(owner=owner, name=name, origin=broken.origin) for owner in owners)


@pytest.mark.parametrize(
    ("service_type", "is_held"),
    [
        pytest.param("", True, id="a type that cannot be read"),
        pytest.param("LoadBalancer", True, id="LoadBalancer"),
        pytest.param("Loadbalancer", True, id="a type that is none"),
        pytest.param("ClusterIP", False, id="ClusterIP"),
        pytest.param("NodePort", False, id="NodePort"),
        pytest.param("ExternalName", False, id="ExternalName"),
    ],
)
def test_a_broken_service_is_held_unless_it_plainly_has_no_virtual_service(service_type: str, is_held: bool) -> None:
    """A misspelt `spec.type` deletes nothing."""
    broken = make_broken("Service", "web", "shop", service_type=service_type)

    assert [held.name for held in translated(broken).held] == (["north--shop-web"] if is_held else [])


def test_a_broken_member_holds_its_shared_vip_once() -> None:
    """Also where all members are broken, and nobody is left to say so."""
    annotations = {"ako.vmware.com/enable-shared-vip": "both"}
    members = [make_broken("Service", name, "shop", annotations=annotations) for name in ("a", "b")]

    found = translated(*members)

    assert [str(held.owner) for held in found.held] == ["Service shop/a", "SharedVip shop/both", "Service shop/b"]


def test_an_error_of_one_owner_leaves_the_others_alone() -> None:
    """Gateways and Services alike."""
    items = [
        make_gateway(addresses=["x"]),
        make_gateway("good"),
        make_load_balancer("bad", ports=[]),
        make_load_balancer(),
    ]

    found = translated(*items, make_slice())

    assert {str(spec.owner) for spec in found.specs} == {"Gateway shop/good", "Service shop/front"}
    assert {str(held.owner) for held in found.held} == {"Gateway shop/web", "Service shop/bad"}


# --- laws -------------------------------------------------------------------------------------------------------------


def document_of(snapshot: Snapshot) -> dict[str, Any]:
    """What `render` prints for a tree."""
    resources, problems = parse_manifests(snapshot, exclude=(), max_aliases=100)
    source = Source(
        snapshot=snapshot,
        settings=make_settings(),
        resources=resources,
        templates=OWN_TEMPLATES,
        problems=problems,
    )
    desired = make_desired(source, None)
    return render_document(desired)


def larger_tree() -> list[dict[str, Any]]:
    """The example with more of everything whose order could matter, and something wrong."""
    documents = example_documents()
    for number in range(3):
        for document in example_documents():
            if document["kind"] in ("EndpointSlice", "Node", "Gateway"):
                document["metadata"]["name"] += f"-{number}"
                for endpoint in document.get("endpoints", []):
                    endpoint["addresses"] = [f"192.0.2.{40 + number}"]
                documents.append(document)
    return documents


@given(st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_the_order_of_documents_and_files_changes_nothing(chance: random.Random, files: int) -> None:
    """The same manifests, shuffled and spread over other files, render to an equal document but for places."""
    documents = larger_tree()
    expected = document_of(make_snapshot({"all.yaml": yaml_of(*documents)}))

    chance.shuffle(documents)
    parts = {f"{number}.yaml": yaml_of(*documents[number::files]) for number in range(files)}
    found = document_of(make_snapshot(parts))

    assert found["objects"] == expected["objects"]
    assert found["statuses"] == expected["statuses"]
    assert sorted(p["message"] for p in found["problems"]) == sorted(p["message"] for p in expected["problems"])


INFRASTRUCTURE = {
    "applicationprofile",
    "cloud",
    "healthmonitor",
    "network",
    "networkprofile",
    "serviceenginegroup",
    "tenant",
    "vrfcontext",
}


def references_in(value: Any) -> set[str]:
    """Every reference in a body; the name of a policy's rule is written like one."""
    if isinstance(value, dict):
        return {ref for item in value.values() for ref in references_in(item)}
    if isinstance(value, list):
        return {ref for item in value for ref in references_in(item)}
    return {value} if isinstance(value, str) and value.startswith("/api/") else set()


@given(
    st.lists(
        st.sampled_from(
            [
                make_gateway(),
                make_gateway("b", "desk", protocol="UDP"),
                make_gateway("c", addresses=["10.0.0.1"]),
                make_service(),
                make_service("b", gateway=("desk", "b"), protocol="UDP"),
                make_service("c", gateway=("shop", "c"), port=1),
                make_load_balancer("lb"),
                make_slice(),
                make_slice("lb"),
                make_namespace(annotations={"ako.vmware.com/tenant-name": "retail & co"}),
            ]
        ),
        unique_by=id,
    )
)
@settings(max_examples=40, deadline=None)
def test_every_reference_is_rendered_or_to_infrastructure(items: list[Any]) -> None:
    """What a body refers to is created with it, in the same tenant, or belongs to the Controller; names are unique."""
    objects = rendered(translated(*items)).objects

    made = {(item.key.tenant, item.key.kind.lower(), item.key.name) for item in objects}
    assert len(made) == len(objects)
    for item in objects:
        for reference in references_in(item.body):
            kind, _, name = reference.removeprefix("/api/").partition("?name=")
            assert kind in INFRASTRUCTURE or (item.key.tenant, kind, name) in made
