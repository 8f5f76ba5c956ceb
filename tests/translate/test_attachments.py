"""Services whose labels name no Gateway of the tree, and the Gateways that may have been meant."""

from dataclasses import replace

import pytest

from sync.model.desired import Owner, OwnerKind
from sync.model.problem import Severity
from sync.model.resources.core import Service
from sync.model.resources.resource import Resource
from sync.model.resources.tree import BrokenResource
from tests.shared.builders import (
    GATEWAY_NAME,
    GATEWAY_NAMESPACE,
    make_broken,
    make_gateway,
    make_metadata,
    make_service,
    translated,
)

WEB = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")
OTHER = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="other")


def with_labels(**labels: str) -> Service:
    """A Service with `name` and `namespace` labels, whichever is given."""
    keys = {"name": GATEWAY_NAME, "namespace": GATEWAY_NAMESPACE, "misspelt": f"{GATEWAY_NAMESPACE}s"}
    metadata = make_metadata("lost", "shop", {keys[key]: value for key, value in labels.items()})
    return replace(make_service("lost"), metadata=metadata)


def meant(*items: Resource) -> list[Owner]:
    """For which Gateways the tree's loose Services may be meant."""
    return sorted(translated(*items).in_git.meant_for)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        pytest.param(with_labels(name="webb", namespace="shop"), [WEB], id="misspelt name"),
        pytest.param(with_labels(name="web", namespace="shpo"), [WEB], id="misspelt namespace"),
        pytest.param(with_labels(name="web"), [WEB], id="no namespace"),
        pytest.param(with_labels(name="web", misspelt="shop"), [WEB], id="misspelt key"),
        pytest.param(with_labels(namespace="shop"), [OTHER, WEB], id="no name"),
        pytest.param(with_labels(name="mail", namespace="shop"), [OTHER, WEB], id="another name"),
        pytest.param(with_labels(name="mail", namespace="post"), [], id="another name and namespace"),
        pytest.param(with_labels(name="mail"), [], id="another name alone"),
    ],
)
def test_a_loose_service_may_be_meant_for_these_gateways(service: Service, expected: list[Owner]) -> None:
    """For those that it nearly names, else for all of the namespace that it names."""
    assert meant(make_gateway(), make_gateway("other"), service) == expected


def test_a_service_is_meant_for_no_gateway_whose_listeners_are_served_or_are_not_its_own() -> None:
    """What another Service serves was not taken from this one."""
    loose = with_labels(name="webb", namespace="shop")
    elsewhere = with_labels(name="webbb", namespace="shop")

    assert meant(make_gateway(), make_service("front"), loose) == []
    assert meant(make_gateway(port=1), elsewhere) == []


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([make_gateway(), make_service()], id="its Gateway is there"),
        pytest.param([make_broken("Gateway", "web", "shop"), make_service()], id="its Gateway cannot be used"),
        pytest.param([make_gateway(), make_service(gateway=None)], id="no labels"),
        pytest.param([make_gateway(), make_service(type="ExternalName", gateway=("shop", "webb"))], id="ExternalName"),
    ],
)
def test_a_service_is_not_loose(items: list[Resource | BrokenResource]) -> None:
    """Its labels name a manifest of the tree, or nobody reads them."""
    assert translated(*items).in_git.loose_services == {}


def test_a_loose_service_is_a_warning_and_an_error_only_where_it_holds() -> None:
    """Its Gateway is served without it unless it is live, as by AKO."""
    found = translated(make_gateway(), with_labels(name="webb", namespace="shop"))

    errors = found.in_git.meant_for[WEB]
    assert [(p.severity, p.message) for p in errors] == [
        (Severity.ERROR, "Gateway shop/webb is not in the tree, so Gateway shop/web is held")
    ]
    assert found.in_git.loose_services[("shop", "lost")] in found.problems
    assert {spec.owner for spec in found.specs} == {WEB}
