"""Single fields of an object, wanted and live."""

from typing import Any

import pytest

from sync.compare.fields import field_sources, field_values
from sync.model.explanation import FieldValues
from sync.model.problem import Origin
from sync.model.provenance import Source, in_values, in_words
from sync.model.templates import TemplateText
from tests.shared.builders import make_object


def value_of(desired: dict[str, Any], live: dict[str, Any] | None, *path: str | int, kind: str = "Pool") -> FieldValues:
    """The values of one field."""
    (found,) = field_values(make_object(desired, kind=kind), live, [path])
    return found


def test_without_a_live_object_nothing_is_compared() -> None:
    """Only what is wanted is known."""
    assert value_of({"lb_algorithm": "A"}, None, "lb_algorithm") == FieldValues(desired="A", live=None, is_equal=None)


@pytest.mark.parametrize(
    ("wanted", "live", "is_equal"),
    [
        pytest.param(8080, 8080, True, id="the same"),
        pytest.param(8080, 9090, False, id="another one"),
        pytest.param(8080, None, False, id="not set live"),
    ],
)
def test_a_field_is_equal_where_a_plan_would_not_change_it(wanted: int, live: int | None, is_equal: bool) -> None:
    """Both values are shown."""
    body = {} if live is None else {"default_server_port": live}

    found = value_of({"default_server_port": wanted}, body, "default_server_port")

    assert (found.desired, found.live, found.is_equal) == (wanted, live, is_equal)


def test_a_reference_is_equal_in_whatever_form() -> None:
    """By name where it is wanted, as a URL where it is read."""
    found = value_of(
        {"pki_profile_ref": "/api/pkiprofile?name=ca"},
        {"pki_profile_ref": "https://c/api/pkiprofile/pkiprofile-1#ca"},
        "pki_profile_ref",
    )

    assert found.is_equal is True


def test_a_field_that_is_left_alone_is_not_compared() -> None:
    """The values are shown all the same."""
    desired = make_object({"servers": [{"port": 1}]}, left_alone=["servers"])

    (found,) = field_values(desired, {"servers": [{"port": 2}]}, [("servers",)])

    assert (found.desired, found.live, found.is_equal) == ([{"port": 1}], [{"port": 2}], None)


def test_secrets_are_not_told() -> None:
    """Neither the wanted nor the live one, and whether they are equal is."""
    key = {"key": [{"aes_key": "canary-1"}]}
    live = {"key": [{"aes_key": "canary-2"}]}

    found = value_of({"oauth_vs_config": key}, {"oauth_vs_config": live}, "oauth_vs_config", kind="VirtualService")

    assert found.is_equal is False
    assert "canary" not in f"{found.desired} {found.live}"


# --- parts of a VIP ---------------------------------------------------------------------------------------------------


def vip(number: str = "0", address: str = "10.1.2.3", **fields: Any) -> dict[str, Any]:
    """One VIP."""
    return {"vip_id": number, "ip_address": {"addr": address, "type": "V4"}, **fields}


def asks(*vips: dict[str, Any], address: str = "10.1.2.3") -> dict[str, Any]:
    """A VsVip that requests an address."""
    return {"vip": [*vips], "markers": [{"key": "AskedAddress", "values": [address]}]}


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        pytest.param(asks(vip()), True, id="the same"),
        pytest.param(asks(vip(address="10.1.2.4"), address="10.1.2.4"), False, id="another address"),
        pytest.param(asks(vip("1", "10.1.2.4"), vip()), True, id="the same, second in the list"),
        pytest.param({"vip": []}, False, id="no VIP"),
    ],
)
def test_a_part_of_a_vip_is_that_of_the_vip_with_the_same_id(live: dict[str, Any], expected: bool) -> None:
    """Wherever it stands in the list."""
    assert value_of(asks(vip()), live, "vip", 0, "ip_address", kind="VsVip").is_equal is expected


NETWORK = {"network_ref": "/api/network?name=vips"}


def test_what_the_controller_adds_inside_a_part_makes_no_difference() -> None:
    """It completes the network with a subnet; another part of the VIP is what differs."""
    live_network = {
        "network_ref": "https://c/api/network/n#vips",
        "subnet": {"ip_addr": {"addr": "10.1.0.0", "type": "V4"}, "mask": 16},
    }
    wanted = asks(vip(ipam_network_subnet=NETWORK))
    live = asks(vip(address="10.1.2.4", ipam_network_subnet=live_network), address="10.1.2.4")

    network = value_of(wanted, live, "vip", 0, "ipam_network_subnet", kind="VsVip")
    address = value_of(wanted, live, "vip", 0, "ip_address", kind="VsVip")

    assert (network.is_equal, address.is_equal) == (True, False)


def test_another_network_is_a_difference() -> None:
    """Of the part that names it."""
    live = asks(vip(ipam_network_subnet={"network_ref": "https://c/api/network/n#other"}))

    found = value_of(asks(vip(ipam_network_subnet=NETWORK)), live, "vip", 0, "ipam_network_subnet", kind="VsVip")

    assert found.is_equal is False


def test_lists_inside_a_part_are_compared_item_by_item() -> None:
    """Of equal length, each item as wanted."""

    def placed(*names: str) -> dict[str, Any]:
        networks = [{"network_ref": f"/api/network?name={name}"} for name in names]
        return asks(vip(placement_networks=networks))

    def is_equal(live: dict[str, Any]) -> bool | None:
        return value_of(placed("a", "b"), live, "vip", 0, "placement_networks", kind="VsVip").is_equal

    assert (is_equal(placed("a", "b")), is_equal(placed("a")), is_equal(placed("a", "c"))) == (True, False, False)


def test_a_vip_as_a_whole_differs_with_any_part() -> None:
    """The top-level field is equal or not, as a plan has it."""
    live = asks(vip(address="10.1.2.4"), address="10.1.2.4")

    assert value_of(asks(vip()), live, "vip", kind="VsVip").is_equal is False


def test_a_position_that_is_not_there_has_no_value() -> None:
    """A path of another object's field."""
    assert value_of(asks(vip()), asks(vip("7")), "vip", 0, "subnet", kind="VsVip").live is None


# --- where they come from ---------------------------------------------------------------------------------------------

CLUSTER = in_values("AKOSettings", "clusterName")
NETWORKS = in_values("NetworkSettings", "vipNetworkList")
MANIFEST = Source(origin=Origin(file="web.yaml", line=3), field=("spec", "listeners"))
WORDS = in_words("as AKO writes it")
TEMPLATE = TemplateText(file="templates/vsvip.json.j2", text='{\n  "vip": [],\n  "servers": []\n}')


def test_each_field_has_its_sources_in_the_order_of_the_body() -> None:
    """The items of a list go field by field if they have sources of their own; what is left alone comes last."""
    body = {"vip": [{"vip_id": "0"}, {"vip_id": "1"}], "dns_info": [{"fqdn": "a.b"}]}
    recorded = {
        "name": (CLUSTER,),
        "tenant_ref": (WORDS,),
        "vip.*.vip_id": (NETWORKS,),
        "dns_info": (MANIFEST,),
        "servers": (WORDS,),
    }

    found = field_sources(make_object(body, kind="VsVip", left_alone=["servers"]), recorded, None)

    assert list(found.items()) == [
        (("name",), (CLUSTER,)),
        (("tenant_ref",), (WORDS,)),
        (("vip", 0, "vip_id"), (NETWORKS,)),
        (("vip", 1, "vip_id"), (NETWORKS,)),
        (("dns_info",), (MANIFEST,)),
        (("servers",), (WORDS,)),
    ]


def test_manifests_come_first_and_each_source_once() -> None:
    """Then settings, then words."""
    recorded = {"name": (WORDS, CLUSTER, MANIFEST, CLUSTER)}

    assert field_sources(make_object({}), recorded, None)[("name",)] == (MANIFEST, CLUSTER, WORDS)


def test_a_template_of_the_tree_says_what_a_template_can_change() -> None:
    """At the line that names the field, or at its first line; not the name, and not what is left alone."""
    item = make_object({"vip": [], "east_west_placement": True}, kind="VsVip", left_alone=["servers"])
    recorded = {"name": (CLUSTER,), "vip": (NETWORKS,), "servers": (WORDS,)}

    found = field_sources(item, recorded, TEMPLATE)

    lines = [found[(name,)][0].origin for name in ("vip", "east_west_placement")]
    assert lines == [Origin(file=TEMPLATE.file, line=2), Origin(file=TEMPLATE.file, line=1)]
    assert (found[("name",)], found[("servers",)]) == ((CLUSTER,), (WORDS,))
