"""Two groups may have a kind of one name: each is read by its own row, and neither is taken for the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import ConfigDict, Field

from sync.model.problem import Problem
from sync.model.resources.gateway import Gateway
from sync.model.resources.registry import REGISTRY, ManifestKind, Registry
from sync.model.resources.resource import CAMEL, GroupKind, Resource
from sync.model.resources.tree import Resources
from sync.model.types import Port, Text
from sync.source.manifests import parse_manifests
from sync.source.places import with_lines
from tests.shared.builders import document, make_snapshot, yaml_of

GROUP = "gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherListener:
    """A listener of the other API."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    name: Text
    port: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSpec:
    """Its `spec`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    listeners: Annotated[tuple[OtherListener, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherGateway(Resource):
    """A Gateway of another group, which the product does not read."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind(GROUP, "Gateway")
    spec: OtherSpec


OTHER = ManifestKind(type=OtherGateway, versions=("v1",), fields={"spec": ("gatewayClassName",)})
BOTH = Registry(rows=(*REGISTRY.rows, OTHER))


def other_gateway(**changes: Any) -> dict[str, Any]:
    """The manifest of one, called like the Gateway of the examples."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Gateway",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"gatewayClassName": "x", "listeners": [{"name": "http", "port": 80}]},
        **changes,
    }


def read(files: Mapping[str, Any], registry: Registry = BOTH) -> tuple[Resources, tuple[Problem, ...]]:
    """The resources of a tree, and its problems at their exact lines."""
    snapshot = make_snapshot({name: yaml_of(manifest) for name, manifest in files.items()})
    resources, problems = parse_manifests(snapshot, exclude=(), max_aliases=0, registry=registry)
    return resources, with_lines(problems, snapshot)


def test_each_group_has_its_own_gateway_of_that_name() -> None:
    """Neither is a repetition of the other, and each is found by its own type."""
    resources, problems = read({"ours.yaml": document("Gateway"), "other.yaml": other_gateway()})

    assert problems == ()
    assert [type(item) for item in (*resources.of(Gateway), *resources.of(OtherGateway))] == [Gateway, OtherGateway]
    assert (resources.namesakes, resources.ignored) == ((), {})


@pytest.mark.parametrize(
    ("broken", "sound"),
    [pytest.param(Gateway, OtherGateway, id="ours"), pytest.param(OtherGateway, Gateway, id="other")],
)
def test_a_broken_gateway_leaves_that_of_the_other_group_alone(broken: type[Resource], sound: type[Resource]) -> None:
    """Its message has its own file and line, and only its own key is broken."""
    manifests: dict[type[Resource], dict[str, Any]] = {Gateway: document("Gateway"), OtherGateway: other_gateway()}
    manifests[broken]["spec"]["listeners"] = [{"name": "x", "port": 70443}]

    resources, problems = read({f"{kind.GROUP_KIND.group}.yaml": manifest for kind, manifest in manifests.items()})

    assert [item.manifest_key for item in resources.broken] == [(broken.GROUP_KIND, "shop", "web")]
    assert len(resources.of(sound)) == 1
    (problem,) = (problem for problem in problems if problem.field[-1] == "port")
    assert (problem.file, problem.message) == (f"{broken.GROUP_KIND.group}.yaml", "70443 is out of range")


def test_a_field_is_known_to_its_own_group_only() -> None:
    """`addresses` is a field of ours; the other model here lacks it."""
    addresses = [{"value": "10.0.0.1"}]
    ours, other = document("Gateway"), other_gateway()
    ours["spec"]["addresses"] = other["spec"]["addresses"] = addresses

    _, problems = read({"ours.yaml": ours, "other.yaml": other})

    assert [(problem.file, problem.message) for problem in problems] == [
        ("other.yaml", 'the field "addresses" has no effect')
    ]


@pytest.mark.parametrize(
    ("version", "fix"),
    [
        pytest.param("networking.x-k8s.io/v1alpha2", "networking.x-k8s.io/v1alpha1", id="ours"),
        pytest.param(f"{GROUP}/v1beta1", f"{GROUP}/v1", id="other"),
        pytest.param(f"{GROUP}s/v1", f"{GROUP}/v1", id="other, misspelt"),
        pytest.param("networkin.x-k8s.io/v1alpha1", "networking.x-k8s.io/v1alpha1", id="ours, misspelt"),
    ],
)
def test_another_version_is_compared_with_the_row_of_its_group(version: str, fix: str) -> None:
    """The message names what is served of that group."""
    resources, problems = read({"a.yaml": other_gateway(apiVersion=version)})

    assert [item.group_kind.group for item in resources.broken] == [fix.rpartition("/")[0]]
    assert [(problem.message, problem.fix) for problem in problems] == [
        (f"Gateway of {version} is not served", f"layer 4 is described with Gateway of {fix}")
    ]


def test_without_its_row_the_other_gateway_is_a_namesake() -> None:
    """It is ignored with a warning, and protects what is live of its name."""
    resources, problems = read({"ours.yaml": document("Gateway"), "other.yaml": other_gateway()}, REGISTRY)

    assert resources.ignored == {f"{GROUP}/v1/Gateway": 1}
    assert [item.key for item in resources.namesakes] == [("shop", "web")]
    assert [problem.message for problem in problems] == [f"Gateway of {GROUP}/v1 is not served"]


def test_a_kind_without_a_row_in_the_groups_that_are_read_is_still_named() -> None:
    """A GatewayClass of the other group stays a namesake's class while only its Gateway is read."""
    manifest = {"apiVersion": f"{GROUP}/v1", "kind": "GatewayClass", "metadata": {"name": "x"}}

    resources, problems = read({"ours.yaml": document("Gateway"), "class.yaml": manifest})

    assert resources.broken == ()
    assert [(problem.file, problem.severity) for problem in problems] == [("class.yaml", "warning")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget(Resource):
    """A kind whose name no other one has."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("example.com", "Widget")
    spec: Mapping[Text, Text] = field(default_factory=dict)


def test_a_row_is_all_that_a_new_kind_needs_to_be_read() -> None:
    """Without a file of its group that can be parsed the tree is incomplete; with one it is found, also in a List."""
    registry = Registry(rows=(*REGISTRY.rows, ManifestKind(type=Widget, versions=("v1",))))
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"namespace": "shop", "name": "a"}}
    listed = {"apiVersion": "example.com/v1", "kind": "WidgetList", "items": [{"metadata": widget["metadata"]}]}
    broken = make_snapshot({"a.yaml": yaml_of(widget) + "x: [\n", "b.yaml": yaml_of(document("Gateway"))})

    resources, _ = read({"list.yaml": listed}, registry)
    incomplete, _ = parse_manifests(broken, exclude=(), max_aliases=0, registry=registry)
    without, _ = parse_manifests(broken, exclude=(), max_aliases=0)

    assert [item.title for item in resources.of(Widget)] == ["Widget shop/a"]
    assert (incomplete.is_complete, without.is_complete) == (False, True)
