"""Kustomizations: what they rename is held, what they only list is taken as it stands."""

from typing import Any

import pytest

from sync.model.problem import Origin
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.source.kustomize import Kustomization, renaming_by_file
from sync.source.manifests import parse_manifests
from tests.shared.builders import document, make_snapshot, yaml_of


def read(kustomizations: dict[str, dict[str, Any]], gateway: str = "base/gateway.yaml") -> tuple[list[str], list[str]]:
    """The names of the Gateways that can be used, and what the errors of the tree say."""
    files = {gateway: yaml_of(document("Gateway"))}
    files |= {path: yaml_of(value) for path, value in kustomizations.items()}
    resources, problems = parse_manifests(make_snapshot(files), exclude=(), max_aliases=0)
    broken = [item.name for item in resources.broken]
    assert resources.is_complete
    assert len(resources.of(Gateway)) + len(broken) == 1
    return [item.name for item in resources.of(Gateway)], [
        item.message for item in problems if item.severity == "error"
    ]


LISTS = {"resources": ["gateway.yaml"]}
NAMESPACE = document("Gateway")["metadata"]["namespace"]


@pytest.mark.parametrize(
    ("kustomizations", "said"),
    [
        pytest.param({"base/kustomization.yaml": LISTS | {"namespace": "prod"}}, "namespace: prod", id="namespace"),
        pytest.param({"base/kustomization.yml": LISTS | {"namePrefix": "a-"}}, "namePrefix: a-", id="prefix"),
        pytest.param({"base/kustomization.yaml": LISTS | {"nameSuffix": "-b"}}, "nameSuffix: -b", id="suffix"),
        pytest.param({"kustomization.yaml": {"resources": ["base/gateway.yaml"], "namePrefix": "a"}}, "a", id="above"),
        pytest.param(
            {"base/kustomization.yaml": LISTS, "prod/kustomization.yaml": {"bases": ["../base"], "namespace": "prod"}},
            "prod/kustomization.yaml sets namespace: prod",
            id="overlay",
        ),
        pytest.param(
            {
                "flux.yaml": {
                    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                    "kind": "Kustomization",
                    "spec": {"path": "./clusters/base", "targetNamespace": "prod"},
                }
            },
            "flux.yaml sets namespace: prod",
            id="Flux, from the root of the repository",
        ),
    ],
)
def test_what_a_kustomization_renames_cannot_be_used(kustomizations: dict[str, dict[str, Any]], said: str) -> None:
    """Under which name it reaches a cluster, its file does not show."""
    gateways, errors = read(kustomizations)

    assert gateways == []
    assert [said in error for error in errors] == [True]


@pytest.mark.parametrize(
    "kustomizations",
    [
        pytest.param({"base/kustomization.yaml": LISTS}, id="only lists"),
        pytest.param({"base/kustomization.yaml": LISTS | {"namespace": NAMESPACE}}, id="the namespace that it has"),
        pytest.param({"base/kustomization.yaml": {"namespace": "prod"}}, id="does not list it"),
        pytest.param({"other/kustomization.yaml": {"resources": ["x.yaml"], "namePrefix": "a-"}}, id="another folder"),
        pytest.param({"base/kustomization.yaml": {"resources": "gateway.yaml", "namePrefix": "a-"}}, id="no list"),
        pytest.param(
            {"base/kustomization.yaml": {"resources": ["https://example.com/x", 5, "."], "namePrefix": "a-"}}, id="odd"
        ),
        pytest.param(
            {"flux.yaml": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": 1}},
            id="Flux that says nothing",
        ),
    ],
)
def test_what_keeps_its_name_is_taken_as_it_stands(kustomizations: dict[str, dict[str, Any]]) -> None:
    """A list of resources changes nothing."""
    gateways, errors = read(kustomizations)

    assert (gateways, errors) == ([document("Gateway")["metadata"]["name"]], [])


def test_a_manifest_without_a_namespace_is_reported() -> None:
    """With kubectl the user would say where it goes; here it counts as default."""
    gateway = document("Gateway")
    del gateway["metadata"]["namespace"]

    resources, problems = parse_manifests(make_snapshot({"a.yaml": yaml_of(gateway)}), exclude=(), max_aliases=0)

    assert [item.namespace for item in resources.of(Gateway)] == ["default"]
    assert [(item.severity, item.message) for item in problems] == [
        ("warning", 'metadata.namespace is missing, so "default" is used')
    ]


@pytest.mark.parametrize(
    ("root", "path", "is_reached"),
    [
        pytest.param("", ".", True, id="all"),
        pytest.param("", "apps/web", True, id="the folder"),
        pytest.param("", "apps", True, id="a folder above the file"),
        pytest.param("", "clusters/apps", False, id="a folder that only ends alike"),
        pytest.param("", "other/place", False, id="a folder that is not there"),
        pytest.param("clusters/one", "clusters/one", True, id="the folder that is read"),
        pytest.param("clusters/one", "clusters", True, id="a folder above the one that is read"),
        pytest.param("clusters/one", "clusters/one/apps", True, id="a folder in the one that is read"),
        pytest.param("clusters/one", "apps", False, id="a folder of the same name elsewhere"),
        pytest.param("clusters/one", "clusters/on", False, id="a folder with the beginning of its name"),
        pytest.param(None, "clusters/one/apps", True, id="unknown, by the end of the name"),
        pytest.param(None, "other/place", False, id="unknown, and nothing is alike"),
    ],
)
def test_the_path_of_flux_starts_at_the_root_of_the_repository(root: str | None, path: str, is_reached: bool) -> None:
    """A Kustomization for other folders changes nothing, however the folder that is read is called."""
    flux = Kustomization(origin=Origin(file="flux.yaml", line=1), listed=(path,), namespace="x", holds_folders=True)

    found = renaming_by_file([flux], ["apps/web/gateway.yaml"], root)

    assert bool(found) is is_reached


PATCH = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "edge"}, "spec": {"type": "LoadBalancer"}}


@pytest.mark.parametrize(
    "kustomization",
    [
        pytest.param({"patches": [{"path": "patch.yaml"}, {"patch": "a: 1\nb: 2"}]}, id="patches"),
        pytest.param({"patchesStrategicMerge": ["patch.yaml", "a: 1\nb: 2"]}, id="patchesStrategicMerge"),
        pytest.param({"patchesJson6902": [{"target": {}, "path": "../base/patch.yaml"}]}, id="patchesJson6902"),
    ],
)
@pytest.mark.parametrize("kind", ["Service", "Gateway"])
def test_a_patch_is_no_manifest_and_no_proof(kustomization: dict[str, Any], kind: str) -> None:
    """It is served for nothing, and protects what is live of its name."""
    files = {
        "base/kustomization.yaml": yaml_of(kustomization),
        "base/patch.yaml": yaml_of(PATCH | {"kind": kind, "apiVersion": document(kind)["apiVersion"]}),
        "gateway.yaml": yaml_of(document("Gateway")),
    }

    resources, problems = parse_manifests(make_snapshot(files), exclude=(), max_aliases=0)

    assert (resources.of(Service), resources.broken) == ((), ())
    assert [(item.owner, *item.key) for item in resources.namesakes] == [(kind, "default", "edge")]
    assert [(item.severity, item.file) for item in problems] == [
        ("warning", "base/kustomization.yaml"),
        ("warning", "base/patch.yaml"),
    ]


@pytest.mark.parametrize("is_listed", [False, True], ids=["beside what it patches", "listed as a resource"])
def test_a_patch_of_something_in_the_tree_holds_it(is_listed: bool) -> None:
    """What a cluster gets is not what any of the two files shows."""
    gateway = document("Gateway")
    patch = {**gateway, "spec": {"gatewayClassName": "other"}}
    listed = {"resources": ["patch.yaml"]} if is_listed else {}
    files = {
        "kustomization.yaml": yaml_of({"patches": [{"path": "patch.yaml"}], **listed}),
        "patch.yaml": yaml_of(patch),
        **({} if is_listed else {"gateway.yaml": yaml_of(gateway)}),
    }

    resources, problems = parse_manifests(make_snapshot(files), exclude=(), max_aliases=0)

    assert resources.of(Gateway) == ()
    assert {item.name for item in resources.broken} == {gateway["metadata"]["name"]}
    assert "error" in [item.severity for item in problems]
