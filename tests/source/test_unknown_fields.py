"""A misspelt field is not an absent one: whatever is nearly a field that we read holds what depends on it."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.model.problem import Problem, Severity
from sync.model.resources.core import EndpointSlice, Namespace
from sync.model.resources.kubernetes_fields import KUBERNETES_FIELDS, METADATA
from sync.model.resources.registry import REGISTRY, ManifestKind
from sync.model.resources.resource import GroupKind
from sync.model.resources.tree import Resources
from sync.source.manifests import parse_manifests
from sync.source.own_keys import ANNOTATIONS
from sync.source.places import with_lines
from sync.source.unknown_fields import Fields, corrected, known_fields, unknown_fields
from sync.source.validation import Schema, adapter_of
from tests.shared.builders import document, example_documents, make_snapshot, yaml_of
from tools.make_kubernetes_fields import TARGET, text


def read(*documents: Any) -> tuple[Resources, tuple[Problem, ...]]:
    """The resources of a tree, and its problems at their exact lines."""
    snapshot = make_snapshot({"a.yaml": yaml_of(*documents)})
    resources, problems = parse_manifests(snapshot, exclude=(), max_aliases=100)
    return resources, with_lines(problems, snapshot)


# --- the fields of a type ---------------------------------------------------------------------------------------------

PLACES = [
    (kind, path, name)
    for kind in REGISTRY.rows
    for path, names in Schema(adapter_of(kind.type)).mappings().items()
    for name in names
    if "origin" not in (path, name)
]
"""Every field that we read: kind, mapping, name."""


def nested(path: str, below: dict[str, Any]) -> dict[str, Any]:
    """A manifest that has nothing but this mapping, which lies in a list at every second step."""
    for number, step in enumerate(reversed(path.split(".") if path else [])):
        below = {step: [below] if number % 2 else below}
    return below


def fields_at(kind: ManifestKind, path: str) -> Fields:
    fields = known_fields(kind)
    for step in path.split(".") if path else []:
        found = fields.read[step]
        assert found is not None
        fields = found
    return fields


@st.composite
def slips(draw: st.DrawFn, name: str) -> str:
    """The name with a letter dropped, doubled, swapped or in the other case, or in another style."""
    at = draw(st.integers(0, len(name) - 1))
    made = [
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        name[:at] + name[at].swapcase() + name[at + 1 :],
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name),
        name.upper(),
    ]
    return draw(st.sampled_from(made))


@given(st.data(), st.sampled_from(PLACES))
def test_a_slip_in_any_field_that_we_read_is_told_with_what_was_meant(
    data: st.DataObject, place: tuple[ManifestKind, str, str]
) -> None:
    """Of every kind, at any depth; and what was meant can be read again."""
    kind, path, name = place
    fields = fields_at(kind, path)
    given_name = data.draw(slips(name))
    assume(given_name and given_name not in (*fields.read, *fields.others))
    value = nested(path, {given_name: "x"})

    (found,) = unknown_fields(value, known_fields(kind))

    assert found.path[-1] == given_name
    assert found.meant in fields.read
    assert unknown_slips(corrected(value, [found]), kind) == []


def unknown_slips(value: Any, kind: ManifestKind) -> list[str]:
    return [each.name for each in unknown_fields(value, known_fields(kind)) if each.meant]


@pytest.mark.parametrize("group_kind", KUBERNETES_FIELDS)
def test_a_field_of_kubernetes_is_no_mistake(group_kind: tuple[str, str]) -> None:
    """Whether we read it or not, also where it is nearly one that we read, such as clusterIP and clusterIPs."""
    fields = {**KUBERNETES_FIELDS[group_kind], "metadata": METADATA}
    known = known_fields(REGISTRY.by_group_kind[GroupKind(*group_kind)])
    values = [nested(path, dict.fromkeys(names, "x")) for path, names in fields.items()]

    assert [list(unknown_fields(value, known)) for value in values] == [[]] * len(values)


def test_the_fields_of_kubernetes_are_those_of_its_schemas() -> None:
    """Who reads more of a kind, or takes a newer kubernetes-validate: python tools/make_kubernetes_fields.py."""
    assert TARGET.read_text() == text()


# --- manifests --------------------------------------------------------------------------------------------------------


def changed(kind: str, path: tuple[str | int, ...], **fields: Any) -> dict[str, Any]:
    """A healthy manifest of that kind with more fields in one of its mappings."""
    manifest = copy.deepcopy(document(kind))
    here: Any = manifest
    for step in path:
        here = here[step]
    here.update(fields)
    return manifest


@pytest.mark.parametrize("kind", sorted({each["kind"] for each in example_documents()}))
def test_a_field_that_nobody_knows_is_a_warning_and_changes_nothing(kind: str) -> None:
    """A newer API may know it."""
    plain, _ = read(document(kind))

    resources, problems = read(changed(kind, ("metadata",), flavour="x"))

    assert [(p.severity, p.field_text) for p in problems] == [("warning", "metadata.flavour")]
    assert resources == plain


@pytest.mark.parametrize(
    ("kind", "path", "field", "meant"),
    [
        pytest.param("Gateway", ("spec",), "adresses", "addresses", id="addresses of a Gateway"),
        pytest.param("Gateway", ("spec", "listeners", 0), "hostName", "hostname", id="hostname of a listener"),
        pytest.param("Service", ("spec",), "loadBalancerIp", "loadBalancerIP", id="address of a Service"),
        pytest.param("Service", ("metadata",), "lables", "labels", id="labels"),
        pytest.param("Service", ("spec", "ports", 0), "node_port", "nodePort", id="a Service port"),
        pytest.param("EndpointSlice", ("endpoints", 0), "condition", "conditions", id="conditions of an endpoint"),
        pytest.param("Endpoints", ("subsets", 0), "notreadyAddresses", "notReadyAddresses", id="a subset"),
        pytest.param("Node", ("status",), "adresses", "addresses", id="addresses of a Node"),
        pytest.param("AviInfraSetting", ("spec", "network"), "enableRHI", "enableRhi", id="RHI"),
        pytest.param("GatewayClass", ("spec",), "parameterRef", "parametersRef", id="a class"),
    ],
)
def test_a_misspelt_field_makes_its_manifest_unusable(
    kind: str, path: tuple[str | int, ...], field: str, meant: str
) -> None:
    """Read as if it were absent, it would change what is live."""
    resources, problems = read(changed(kind, path, **{field: {}}))

    errors = [p for p in problems if p.severity is Severity.ERROR and p.field == (*path, field)]
    assert [p.fix for p in errors] == [f'did you mean "{meant}"?']
    assert [item.group_kind.kind for item in resources.broken] == [kind]


def test_a_field_in_another_case_is_told_as_ako_takes_it() -> None:
    """Go's JSON decoder pays no heed to case, so an author may have seen it work."""
    _, problems = read(changed("Gateway", ("spec", "listeners", 0), hostName="a.example.com"))

    assert [p.message for p in problems] == [
        'unknown field "hostName"; AKO, which ignores case, reads it as "hostname"'
    ]


def test_what_a_broken_manifest_belongs_to_is_told_by_misspelt_fields_too() -> None:
    """A Service whose labels are misspelt still holds its Gateway."""
    service = document("Service")
    service["metadata"]["lables"] = service["metadata"].pop("labels")

    (broken,) = read(service)[0].broken

    assert broken.labels == service["metadata"]["lables"]


def test_a_misspelt_metadata_leaves_the_tree_complete() -> None:
    """It is plain whose manifest that is."""
    gateway = document("Gateway")
    gateway["metdata"] = gateway.pop("metadata")

    resources, _ = read(gateway, document("Service"))

    assert [item.key for item in resources.broken] == [("shop", "web")]
    assert resources.is_complete


# --- annotations and labels -------------------------------------------------------------------------------------------

KEYS = [(key, each.kind) for key, kinds in ANNOTATIONS.items() for each in sorted(kinds)]


@given(st.data(), st.sampled_from(KEYS))
def test_a_slip_in_an_annotation_that_we_read_makes_its_manifest_unusable(
    data: st.DataObject, row: tuple[str, str]
) -> None:
    """A protection that does not protect, an address that nobody requests."""
    key, kind = row
    domain, _, word = key.rpartition("/")
    misspelt = f"{domain}/{data.draw(slips(word))}"
    assume(misspelt not in ANNOTATIONS)

    resources, problems = read(changed(kind, ("metadata",), annotations={misspelt: "x"}))

    assert [p.severity for p in problems if p.field == ("metadata", "annotations", misspelt)] == ["error"]
    (broken,) = resources.broken
    assert "x" in {broken.annotations.get(known) for known in ANNOTATIONS}


@pytest.mark.parametrize(
    ("kind", "place", "key", "fix"),
    [
        pytest.param("Gateway", "annotations", "avi-sync/protected", 'did you mean "avi-sync/protect"?', id="ours"),
        pytest.param("Gateway", "annotations", "avi-snyc/protect", 'did you mean "avi-sync/protect"?', id="domain"),
        pytest.param("Gateway", "annotations", "avi-sync/owner", "remove it", id="unknown"),
        pytest.param(
            "Namespace",
            "annotations",
            "avi-sync/protect",
            "remove it; it is read as an annotation of a Gateway or a Service",
            id="on another kind",
        ),
        pytest.param(
            "Service",
            "annotations",
            "ako.vmware.com/gateway-name",
            "remove it; it is read as a label of a Service",
            id="a label among the annotations",
        ),
        pytest.param("Service", "annotations", "ako.vmware.com/l4rule", "", id="one that is read"),
        pytest.param("Service", "annotations", "ako.vmware.com/host-fqdn-vs-uuid-map", "", id="one that AKO writes"),
        pytest.param("Service", "annotations", "example.com/l4-rule", "", id="somebody else's"),
        pytest.param(
            "Service",
            "labels",
            "ako.vmware.com/gatewaynamespaces",
            'did you mean "ako.vmware.com/gateway-namespace"?',
            id="a label with two slips",
        ),
        pytest.param("Service", "labels", "ako.vmware.com/gateway-names", "", id="told with the Gateway that lacks it"),
        pytest.param("Service", "labels", "app.kubernetes.io/gateway-nam", "", id="somebody else's label"),
    ],
)
def test_an_annotation_or_label_that_nobody_reads_is_told(kind: str, place: str, key: str, fix: str) -> None:
    """Where it is read, or what it was meant for."""
    _, problems = read(changed(kind, ("metadata",), **{place: {key: "x"}}))

    told = [p for p in problems if p.field == ("metadata", place, key)]
    assert [p.fix for p in told] == ([fix] if fix else [])
    assert [p.severity for p in told] == ([] if not fix else ["error" if "mean" in fix else "warning"])


@pytest.mark.parametrize(
    ("kind", "line", "field"),
    [("Service", "spec", "ports"), ("Node", "status", "addresses"), ("AviInfraSetting", "spec", "network")],
)
def test_a_mapping_whose_line_is_lost_is_missed(kind: str, line: str, field: str) -> None:
    """What stood in it stands in metadata then; without the line alone, nothing tells that there was one."""
    manifest = {key: value for key, value in document(kind).items() if key != line}
    stranded = {**manifest, "metadata": {**manifest["metadata"], field: document(kind)[line][field]}}

    resources, problems = read(stranded)

    message = f'"{line}" is missing: its field "{field}" is below metadata'
    assert [broken.group_kind.kind for broken in resources.broken] == [kind]
    assert message in [problem.message for problem in problems if problem.severity is Severity.ERROR]


def test_a_list_whose_line_is_lost_is_missed() -> None:
    """Its items stand in the list before it; a slice without endpoints is none the less right."""
    manifest = document("EndpointSlice")
    endpoints = manifest.pop("endpoints")

    resources, problems = read({**manifest, "ports": [*manifest["ports"], *endpoints]})

    assert [broken.group_kind.kind for broken in resources.broken] == ["EndpointSlice"]
    assert '"endpoints" is missing: its field "addresses" is below ports' in [problem.message for problem in problems]
    assert len(read(manifest)[0].of(EndpointSlice)) == 1


def test_an_annotation_among_the_labels_is_missed() -> None:
    """The line `annotations:` above it was lost; what depends on it is held."""
    (key,) = (key for key, kinds in ANNOTATIONS.items() if kinds == {Namespace.GROUP_KIND})

    resources, problems = read(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": {key: "b"}}}
    )

    assert [broken.name for broken in resources.broken] == ["a"]
    assert [(p.severity, p.fix) for p in problems] == [
        (Severity.ERROR, "it is an annotation: put it below `annotations:`")
    ]
