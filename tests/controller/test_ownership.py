"""Whose a live object is: ours, AKO's, nobody's, or somebody else's (docs/safety.md#ownership)."""

from typing import Any

import pytest

from sync.controller.live import live_object
from sync.kinds import KINDS
from sync.model.live import Ownership
from sync.translate.names import Names
from tests.shared.builders import markers

GATEWAY = {"clustername": "prod", "Namespace": "shop", "GatewayName": "web"}
POOL = {**GATEWAY, "ServiceName": "front", "Port": "80", "Protocol": "TCP"}
SERVICE_POOL = {"clustername": "prod", "Namespace": "shop", "ServiceName": "mail", "Port": "25"}
OURS = {"ManagedBy": "avi-sync"}
VIP = "prod--shop-web"
POOL_NAME = "prod--shop-front-web-TCP-80"


@pytest.mark.parametrize(
    ("kind", "name", "created_by", "marks", "expected"),
    [
        pytest.param("VirtualService", VIP, "avi-sync-prod", GATEWAY | OURS, Ownership.OURS, id="ours"),
        pytest.param("VsVip", VIP, "", GATEWAY | OURS, Ownership.OURS, id="ours without created_by"),
        pytest.param("Pool", "copy", "avi-sync-prod", POOL | OURS, Ownership.CLONE, id="copy of ours"),
        pytest.param(
            "VsVip", VIP, "", GATEWAY | OURS | {"clustername": "prod-2"}, Ownership.FOREIGN, id="ours of a longer name"
        ),
        pytest.param(
            "VsVip", VIP, "", GATEWAY | OURS | {"clustername": "pro"}, Ownership.FOREIGN, id="ours of a shorter name"
        ),
        pytest.param("VirtualService", VIP, "ako-prod", GATEWAY, Ownership.AKO, id="AKO's VirtualService"),
        pytest.param("L4PolicySet", VIP, "ako-prod", GATEWAY, Ownership.AKO, id="AKO's policy"),
        pytest.param("Pool", POOL_NAME, "ako-prod", POOL, Ownership.AKO, id="AKO's pool"),
        pytest.param("Pool", "prod--shop-mail-UDP-25", "ako-prod", SERVICE_POOL, Ownership.AKO, id="AKO's pool, UDP"),
        pytest.param("VsVip", VIP, "", {"clustername": "prod"}, Ownership.AKO, id="AKO's VsVip"),
        pytest.param("Pool", POOL_NAME, "ako-prod", {}, Ownership.AKO, id="AKO's, without markers"),
        pytest.param("Pool", "copy", "ako-prod", POOL, Ownership.AKO_CLONE, id="copy of AKO's"),
        pytest.param("VsVip", "copy", "", {"clustername": "prod"}, Ownership.FOREIGN, id="copy of AKO's VsVip"),
        pytest.param("Pool", POOL_NAME, "ako-prod-2", POOL, Ownership.FOREIGN, id="AKO of a longer name"),
        pytest.param("Pool", POOL_NAME, "ako-pro", POOL, Ownership.FOREIGN, id="AKO of a shorter name"),
        pytest.param(
            "Pool", POOL_NAME, "ako-prod", POOL | {"clustername": "prod-2"}, Ownership.FOREIGN, id="marks that disagree"
        ),
        pytest.param("VsVip", VIP, "", {"clustername": "prod-2"}, Ownership.FOREIGN, id="VsVip of another cluster"),
        pytest.param("Pool", POOL_NAME, "", POOL, Ownership.FOREIGN, id="AKO's markers, created_by taken off"),
        pytest.param(
            "VirtualService",
            "prod--shop.example.com",
            "ako-prod",
            {"clustername": "prod", "Namespace": "shop", "Host": "shop.example.com"},
            Ownership.FOREIGN,
            id="AKO's layer 7",
        ),
        pytest.param(
            "Pool",
            "prod--default-cart",
            "ako-prod",
            {"clustername": "prod", "Namespace": "default", "InfrasettingName": "gold"},
            Ownership.FOREIGN,
            id="AKO's, for nothing on layer 4",
        ),
        pytest.param("VirtualService", VIP, "avi-sync-prod", {}, Ownership.STRIPPED, id="ours, all marks removed"),
        pytest.param("Pool", POOL_NAME, "avi-sync-prod", POOL, Ownership.STRIPPED, id="ours, ManagedBy removed"),
        pytest.param("VsVip", VIP, "", GATEWAY, Ownership.STRIPPED, id="our VsVip, ManagedBy removed"),
        pytest.param("Pool", POOL_NAME, "", POOL | {"Digest": "d"}, Ownership.STRIPPED, id="ours, created_by, too"),
        pytest.param("VsVip", "prod-2--shop-web", "", GATEWAY | OURS, Ownership.CLONE, id="copy with another prefix"),
        pytest.param("Pool", "copy", "avi-sync-prod", {}, Ownership.FOREIGN, id="copy of ours, all marks removed"),
        pytest.param("Pool", POOL_NAME, "avi-sync-prod-2", {}, Ownership.FOREIGN, id="ours of a longer name, stripped"),
        pytest.param(
            "Pool",
            POOL_NAME,
            "avi-sync-prod",
            POOL | {"ManagedBy": "terraform"},
            Ownership.FOREIGN,
            id="taken by another",
        ),
        pytest.param("Pool", POOL_NAME, "", {}, Ownership.UNMARKED, id="no mark at all"),
        pytest.param("VsVip", VIP, "", {"team": "shop"}, Ownership.UNMARKED, id="a label of somebody"),
        pytest.param("Pool", POOL_NAME, "terraform", {}, Ownership.FOREIGN, id="created by another tool"),
        pytest.param("Pool", POOL_NAME, "", {"ManagedBy": "terraform"}, Ownership.FOREIGN, id="managed by another"),
    ],
)
def test_ownership(kind: str, name: str, created_by: str, marks: dict[str, str], expected: Ownership) -> None:
    """By marker, cluster and name; every mark must agree."""
    body: dict[str, Any] = {"name": name, "uuid": "x", "markers": markers(**marks)}
    if created_by:
        body["created_by"] = created_by

    found = live_object(body, KINDS[kind], Names(cluster="prod"))

    assert found.ownership is expected


@pytest.mark.parametrize("gone", [*POOL, "ManagedBy"])
def test_an_object_of_ours_that_lost_any_mark_is_no_copy(gone: str) -> None:
    """Whichever mark somebody removed: what is left does not spell another name."""
    marks = {key: value for key, value in (POOL | OURS).items() if key != gone}
    body = {"name": POOL_NAME, "created_by": "avi-sync-prod", "markers": markers(**marks)}

    found = live_object(body, KINDS["Pool"], Names(cluster="prod"))

    assert (found.ownership, found.owner) == (Ownership.STRIPPED, None)


@pytest.mark.parametrize(
    ("created_by", "marks", "expected"),
    [
        pytest.param("avi-sync-prod", OURS, Ownership.RENAMED, id="ours"),
        pytest.param("ako-prod", {}, Ownership.AKO_RENAMED, id="AKO's"),
    ],
)
@pytest.mark.parametrize("kind", ["VirtualService", "Pool"])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_what_has_the_names_of_the_other_encoding_is_no_copy(
    kind: str, is_encoded: bool, created_by: str, marks: dict[str, str], expected: Ownership
) -> None:
    """Somebody has changed enableEVH since it was made."""
    names = Names(cluster="prod", is_encoded=is_encoded)
    spelled = {
        "VirtualService": names.virtual_service("shop", "web"),
        "Pool": names.attached_pool("shop", "front", "web", "TCP", 80),
    }
    body = {"name": spelled[kind], "created_by": created_by, "markers": markers(**POOL, **marks)}

    found = live_object(body, KINDS[kind], names.of_other_encoding)

    assert found.ownership is expected


def test_ako_s_encoded_names_are_spelled_by_its_markers() -> None:
    """With enableEVH a name is a digest; it is still told from a copy's."""
    names = Names(cluster="prod", is_encoded=True)
    body = {"name": names.virtual_service("shop", "web"), "created_by": "ako-prod", "markers": markers(**GATEWAY)}

    found = live_object(body, KINDS["VirtualService"], names)

    assert (found.ownership, found.ako_owner_name) == (Ownership.AKO, body["name"])
