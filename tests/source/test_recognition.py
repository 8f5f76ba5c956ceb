"""What might hold a manifest of ours, and what plainly does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.resources.registry import REGISTRY
from sync.model.source import Snapshot, SourceFile
from sync.source.recognition import charts_in, is_in, may_hold_ours, resembles_ours
from tests.shared.builders import document, example_documents, yaml_of

EXAMPLES = sorted({item["kind"] for item in example_documents()})
DEPENDED_ON = sorted(set(EXAMPLES) - {"Namespace", "Pod"})
"""The kinds on which something live may depend: a Service as the back end of a Gateway."""


def may_hold(content: bytes, *, is_in_chart: bool = False) -> bool:
    """Whether it may hold a manifest of a kind that the product reads."""
    return may_hold_ours(content, REGISTRY, is_in_chart=is_in_chart)


def resembles(value: object) -> bool:
    """Whether it resembles a manifest of such a kind."""
    return resembles_ours(value, REGISTRY)


def manifest_text(kind: str) -> str:
    """A manifest of the kind as text, with something in it that no parser takes."""
    value = document(kind)
    if kind == "Service":
        value["metadata"]["labels"] = {"ako.vmware.com/gateway-name": "web", "ako.vmware.com/gateway-namespace": "shop"}
    return yaml_of(value) + "broken: [\n"


@pytest.mark.parametrize("kind", DEPENDED_ON)
@given(data=st.data())
def test_a_broken_file_with_a_manifest_of_ours_may_hold_it_whichever_line_is_lost(
    kind: str, data: st.DataObject
) -> None:
    """One lost line does not make it somebody else's."""
    lines = manifest_text(kind).splitlines(keepends=True)
    lost = data.draw(st.integers(0, len(lines) - 1))

    assert may_hold("".join(lines[:lost] + lines[lost + 1 :]).encode())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("- hosts: all\n  tasks: [\n", id="playbook"),
        pytest.param('{"compilerOptions": {} // comment\n', id="JSON with comments"),
        pytest.param("apiVersion: apps/v1\nkind: Deployment\nspec: [\n", id="Deployment"),
        pytest.param("apiVersion: apps/v1\nspec: [\n", id="another group without its kind"),
        pytest.param("apiVersion: v1\nkind: ConfigMap\ndata: {{ .Values.x }}\n", id="template of a ConfigMap"),
        pytest.param("apiVersion: v1\nkind: Service\nspec: {{ .Values.x }}\n", id="Service without VIP or label"),
        pytest.param("apiVersion: v1\nkind: Pod\nspec: [\n", id="Pod"),
        pytest.param("Resources:\n  Web: !Sub [\n", id="CloudFormation"),
        pytest.param('{"properties": {"kind": {"type": "string"}}, // x\n', id="JSON schema with comments"),
        pytest.param("properties: {kind: {type: string}, [\n", id="schema in one line"),
        pytest.param(
            "kind: CustomResourceDefinition\nproperties:\n  apiVersion:\n    type: x\n  kind:\n    type: x\na: [\n",
            id="definition of a kind",
        ),
    ],
)
def test_a_broken_file_of_another_program_holds_nothing_of_ours(text: str) -> None:
    """It is no reason to hold back anything."""
    assert not may_hold(text.encode())


@pytest.mark.parametrize("text", ["kind: [\n", "kind:\nmetadata: [\n", "kind: {{ .Values.kind }}\n", "kind:\n  - [\n"])
def test_a_kind_that_cannot_be_read_may_be_any(text: str) -> None:
    """A doubt is a doubt."""
    assert may_hold(text.encode())


def test_text_in_another_encoding_is_looked_at_all_the_same() -> None:
    """Bytes that are no UTF-8 hide no kind."""
    assert may_hold(b"# caf\xe9\nkind: Gateway\n")
    assert not may_hold(b"# caf\xe9\n")


def test_a_template_in_a_chart_counts_only_for_what_is_akos() -> None:
    """Charts are full of Services; none of them was ever a manifest of this tree."""
    text = b"kind: Service\nspec: {type: LoadBalancer, x: {{ .Values.x }}}\n"

    assert may_hold(text)
    assert not may_hold(text, is_in_chart=True)
    assert may_hold(b"ako.vmware.com/gateway-name: {{ .Values.x }}\n", is_in_chart=True)


@pytest.mark.parametrize("kind", EXAMPLES)
@given(data=st.data())
def test_a_manifest_that_lost_a_line_or_a_letter_still_resembles_ours(kind: str, data: st.DataObject) -> None:
    """Nothing that is one mistake away from a manifest of ours is somebody else's file."""
    value = document(kind)
    key = data.draw(st.sampled_from(["apiVersion", "kind"]))
    text = value.pop(key)
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(key) - 1))
        value[key[:place] + key[place + 1 :]] = text

    assert resembles(value)
    assert resembles([value])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("text", id="text"),
        pytest.param({"a": 1}, id="other YAML"),
        pytest.param({"spec": {}}, id="a spec alone"),
        pytest.param({"kind": "Deployment", "spec": {}}, id="another kind"),
        pytest.param({"apiVersion": "apps/v1", "metadata": {}, "spec": {}}, id="another group"),
        pytest.param({"apiVersion": "v1", "name": "chart"}, id="a chart"),
        pytest.param({"apiVersion": 1, "datasources": []}, id="a number as version"),
        pytest.param({"apiVersion": "serving.knative.dev/v1", "kind": "Service"}, id="Service of another group"),
        pytest.param([{"op": "add", "path": "/spec", "value": 1}], id="JSON patch"),
        pytest.param([{"id": 1, "kind": "service"}], id="a word in a record"),
        pytest.param({"id": 1, "kind": "Node"}, id="a kind in a record"),
        pytest.param({"metadata": {}, "spec": {"containers": []}}, id="template of a Pod"),
    ],
)
def test_what_plainly_is_something_else_does_not(value: object) -> None:
    """Playbooks, patches and other programs' files."""
    assert not resembles(value)


def test_charts_are_known_by_their_chart_yaml() -> None:
    """Everything below its folder belongs to it."""
    files = tuple(SourceFile(path=path, content=b"") for path in ("a/Chart.yaml", "b.yaml", "Chart.yml"))

    charts = charts_in(Snapshot(location="x", commit="", files=files))

    assert charts == {"a"}
    assert is_in("a/templates/service.yaml", charts)
    assert not is_in("ab/service.yaml", charts)
