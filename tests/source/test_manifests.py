"""Source files → typed manifests, and everything that is wrong with them."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.problem import Problem
from sync.model.resources.ako import AviInfraSetting
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.tree import Resources
from sync.model.source import Snapshot
from sync.source.manifests import manifest_files, parse_manifests
from sync.source.places import with_lines
from tests.shared.builders import attached_to, document, error_lines, example_documents, make_snapshot, yaml_of


def read(files: dict[str, str], *, exclude: tuple[str, ...] = ()) -> tuple[Resources, tuple[Problem, ...]]:
    """The resources of a tree, and its problems at their exact lines."""
    snapshot = make_snapshot(files)
    resources, problems = parse_manifests(snapshot, exclude=exclude, max_aliases=100)
    return resources, with_lines(problems, snapshot)


def changed(kind: str, change: Callable[[dict[str, Any]], object]) -> str:
    """A healthy manifest with one change, as YAML."""
    manifest = document(kind)
    change(manifest)
    return yaml_of(manifest)


# --- what is read -----------------------------------------------------------------------------------------------------


def test_a_healthy_tree_has_every_manifest_and_no_problem() -> None:
    """One manifest of every kind goes where it belongs."""
    resources, problems = read({"all.yaml": yaml_of(*example_documents())})

    assert problems == ()
    assert resources.is_complete
    assert [item.title for item in (*resources.of(GatewayClass), *resources.of(Gateway), *resources.of(Service))] == [
        "GatewayClass avi",
        "Gateway shop/web",
        "Service shop/front",
        "Service shop/mail",
    ]
    assert [len(resources.of(EndpointSlice)), len(resources.of(Endpoints)), len(resources.of(Node))] == [1, 1, 1]
    assert [len(resources.of(Namespace)), len(resources.of(AviInfraSetting)), resources.broken] == [1, 1, ()]


def test_yaml_json_and_list_are_the_same() -> None:
    """How manifests are written down changes nothing but their place."""
    documents = example_documents()
    whole, _ = read({"all.yaml": yaml_of(*documents)})
    listed, _ = read({"list.yml": yaml_of({"apiVersion": "v1", "kind": "List", "items": documents})})
    inner = {"apiVersion": "v1", "kind": "List", "items": documents[1:]}
    nested, _ = read({"n.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [documents[0], inner]})})
    single, _ = read({f"{number}.json": json.dumps(item) for number, item in enumerate(documents)})

    titles = [
        [r.title for r in (*t.of(Gateway), *t.of(Service), *t.of(EndpointSlice))]
        for t in (whole, listed, nested, single)
    ]

    assert titles == [titles[0]] * 4


def test_the_defaults_of_an_api_server_are_filled_in() -> None:
    """A Service without type, protocol, targetPort and namespace has those that kubectl would show."""
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {ports: [{port: 80}]}\n"

    (service,) = read({"a.yaml": text})[0].of(Service)

    assert (service.namespace, service.spec.type) == ("default", "ClusterIP")
    assert (service.spec.ports[0].protocol, service.spec.ports[0].target) == ("TCP", 80)
    assert (service.spec.external_traffic_policy, service.spec.ip_families) == ("Cluster", ())


def test_null_means_absent() -> None:
    """A field that is null has its default."""
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: front, labels: null}\nspec: {type: null, ports: null}\n"

    resources, problems = read({"a.yaml": text})

    assert problems == ()
    assert resources.of(Service)[0].spec.type == "ClusterIP"


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        pytest.param("a.yaml", True, id="yaml"),
        pytest.param("deep/er/a.yml", True, id="yml in a folder"),
        pytest.param("a.json", True, id="json"),
        pytest.param("values.yaml", False, id="the settings"),
        pytest.param("chart/values.yaml", True, id="another values.yaml"),
        pytest.param("README.md", False, id="text"),
        pytest.param("a.YAML", False, id="upper case"),
        pytest.param(".github/a.yaml", False, id="hidden folder"),
        pytest.param("b/.a.yaml", False, id="hidden file"),
        pytest.param("drafts/a.yaml", False, id="excluded folder"),
        pytest.param("b/old-a.yaml", False, id="excluded name"),
    ],
)
def test_manifests_are_yaml_and_json_files_that_are_neither_hidden_nor_excluded(path: str, is_read: bool) -> None:
    """A glob of SyncSettings.exclude matches a path or a file name."""
    snapshot = make_snapshot({path: "a: 1"})

    assert bool(list(manifest_files(snapshot, ("drafts/*", "old-*")))) is is_read


def test_the_kinds_of_groups_that_we_know_are_named_in_one_warning_for_each_file() -> None:
    """Their author has Avi in mind, and nothing is made of them; a kind with a version that is served leads."""
    route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n---\n"
    rule = "apiVersion: ako.vmware.com/v1alpha1\nkind: HostRule\nmetadata: {name: a}\n---\n"
    gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\n---\n"
    served = yaml_of(document("Gateway"))

    resources, problems = read(
        {"a.yaml": route * 3 + rule * 2 + gateway * 2, "b.yaml": route, "c.yaml": served, "d.yaml": rule + route}
    )

    assert [(p.severity, p.file, p.line, p.message) for p in problems] == [
        (
            "warning",
            "a.yaml",
            21,
            "Gateway of gateway.networking.k8s.io/v1 is not served, and neither are HTTPRoute and HostRule",
        ),
        ("warning", "b.yaml", 2, "HTTPRoute of gateway.networking.k8s.io/v1 is not read"),
        ("warning", "d.yaml", 2, "HostRule of ako.vmware.com/v1alpha1 is not read, and neither is HTTPRoute"),
    ]
    assert sorted(resources.ignored.values()) == [2, 3, 5]
    assert resources.is_complete


def test_other_kinds_are_counted_and_ignored() -> None:
    """They are no problem, and a tree of nothing else is no mistake, but it proves nothing either."""
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\n"

    resources, problems = read({"a.yaml": deployment, "b.yaml": deployment})

    assert problems == ()
    assert resources.ignored == {"apps/v1/Deployment": 2}
    assert not resources.is_complete


@pytest.mark.parametrize(
    ("version", "kind", "meant", "severity"),
    [
        pytest.param("gateway.networking.k8s.io/v1", "Gateway", "", "warning", id="the successor of our Gateway"),
        pytest.param("networking.x-k8s.io/v1alpha2", "Gateway", "Gateway", "error", id="another version"),
        pytest.param("discovery.k8s.io/v1beta1", "EndpointSlice", "EndpointSlice", "error", id="an old version"),
        pytest.param("ako.vmware.com/v1alpha1", "L4Rule", "L4Rule", "error", id="an old L4Rule"),
        pytest.param("networking.k8s.io/v1alpha1", "Gateway", "Gateway", "error", id="a group with a letter less"),
        pytest.param("networking.x-k8s.io/v1alpha1", "Gatway", "Gateway", "error", id="a kind with a letter less"),
        pytest.param("networking.x-k8s.io/v1alpha1", "gatewayclass", "GatewayClass", "error", id="small letters"),
        pytest.param("v1", "Services", "Service", "error", id="a kind with a letter more"),
        pytest.param("networking.istio.io/v1", "Gateway", "", "", id="somebody else's Gateway"),
        pytest.param("cert-manager.io/v1", "Issuer", "", "", id="somebody else's kind"),
        pytest.param("serving.knative.dev/v1", "Service", "", "", id="somebody else's Service"),
        pytest.param("v1", "ServiceAccount", "", "", id="a core kind that is none of ours"),
        pytest.param("v1", "Secret", "", "", id="another core kind"),
        pytest.param("ako.vmware.com/v1alpha2", "L7Rule", "", "", id="AKO's rule for layer 7"),
        pytest.param("ako.vmware.com/v1alpha2", "L3Rule", "L4Rule", "error", id="one letter of a short kind"),
        pytest.param("v1", "Po", "Pod", "error", id="a shorter kind"),
        pytest.param("core/v1", "Service", "Service", "error", id="the core group by name"),
        pytest.param("apps/v1", "Service", "Service", "error", id="a group of Kubernetes without such a kind"),
        pytest.param("networking.k8s.io/v1", "Gateway", "Gateway", "error", id="another group of Kubernetes"),
        pytest.param("v1", "EndpointSlice", "EndpointSlice", "error", id="no group"),
        pytest.param("networking.x-k8s.io/v1alpha1", "Service", "Service", "error", id="the group of another kind"),
        pytest.param("networking.x-k8s.iov1alpha1", "Gateway", "Gateway", "error", id="no slash"),
        pytest.param("ako.vmware.com/v1beta1", "HostRule", "", "", id="another rule of AKO's"),
    ],
)
def test_a_manifest_that_was_meant_for_us_is_not_taken_for_somebody_elses(
    version: str, kind: str, meant: str, severity: str
) -> None:
    """Its live objects are kept: an API server would refuse it, and a misspelling is not a delete."""
    resources, problems = read({"a.yaml": f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n"})

    told = [p for p in problems if p.message != f"{kind} of {version} is not read"]
    said = [(p.severity.value, p.file, f"{kind} of {version} is not served" == p.message) for p in told]
    assert said == ([(severity, "a.yaml", True)] if severity else [])
    assert [broken.group_kind.kind for broken in resources.broken] == ([meant] if meant else [])
    assert resources.ignored == ({} if meant else {f"{version}/{kind}": 1})


# --- what is no manifest ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "severity", "line", "words", "is_complete"),
    [
        pytest.param("a.yaml", "just words\n", "warning", 1, "not a Kubernetes manifest", True, id="a text"),
        pytest.param("a.yaml", "[1, 2]\n", "warning", 1, "not a Kubernetes manifest", True, id="a list"),
        pytest.param("a.yaml", "- hosts: all\n", "warning", 1, "not a Kubernetes manifest", True, id="a playbook"),
        pytest.param(
            "a.yaml", "- {kind: Gateway}\n", "error", 1, "not a Kubernetes manifest", False, id="a list of ours"
        ),
        pytest.param("a.yaml", "---\n---\na: 1\n", "warning", 3, "not a Kubernetes manifest", True, id="other YAML"),
        pytest.param("a.yaml", "a: 1\n---\nb: 1\n---\n- 1\n", "warning", 1, "not a Kub", True, id="three of others"),
        pytest.param("a.yaml", "spec: {}\n", "warning", 1, "apiVersion and kind are missing", True, id="a spec"),
        pytest.param(
            "a.yaml", "metadata: {}\nspec: {}\n", "error", 1, "apiVersion and kind are missing", False, id="no head"
        ),
        pytest.param("a.yaml", "kind: Service\n", "error", 1, "apiVersion is missing", False, id="no version"),
        pytest.param("a.yaml", "kind: Gatway\n", "error", 1, "apiVersion is missing", False, id="no version, misspelt"),
        pytest.param("a.yaml", "kind: Deployment\n", "warning", 1, "apiVersion is missing", True, id="another kind"),
        pytest.param("a.yaml", "apiVersion: v1\nspec: 1\n", "error", 1, "kind is missing", False, id="no kind"),
        pytest.param(
            "a.yaml", "apiVersion: v1\nkidn: Service\n", "error", 1, "kind is missing", False, id="misspelt kind"
        ),
        pytest.param(
            "a.yaml", "apiVersion: apps/v1\nspec: 1\n", "warning", 1, "kind is missing", True, id="another group"
        ),
        pytest.param("a.yaml", "apiVersion: 1\nkind: x\n", "warning", 1, "apiVersion is missing", True, id="a number"),
        pytest.param("a.yaml", "a: [\n", "warning", 2, "not valid YAML", True, id="syntax"),
        pytest.param("a.json", '{"a": 1 // b\n}\n', "warning", 1, "not a Kubernetes", True, id="JSON with comments"),
        pytest.param("a.yaml", "kind: Gateway\na: [\n", "error", 3, "not valid YAML", False, id="syntax in a Gateway"),
        pytest.param(
            "a.yaml", "apiVersion: v1\nkind Service\n", "error", 3, "not valid YAML", False, id="syntax in the kind"
        ),
        pytest.param(
            "a.yaml", "kind: Deployment\na: [\n", "warning", 3, "not valid YAML", True, id="syntax in another kind"
        ),
        pytest.param(
            "a.yaml", "kind: Service\ntype: LoadBalancer\na: [\n", "error", 4, "not valid", False, id="with its own VIP"
        ),
        pytest.param("x/Chart.yaml", "name: x\n", "warning", 1, "Helm chart", True, id="Helm chart"),
        pytest.param("a.yaml", "a: 1\nb: {{ .Values.x }}\n", "warning", 2, "Helm template", True, id="Helm template"),
        pytest.param("a.yaml", "{{- if true }}\na: 1\n", "warning", 1, "Helm template", True, id="Helm condition"),
        pytest.param("a.yaml", "a: {{ x }}-1\n", "warning", 1, "template", True, id="another template"),
        pytest.param(
            "a.yaml", "kind: Gateway\na: {{ x }}\n", "error", 2, "Helm template", False, id="template of a Gateway"
        ),
        pytest.param("kustomization.yaml", "patches: []\n", "warning", 1, "so patches", True, id="kustomization"),
        pytest.param(
            "k.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nlabels: []\nvars: []\n",
            "warning",
            1,
            "so labels and vars",
            True,
            id="typed kustomization",
        ),
    ],
)
def test_a_file_that_is_no_manifest_is_named_with_its_line_and_a_fix(
    name: str, text: str, severity: str, line: int, words: str, is_complete: bool
) -> None:
    """What may have been a manifest makes the tree incomplete; what plainly is something else is a warning."""
    resources, problems = read({name: text, "gateway.yaml": yaml_of(document("Gateway"))})

    assert [(p.severity, p.file, p.line) for p in problems] == [(severity, name, line)]
    assert words in problems[0].message
    assert problems[0].fix
    assert resources.is_complete is is_complete
    assert len(resources.of(Gateway)) == 1


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\nspec: SPEC\n"


@pytest.mark.parametrize(
    ("name", "spec", "severity", "is_complete"),
    [
        pytest.param('"{{ name }}"', '{ports: [{port: "{{ port }}"}]}', "warning", True, id="Jinja"),
        pytest.param("'{% if a %}b{% endif %}'", "{ports: [{port: 80}]}", "warning", True, id="Jinja's condition"),
        pytest.param("web-${env}", "{type: NodePort, ports: [{port: 80}]}", "warning", True, id="Flux's substitution"),
        pytest.param("web_${env}", "{type: LoadBalancer, ports: [{port: 80}]}", "error", False, id="with its own VIP"),
        pytest.param(
            "web-${env}, labels: {ako.vmware.com/gateway-name: x}",
            "{ports: [{port: 80}]}",
            "error",
            False,
            id="labelled",
        ),
        pytest.param("web", '{ports: [{port: "{{ port }}"}]}', "warning", True, id="a port to be filled in"),
        pytest.param("web", "{type: NodePort, ports: 80}", "warning", True, id="no list of ports"),
        pytest.param("My_Web", "{ports: [{port: 80}]}", "warning", True, id="a name that is none"),
        pytest.param("web", "{type: LoadBalancer, ports: 80}", "error", True, id="broken, with its own VIP"),
        pytest.param("web", "{type: Loadbalancer, ports: 80}", "error", True, id="broken, with an unknown type"),
        pytest.param("web", "{tpye: LoadBalancer, ports: 80}", "error", True, id="broken, with a misspelt field"),
        pytest.param(
            "web, labels: {ako.vmware.com/gateway-name: x}", "{ports: 80}", "error", True, id="broken and labelled"
        ),
        pytest.param("web, labels: [ako]", "{ports: 80}", "error", False, id="broken, with illegible labels"),
    ],
)
def test_a_service_that_cannot_be_used_matters_only_with_a_vip_or_a_label(
    name: str, spec: str, severity: str, is_complete: bool
) -> None:
    """Other programs' Services are full of templates and mistakes; one warning for each file is enough."""
    text = SERVICE.replace("NAME", name).replace("SPEC", spec)

    resources, problems = read({"a.yaml": text, "gateway.yaml": yaml_of(document("Gateway"))})

    assert {problem.severity for problem in problems} == {severity}
    assert severity == "error" or len(problems) == 1
    assert resources.is_complete is is_complete


def test_a_file_that_is_not_ours_has_one_warning_whatever_is_in_it() -> None:
    """Also with manifests of others in between, and one beside it for the successors of our Gateways."""
    successor = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: x}\n"
    text = "---\n".join([successor, "a: 1\n", successor, yaml_of(document("Namespace")), "b: 1\n"])

    _, problems = read({"a.yaml": text, "b.yaml": successor})

    assert [(problem.file, problem.line, problem.message[:7]) for problem in problems] == [
        ("a.yaml", 1, "Gateway"),
        ("a.yaml", 5, "apiVers"),
        ("b.yaml", 1, "Gateway"),
    ]
    assert {problem.severity for problem in problems} == {"warning"}


def test_a_text_that_holds_a_go_template_is_a_text() -> None:
    """A ConfigMap with an alerting template in it is a manifest like any other."""
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: alerts}\n"
        "data:\n  slack.tmpl: |\n    {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}\n"
    )

    resources, problems = read({"alerts.yaml": config, "gateway.yaml": yaml_of(document("Gateway"))})

    assert problems == ()
    assert resources.is_complete


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        pytest.param({}, "error", id="no file"),
        pytest.param({"README.md": "hello"}, "error", id="no YAML"),
        pytest.param({"a.yaml": "# nothing\n"}, "warning", id="empty YAML"),
    ],
)
def test_an_empty_tree_is_reported_and_proves_nothing(files: dict[str, str], severity: str) -> None:
    """A wrong branch or folder must not read as a wish to delete everything."""
    resources, problems = read(files)

    assert [problem.severity for problem in problems] == [severity]
    assert not resources.is_complete


def test_a_snapshot_that_left_something_out_makes_an_incomplete_tree() -> None:
    """What was not read may have been a manifest."""
    snapshot = Snapshot(
        location="repo", commit="", files=make_snapshot({"a.yaml": yaml_of(document("Node"))}).files, is_complete=False
    )

    resources, _ = parse_manifests(snapshot, exclude=(), max_aliases=0)

    assert not resources.is_complete


# --- the constraints of the CRDs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        pytest.param(
            "Gateway",
            lambda m: m["spec"]["listeners"][1].update(port=0),
            "a.yaml:21: spec.listeners[1].port: 0 is out of range",
            id="port below range",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"]["listeners"][0].update(port="443"),
            'a.yaml:12: spec.listeners[0].port: "443" is not a whole number',
            id="port in quotes",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"]["listeners"][0].pop("routes"),
            'a.yaml:12: spec.listeners[0].routes: "routes" is missing',
            id="listener without routes",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"]["listeners"][0]["routes"].pop("kind"),
            'a.yaml:15: spec.listeners[0].routes.kind: "kind" is missing',
            id="routes without kind",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"].update(listeners=[]),
            "a.yaml:11: spec.listeners: the list has too few items",
            id="no listener",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"].update(addresses=[{"value": "10.0.0.1"}] * 17),
            "a.yaml:8: spec.addresses: the list has too many items",
            id="17 addresses",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"]["addresses"][0].update(type="Hostname"),
            'a.yaml:9: spec.addresses[0].type: "Hostname" is not known here',
            id="unknown type of address",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"].update(gatewayClassName=""),
            'a.yaml:7: spec.gatewayClassName: "" is too short',
            id="empty class name",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["spec"].update(listeners="none"),
            'a.yaml:11: spec.listeners: "none" is not a list',
            id="a text for a list",
        ),
        pytest.param(
            "Gateway", lambda m: m.update(spec=5), "a.yaml:6: spec: 5 is not a mapping", id="a number for a mapping"
        ),
        pytest.param("Gateway", lambda m: m.pop("spec"), 'a.yaml:1: spec: "spec" is missing', id="no spec"),
        pytest.param(
            "Gateway",
            lambda m: m["metadata"].update(name="Web"),
            'a.yaml:4: metadata.name: "Web" is not a valid name',
            id="upper case name",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["metadata"].update(namespace="a.b"),
            'a.yaml:5: metadata.namespace: "a.b" is not a valid name',
            id="dot in a namespace",
        ),
        pytest.param(
            "Service",
            lambda m: m["metadata"]["labels"].update({"ako.vmware.com/gateway-name": 5}),
            "a.yaml:7: metadata.labels.ako.vmware.com/gateway-name: 5 is not text",
            id="a number as label",
        ),
        pytest.param(
            "Service",
            lambda m: m["spec"]["ports"][0].update(protocol="tcp"),
            'a.yaml:14: spec.ports[0].protocol: "tcp" is not known here',
            id="lower case protocol",
        ),
        pytest.param(
            "Service",
            lambda m: m["spec"]["ports"][0].update(targetPort=1.5),
            "a.yaml:13: spec.ports[0].targetPort: 1.5 is not a whole number",
            id="half a target port",
        ),
        pytest.param(
            "Service",
            lambda m: m["spec"].update(type="Internal"),
            'a.yaml:19: spec.type: "Internal" is not known here',
            id="unknown type of Service",
        ),
        pytest.param(
            "EndpointSlice",
            lambda m: m["endpoints"][1].update(addresses=[]),
            "a.yaml:21: endpoints[1].addresses: the list has too few items",
            id="endpoint without address",
        ),
        pytest.param(
            "EndpointSlice",
            lambda m: m["endpoints"][0]["conditions"].update(ready="yes"),
            'a.yaml:19: endpoints[0].conditions.ready: "yes" is neither true nor false',
            id="a text for a boolean",
        ),
        pytest.param(
            "AviInfraSetting",
            lambda m: m["spec"].update(seGroup={}),
            'a.yaml:6: spec.seGroup.name: "name" is missing',
            id="seGroup without name",
        ),
        pytest.param(
            "AviInfraSetting",
            lambda m: m["spec"].update(l7Settings={"shardSize": "HUGE"}),
            'a.yaml:16: spec.l7Settings.shardSize: "HUGE" is not known here',
            id="unknown shard size",
        ),
    ],
)
def test_a_field_that_the_crd_refuses_is_an_error_at_its_line(
    kind: str, change: Callable[[dict[str, Any]], object], expected: str
) -> None:
    """The manifest is broken, the tree stays complete."""
    resources, problems = read({"a.yaml": changed(kind, change)})

    assert error_lines(problems) == [expected]
    assert all(problem.fix for problem in problems)
    assert [broken.group_kind.kind for broken in resources.broken] == [kind]


def test_all_problems_of_all_manifests_are_reported_in_one_run() -> None:
    """Sorted by file and line."""
    gateway = changed(
        "Gateway", lambda m: (m["spec"]["listeners"][0].update(port=0), m["spec"]["listeners"][1].pop("protocol"))
    )
    service = changed("Service", lambda m: m["spec"]["ports"][1].update(port=70000))

    _, problems = read({"b.yaml": gateway, "a.yaml": service, "c.yaml": "x: ["})

    assert [(p.file, p.line) for p in problems] == [("a.yaml", 16), ("b.yaml", 12), ("b.yaml", 21), ("c.yaml", 2)]


def test_a_broken_manifest_keeps_what_tells_who_depends_on_it() -> None:
    """A Service that cannot be used still says which Gateway it belongs to, and which VIP it shares."""
    shared = {"ako.vmware.com/enable-shared-vip": "both"}

    resources, _ = read(
        {
            "a.yaml": changed(
                "Service", lambda m: (m["spec"]["ports"][0].update(port=0), m["metadata"].update(annotations=shared))
            )
        }
    )

    (broken,) = resources.broken
    assert (broken.group_kind.kind, broken.key, broken.labels) == ("Service", ("shop", "front"), attached_to())
    assert broken.annotations == shared


def test_one_of_two_manifests_of_one_name_keeps_it_as_well() -> None:
    """Neither counts, and both say what depends on them."""
    first = changed("Service", lambda m: m["metadata"].update(annotations={"a": "b"}))
    second = changed("Service", lambda m: m["metadata"].update(annotations={"a": "c"}))

    resources, _ = read({"a.yaml": first, "b.yaml": second})

    assert [broken.annotations for broken in resources.broken] == [{"a": "c"}, {"a": "b"}]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        pytest.param("Gateway", lambda m: m["metadata"].pop("name"), id="no name"),
        pytest.param("Gateway", lambda m: m["metadata"].update(name=5), id="a number as name"),
        pytest.param("Gateway", lambda m: m.pop("metadata"), id="no metadata"),
        pytest.param("Gateway", lambda m: m.update(metadata="web"), id="a text as metadata"),
        pytest.param(
            "Gateway",
            lambda m: m["metadata"].update(namespace=5),
            id="a number as namespace",
        ),
        pytest.param(
            "Gateway",
            lambda m: m["metadata"].update(name="Web"),
            id="a name that is none",
        ),
        pytest.param(
            "Service",
            lambda m: m["metadata"].update(labels=["a"]),
            id="Service with unreadable labels",
        ),
        pytest.param(
            "EndpointSlice",
            lambda m: m["metadata"].update(labels="x"),
            id="EndpointSlice with unreadable labels",
        ),
        pytest.param(
            "Service",
            lambda m: m["metadata"].update(annotations=["a"]),
            id="Service with unreadable annotations",
        ),
    ],
)
def test_a_manifest_of_which_nobody_can_tell_what_it_is_makes_the_tree_incomplete(
    kind: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """It may be anything that is live, or belong to it."""
    resources, problems = read({"a.yaml": changed(kind, change)})

    assert problems
    assert not resources.is_complete


@pytest.mark.parametrize("annotation", ["", "ako.vmware.com/tenant-name", "nodeportlocal.antrea.io"])
@pytest.mark.parametrize("kind", ["Namespace", "Pod"])
def test_a_namespace_or_pod_without_a_name_matters_only_with_its_annotations(kind: str, annotation: str) -> None:
    """Nothing live depends on a plain one, whatever its name should have been."""
    metadata = {"name": "Not_a_name", "annotations": {annotation: "x"} if annotation else {}}
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata}

    resources, problems = read({"a.yaml": yaml_of(manifest), "b.yaml": yaml_of(document("Node"))})

    told = [problem.severity for problem in problems if problem.field == ("metadata", "name")]
    assert told == ["error" if annotation else "warning"]
    assert resources.is_complete is not bool(annotation)


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("says_kind", [True, False])
def test_the_items_of_a_typed_list_are_manifests(says_kind: bool) -> None:
    """As an API server answers with them, kind and version in the list alone."""
    item = document("Service")
    unsaid = item if says_kind else {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}

    resources, problems = read({"a.yaml": yaml_of({"apiVersion": "v1", "kind": "ServiceList", "items": [unsaid]})})

    assert problems == ()
    assert [service.name for service in resources.of(Service)] == ["front"]


@pytest.mark.parametrize("items", ["", "items: {a: b}"], ids=["none", "a mapping"])
@pytest.mark.parametrize("kind", ["List", "ServiceList"])
def test_a_list_without_items_may_have_lost_them(kind: str, items: str) -> None:
    """What stood in it may be live."""
    resources, problems = read({"a.yaml": f"apiVersion: v1\nkind: {kind}\n{items}\n"})

    assert error_lines(problems) == ["a.yaml:1: : the items of this list are missing"]
    assert not resources.is_complete


@pytest.mark.parametrize("items", ["[]", "null", ""])
def test_a_list_without_any_item_is_a_list(items: str) -> None:
    """Somebody wrote that down."""
    text = f"apiVersion: v1\nkind: List\nitems: {items}\n"

    _, problems = read({"a.yaml": text, "b.yaml": yaml_of(document("Node"))})

    assert problems == ()


def test_a_file_that_cannot_be_read_is_not_also_called_empty() -> None:
    """One cause, one problem."""
    _, problems = read({"a.yaml": "kind: Gateway\na: ["})

    assert [problem.severity for problem in problems] == ["error"]


# --- duplicates -------------------------------------------------------------------------------------------------------


def test_two_manifests_that_say_the_same_are_one() -> None:
    """A cluster knows one object; a warning names both places."""
    gateway = yaml_of(document("Gateway"))

    resources, problems = read({"a.yaml": gateway, "b.yaml": f"# again\n{gateway}"})

    assert [(problem.severity, problem.file) for problem in problems] == [("warning", "b.yaml")]
    assert "is twice in the tree, with the same content: first in a.yaml:1" in problems[0].message
    assert (len(resources.of(Gateway)), resources.broken) == (1, ())


@pytest.mark.parametrize("kind", ["Gateway", "EndpointSlice", "Namespace", "GatewayClass", "AviInfraSetting"])
def test_two_manifests_that_differ_do_not_count_where_something_depends_on_them(kind: str) -> None:
    """Nobody can tell which one is meant, so whatever depends on them is held."""
    other = changed(kind, lambda m: m["metadata"].update(annotations={"a": "b"}))

    resources, problems = read({"a.yaml": yaml_of(document(kind)), "b.yaml": other})

    assert [problem.severity for problem in problems] == ["error"]
    assert "with different content" in problems[0].message
    assert len(resources.broken) == 2


def test_two_namespaces_that_differ_matter_only_to_what_is_in_them() -> None:
    """The folders of two clusters hold the same Namespace with other labels; who is in it cannot be served."""
    one, other = (f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: mail, labels: {{a: {x}}}}}\n" for x in "bc")
    plain = SERVICE.replace("NAME", "web, namespace: mail").replace("SPEC", "{ports: [{port: 80}]}")
    tree = {"a.yaml": one, "b.yaml": other, "c.yaml": plain, "gateway.yaml": yaml_of(document("Gateway"))}
    inside = changed("Gateway", lambda m: m["metadata"].update(namespace="mail"))

    _, idle = read(tree)
    resources, used = read(tree | {"inside.yaml": inside})

    assert [[problem.severity for problem in problems] for problems in (idle, used)] == [["warning"], ["error"]]
    assert [item.name for item in resources.broken] == ["mail", "mail"]


@pytest.mark.parametrize("kind", ["Node", "Service"])
def test_of_two_that_differ_the_first_counts_where_nothing_is_held_for_it(kind: str) -> None:
    """A Service without AKO's labels and without a VIP is nobody's back end."""
    first = document(kind)
    first["metadata"].pop("labels", None)
    other = {**first, "metadata": {**first["metadata"], "annotations": {"a": "b"}}}

    resources, problems = read({"a.yaml": yaml_of(first), "b.yaml": yaml_of(other)})

    assert [problem.severity for problem in problems] == ["warning"]
    assert "and only the first is used" in problems[0].message
    assert resources.broken == ()


def test_plain_services_that_stand_twice_are_one_warning_for_each_file() -> None:
    """What is rendered for several environments repeats every name."""
    plain = SERVICE.replace("SPEC", "{ports: [{port: 80}]}")
    text = "---\n".join(plain.replace("NAME", name) for name in ("front", "back"))

    _, problems = read({f"{number}/all.yaml": text for number in range(3)})

    assert [problem.file for problem in problems] == ["1/all.yaml", "2/all.yaml"]


def test_the_same_name_in_another_namespace_or_kind_is_another_resource() -> None:
    """Identity is kind, namespace and name."""
    other = document("Endpoints")
    other["metadata"]["namespace"] = "desk"

    _, problems = read({"a.yaml": yaml_of(document("Service"), document("Endpoints"), other)})

    assert problems == ()


@pytest.mark.parametrize("first_is_broken", [False, True])
def test_a_service_that_stands_twice_breaks_the_gateways_of_both(first_is_broken: bool) -> None:
    """Whichever of the two is meant, both Gateways depend on it."""
    first, second = document("Service"), document("Service")
    second["metadata"]["labels"] = attached_to("shop", "other")
    if first_is_broken:
        first["spec"]["ports"][0]["port"] = 0

    resources, _ = read({"a.yaml": yaml_of(first), "b.yaml": yaml_of(second)})

    assert {broken.labels["ako.vmware.com/gateway-name"] for broken in resources.broken} == {"web", "other"}


# --- laws -------------------------------------------------------------------------------------------------------------


def test_a_problem_inside_a_list_has_the_line_of_its_field() -> None:
    """The place leads through `items`."""
    gateway = document("Gateway")
    gateway["spec"]["listeners"][1]["port"] = 70000
    text = yaml_of({"apiVersion": "v1", "kind": "List", "items": [document("Node"), gateway]})

    _, problems = read({"list.yaml": text})

    line = next(number for number, content in enumerate(text.splitlines(), 1) if "70000" in content)
    assert [(p.line, p.field_text) for p in problems] == [(line, "spec.listeners[1].port")]


@st.composite
def mutated_manifests(draw: st.DrawFn) -> dict[str, Any]:
    """A healthy manifest of which one place is dropped, given another type, or gets a further key."""
    manifest: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(example_documents())))
    here: Any = manifest
    for _ in range(draw(st.integers(0, 6))):
        steps: list[Any] = list(here) if isinstance(here, dict) else list(range(len(here)))
        step = draw(st.sampled_from(steps))
        if not isinstance(here[step], dict | list) or not here[step]:
            break
        here = here[step]
    steps = list(here) if isinstance(here, dict) else list(range(len(here)))
    step = draw(st.sampled_from(steps))
    match draw(st.sampled_from(["drop", "retype", "insert"])):
        case "drop":
            del here[step]
        case "retype":
            here[step] = draw(
                st.sampled_from([None, True, 0, -1, 70000, 1.5, "", "x" * 300, "Ü", [], [[]], [None], {}, {"a": {}}])
            )
        case _ if isinstance(here, dict):
            here[draw(st.sampled_from(["extra", "port", "name", "labels", "spec"]))] = draw(
                st.sampled_from([1, "a", [], {"b": 1}])
            )
        case _:
            here.append(draw(st.sampled_from([1, "a", [], {"b": 1}])))
    return manifest


@given(mutated_manifests())
@settings(max_examples=250, deadline=None)
def test_no_change_of_a_manifest_makes_reading_fail(manifest: dict[str, Any]) -> None:
    """Whatever is dropped, retyped or added: a result, and problems with file, line, message and fix."""
    _, problems = read({"a.yaml": yaml_of(manifest)})

    for problem in problems:
        assert problem.file == "a.yaml"
        assert problem.line >= 1
        assert problem.message
        assert problem.fix
        assert "{" not in problem.message + problem.fix
        assert "input should be" not in problem.message


NUMBERED = "apiVersion: v1\nkind: Service\n"
LONG_NUMBERS = ["0x" + "F" * 4000, "-0x" + "a" * 8000, "9" * 5000, "0o" + "7" * 9000, "1" + "_0" * 5000]


@pytest.mark.parametrize("number", LONG_NUMBERS, ids=["hex", "negative", "decimal", "octal", "underscores"])
@pytest.mark.parametrize(
    "place",
    [
        pytest.param("apiVersion: {}\nkind: Service\nmetadata: {{name: a}}\n", id="version"),
        pytest.param("apiVersion: v1\nkind: {}\nmetadata: {{name: a}}\n", id="kind"),
        pytest.param(NUMBERED + "metadata: {{name: {}}}\nspec: {{type: LoadBalancer}}\n", id="name"),
        pytest.param(
            NUMBERED + "metadata: {{name: a, annotations: {{team: {}}}}}\nspec: {{type: LoadBalancer}}\n",
            id="annotation",
        ),
        pytest.param(
            NUMBERED + "metadata: {{name: a}}\nspec: {{type: LoadBalancer, ports: [{{port: {}}}]}}\n", id="port"
        ),
    ],
)
def test_a_number_of_any_length_is_a_problem_of_its_manifest(place: str, number: str) -> None:
    """Python writes no number of more than 4,300 digits, so it must never have to."""
    resources, problems = read({"a.yaml": place.format(number), "b.yaml": yaml_of(document("Gateway"))})

    assert {problem.file for problem in problems} == {"a.yaml"}
    assert all(len(problem.message) < 200 for problem in problems)
    assert [gateway.name for gateway in resources.of(Gateway)] == ["web"]


@given(st.permutations(example_documents()), st.integers(0, 8))
@settings(max_examples=30, deadline=None)
def test_the_order_of_documents_and_files_changes_nothing_but_places(documents: list[Any], cut: int) -> None:
    """The same manifests in another order, in two files, are the same resources."""
    whole, _ = read({"all.yaml": yaml_of(*example_documents())})

    shuffled, problems = read({"a.yaml": yaml_of(*documents[:cut]), "b.yaml": yaml_of(*documents[cut:])})

    assert problems == ()
    assert [g.spec for g in shuffled.of(Gateway)] == [g.spec for g in whole.of(Gateway)]
    assert {s.key: s.spec for s in shuffled.of(Service)} == {s.key: s.spec for s in whole.of(Service)}
