"""`explain`: where each field of an object comes from, and what is live beside it."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import Tree, app, gateway

NAME = "test--shop-web"


def sources_of(result: Result, field: str) -> list[str]:
    """The places of one field as `file:line field`, or what is said instead."""
    (found,) = (each for each in result.document["fields"] if each["field"] == field)
    return [
        f"{place['file']}:{place['line']} {place['field']}" if place["file"] else place["said"]
        for place in found["sources"]
    ]


def line_with(tree: Tree, file: str, text: str) -> int:
    """The number of the line of a file that holds a text."""
    lines = (tree.folder / file).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_each_field_names_manifest_setting_or_default(sync: Run, tree: Tree) -> None:
    """An address is at its line of the manifest, a network at that of values.yaml, a cloud by default."""
    tree.commit(web=app("web", address="10.10.10.5"))

    result = sync("explain", f"VsVip/{NAME}")

    assert result.code == 0
    address, networks = line_with(tree, "web.yaml", "10.10.10.5"), line_with(tree, "values.yaml", "vipNetworkList")
    assert any(
        place.startswith(f"web.yaml:{line}") and place.endswith("spec.addresses[0].value")
        for place in sources_of(result, "vip[0].ip_address")
        for line in (address - 1, address, address + 1)
    )
    assert sources_of(result, "vip[0].ipam_network_subnet") == [
        f"values.yaml:{networks} NetworkSettings.vipNetworkList"
    ]
    assert sources_of(result, "cloud_ref") == ["default of ControllerSettings.cloudName in values.yaml"]


def test_a_setting_that_is_written_comes_before_its_default(sync: Run, tree: Tree) -> None:
    """The same field, once the key is in values.yaml, is at the line of that key."""
    values = yaml.safe_load((tree.folder / "values.yaml").read_text("utf-8"))
    values["ControllerSettings"] = {"serviceEngineGroupName": "edge"}
    tree.commit(values=[values], web=app("web"))

    result = sync("explain", f"virtualservice/{NAME}")

    line = line_with(tree, "values.yaml", "serviceEngineGroupName")
    assert sources_of(result, "se_group_ref") == [f"values.yaml:{line} ControllerSettings.serviceEngineGroupName"]


def test_a_template_of_the_tree_says_its_fields(sync: Run, tree: Tree) -> None:
    """Where the tree has a template of its own, that is what says a field."""
    folder = tree.folder / "templates"
    folder.mkdir()
    (folder / "l4policyset.json.j2").write_text('{\n  "l4_connection_policy": {"rules": []}\n}\n')
    tree.commit(web=app("web"))

    result = sync("explain", f"L4PolicySet/{NAME}")

    assert sources_of(result, "l4_connection_policy") == ["templates/l4policyset.json.j2:2 "]


def test_the_live_value_stands_beside_the_desired_one(sync: Run, tree: Tree, controller: Controller) -> None:
    """Before the first run nothing is live, after it all is equal, and then one field that somebody edited is not."""
    tree.commit(web=app("web"))
    before = sync("explain", f"VirtualService/{NAME}").document
    sync()
    after = sync("explain", f"VirtualService/{NAME}").document
    controller.change("virtualservice", NAME, remove_listening_port_on_vs_down=False)
    controller.forget()

    edited = sync("explain", f"VirtualService/{NAME}")

    assert (before["live"], {field["equal"] for field in before["fields"]}) == ("not there", {None})
    assert (after["live"], {field["equal"] for field in after["fields"]}) == ("ours", {True})
    assert [
        (field["field"], field["desired"], field["live"]) for field in edited.document["fields"] if not field["equal"]
    ] == [("remove_listening_port_on_vs_down", True, False)]
    assert controller.writes() == []


def test_a_changed_address_is_told_at_its_vip(sync: Run, tree: Tree) -> None:
    """Of a VsVip whose address Git changes, the address differs, with both values."""
    tree.commit(web=app("web", address="10.10.10.5"))
    sync()
    tree.commit(web=app("web", address="10.10.10.6"))

    fields = sync("explain", f"VsVip/{NAME}").document["fields"]

    assert [
        (field["field"], field["desired"]["addr"], field["live"]["addr"])
        for field in fields
        if not field["equal"] and field["field"] != "markers"
    ] == [("vip[0].ip_address", "10.10.10.6", "10.10.10.5")]


def test_people_read_field_value_and_place(sync: Run, tree: Tree, controller: Controller) -> None:
    """In text a field has its value, its places below it, and the live value where that is another one."""
    tree.commit(web=app("web"))
    sync()
    controller.change("virtualservice", NAME, remove_listening_port_on_vs_down=False)

    lines = sync("explain", f"VirtualService/{NAME}", "--format", "text").out.splitlines()

    assert lines[0] == f"VirtualService admin/{NAME} of Gateway shop/web"
    assert lines[lines.index("  remove_listening_port_on_vs_down: true") + 2] == "      live: false"
    assert "Explain: 13 fields, 1 different on the Controller" in lines[-1]


def test_without_a_controller_live_values_are_left_out(cli: Run, tree: Tree, tmp_path: Path) -> None:
    """A facts file, or nothing at all, stands for the Controller: no value is shown as live."""
    tree.commit(web=app("web"))
    facts = tmp_path / "facts.yaml"
    facts.write_text("cloud: {dns_domains: [avi.internal]}\n")
    source = ("--source", str(tree.folder), "-o", "json")

    assumed = cli("explain", f"VsVip/{NAME}", *source)
    told = cli("explain", f"VsVip/{NAME}", *source, "--facts", str(facts))

    assert (assumed.code, assumed.document["live"]) == (0, None)
    assert "dns_info" not in {field["field"] for field in assumed.document["fields"]}
    assert "default of L4Settings.autoFQDN in values.yaml" in sources_of(told, "dns_info")


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        pytest.param("VsVip/test--shop-wep", "Git requests no VsVip", f'did you mean "{NAME}"?', id="object"),
        pytest.param("VsVipp/test--shop-web", "is not a kind of object", 'did you mean "VsVip"?', id="kind"),
        pytest.param("VsVip", "is not an object", "write KIND/NAME", id="no name"),
        pytest.param("VsVip/other", "Git requests no VsVip", "avi-sync render lists", id="nothing near"),
        pytest.param("VsVip/test--shop-broken", "Gateway shop/broken is held", "avi-sync validate", id="held"),
    ],
)
def test_a_name_that_is_not_known_is_answered_with_the_near_one(
    name: str, message: str, fix: str, cli: Run, tree: Tree
) -> None:
    """A typo is a usage error that says what was likely meant, or why the object is not requested."""
    tree.commit(web=app("web"), broken=[gateway("broken", label_name="wrong")])

    result = cli("explain", name, "--source", str(tree.folder))

    assert result.code == 64
    assert message in result.err
    assert fix in result.err


def test_what_is_live_only_is_said_to_be(sync: Run, tree: Tree) -> None:
    """An object that Git does not ask for has nothing to explain."""
    tree.commit(web=app("web"), other=app("other"))
    sync()
    tree.commit(web=None)

    result = sync("explain", f"VsVip/{NAME}")

    assert result.code == 64
    assert "but the Controller has one" in result.err


def test_an_explanation_fits_its_schema(sync: Run, tree: Tree) -> None:
    """What is printed is what docs/schemas/explanation.json describes."""
    tree.commit(web=app("web"))

    found = sync("explain", f"VsVip/{NAME}").document

    jsonschema.validate(found, closed(published("explanation")))


def test_an_owner_is_explained_object_by_object(sync: Run, tree: Tree) -> None:
    """`Gateway/shop/web` stands for all that is made for it, in the order in which it is made."""
    tree.commit(web=app("web"), api=app("api"))

    result = sync("explain", "gateway/shop/web")
    text = sync("explain", "Gateway/shop/web", "--format", "text")
    unknown = sync("explain", "Gateway/shop/wep")

    assert [each["kind"] for each in result.document["explanations"]] == [
        "VsVip",
        "Pool",
        "L4PolicySet",
        "VirtualService",
    ]
    assert {each["owner"]["name"] for each in result.document["explanations"]} == {"web"}
    assert text.out.count("Explain: ") == 4
    assert (unknown.code, 'did you mean "Gateway/shop/web"?' in unknown.err) == (64, True)
    jsonschema.validate(result.document, closed(published("explanations")))
