"""Whose VirtualServices a tree is about, and to whom each Service belongs, usable or not."""

from typing import Any

import pytest

from sync.model.desired import Owner, OwnerKind
from sync.model.resources.core import Service
from sync.model.resources.tree import BrokenResource
from tests.shared.builders import (
    attached_to,
    make_gateway,
    make_load_balancer,
    make_origin,
    make_service,
    make_settings,
    translated,
)

SHARED = {"ako.vmware.com/enable-shared-vip": "k"}
GATEWAY = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")
SERVICE = Owner(kind=OwnerKind.SERVICE, namespace="shop", name="front")
SHARED_VIP = Owner(kind=OwnerKind.SHARED_VIP, namespace="shop", name="k")


def broken(type_name: str = "", **fields: Any) -> BrokenResource:
    """The Service shop/front, of which this much can be read."""
    origin = make_origin("Service", "front")
    return BrokenResource(
        group_kind=Service.GROUP_KIND,
        namespace="shop",
        name="front",
        origin=origin,
        **{"labels": {}, "service_type": type_name, **fields},
    )


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        pytest.param(make_service(), GATEWAY, id="with labels"),
        pytest.param(make_service(type="NodePort"), GATEWAY, id="with labels, NodePort"),
        pytest.param(make_service(gateway=None), None, id="without labels"),
        pytest.param(make_service(type="ExternalName"), None, id="that can be nobody's back end"),
        pytest.param(make_load_balancer(), SERVICE, id="LoadBalancer"),
        pytest.param(make_load_balancer(gateway=("shop", "web")), SERVICE, id="LoadBalancer with labels"),
        pytest.param(make_load_balancer(annotations=SHARED), SHARED_VIP, id="member"),
        pytest.param(broken("ClusterIP", labels=attached_to()), GATEWAY, id="broken, with labels"),
        pytest.param(broken("", labels=attached_to()), GATEWAY, id="broken, of no readable type, with labels"),
        pytest.param(broken("ClusterIP"), None, id="broken, without labels"),
        pytest.param(broken(""), SERVICE, id="broken, of no readable type"),
        pytest.param(broken("LoadBalancer", annotations=SHARED), SHARED_VIP, id="broken member"),
    ],
)
def test_a_service_belongs_to(service: Service | BrokenResource, expected: Owner | None) -> None:
    """The owner that its type, labels and annotation name, whether that has a manifest or not."""
    assert translated(service).in_git.of_services.get(("shop", "front")) == expected


def test_every_owner_with_a_manifest_is_named() -> None:
    """Also one that cannot be used, and one that a switch does not serve."""
    items = (make_gateway("api"), make_load_balancer(), make_load_balancer("mail", annotations=SHARED), broken())

    found = translated(*items, settings=make_settings(AKOSettings={"servicesAPI": False}))

    assert {str(owner) for owner in found.in_git.named} == {"Gateway shop/api", str(SERVICE), str(SHARED_VIP)}


@pytest.mark.parametrize(
    ("service", "settings", "expected"),
    [
        pytest.param(make_service(gateway=None), {}, "is of type ClusterIP", id="another type"),
        pytest.param(
            make_load_balancer(load_balancer_class="example.com/lb"),
            {},
            "is not served: its loadBalancerClass is example.com/lb",
            id="another class",
        ),
        pytest.param(
            make_load_balancer(),
            {"AKOSettings": {"blockedNamespaceList": ["shop"]}},
            "is not served: its namespace is in AKOSettings.blockedNamespaceList",
            id="blocked namespace",
        ),
        pytest.param(make_load_balancer(), {"AKOSettings": {"layer7Only": True}}, None, id="a switch is no plain word"),
        pytest.param(make_load_balancer(), {}, None, id="served"),
    ],
)
def test_why_git_does_not_ask_for_a_service(service: Service, settings: Any, expected: str | None) -> None:
    """As the rest of a sentence that begins with the owner."""
    assert translated(service, settings=make_settings(**settings)).in_git.not_served.get(SERVICE) == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param((), "has no LoadBalancer Service left: Service shop/web is of type ClusterIP", id="the last one"),
        pytest.param((make_load_balancer("mail", annotations=SHARED),), None, id="another one is still a member"),
    ],
)
def test_why_git_does_not_ask_for_a_shared_vip(others: tuple[Service, ...], expected: str | None) -> None:
    """A Service that only changed its type is in Git as before, and so is the key of its shared VIP."""
    former = make_service("web", gateway=None, annotations=SHARED)

    assert translated(former, *others).in_git.not_served.get(SHARED_VIP) == expected
