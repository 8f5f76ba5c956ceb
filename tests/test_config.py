"""values.yaml → Settings; flags and environment → where things are."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.config import (
    EMBEDDED,
    SourceOptions,
    _own_folder,
    controller_host_problem,
    host_of,
    read_settings,
    secret,
    source_request,
)
from sync.errors import UsageError
from sync.model.problem import Problem
from sync.model.settings import ControllerSettings, Settings
from sync.source.places import with_lines
from sync.source.validation import Schema, adapter_of
from tests.shared.builders import VALUES, error_lines, make_settings, make_snapshot


def read(text: str) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings of a tree with this values.yaml, problems at their exact lines."""
    snapshot = make_snapshot({"values.yaml": text})
    settings, problems = read_settings(snapshot, max_aliases=10)
    return settings, with_lines(problems, snapshot)


def test_the_least_file_has_akos_defaults() -> None:
    """Only clusterName has none (helm/ako/values.yaml of AKO 2.2.1)."""
    settings, problems = read("AKOSettings: {clusterName: north}\n")

    assert problems == ()
    assert settings is not None
    assert (settings.cluster, settings.created_by) == ("north", "avi-sync-north")
    assert (settings.ako.services_api, settings.ako.layer7_only, settings.ako.enable_evh) == (False, False, False)
    assert (settings.l4.auto_fqdn, settings.l4.default_lb_controller) == ("default", True)
    assert settings.l7.service_type == "ClusterIP"
    assert settings.controller.service_engine_group_name == "Default-Group"
    assert (settings.controller.cloud_name, settings.controller.tenant_name) == ("Default-Cloud", "admin")
    assert (settings.sync.backends, settings.sync.limits.max_yaml_aliases) == ("auto", 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "values.yaml:1: AKOSettings", id="empty"),
        pytest.param("AKOSettings: {}", "values.yaml:1: AKOSettings.clusterName", id="no name"),
        pytest.param("AKOSettings: {clusterName: ''}", "values.yaml:1: AKOSettings.clusterName", id="empty name"),
        pytest.param("AKOSettings: {clusterName: a.b}", "values.yaml:1: AKOSettings.clusterName", id="dot in the name"),
        pytest.param("AKOSettings: {clusterName: 5}", "values.yaml:1: AKOSettings.clusterName", id="number as name"),
    ],
)
def test_a_cluster_name_is_required(text: str, expected: str) -> None:
    """AKO's default would be somebody else's cluster."""
    settings, problems = read(text)

    assert settings is None
    assert [line.partition(": ")[0] for line in error_lines(problems)] == ["values.yaml:1"]
    assert error_lines(problems)[0].startswith(expected)


@pytest.mark.parametrize(
    ("added", "place", "message", "fix"),
    [
        pytest.param("AKOSetings: {}", "7: AKOSetings", 'unknown key "AKOSetings"', '"AKOSettings"?', id="section"),
        pytest.param(
            "L4Settings:\n  autoFqdn: flat", "8: L4Settings.autoFqdn", "unknown key", '"autoFQDN"?', id="case"
        ),
        pytest.param(
            "L7Settings: {serviceType: Nodeport}", "7: L7Settings.serviceType", "not known", "'NodePort'", id="choice"
        ),
        pytest.param(
            "SyncSettings:\n  limits:\n    maxFiles: 0", "9: SyncSettings.limits.maxFiles", "range", "1 on", id="limit"
        ),
        pytest.param("SyncSettings: {backends: none}", "7: SyncSettings.backends", "not known", "'ignore'", id="own"),
        pytest.param("L4Settings: []", "7: L4Settings", "a list is not a mapping", "key: value", id="list"),
        pytest.param(
            "ControllerSettings: {controllerVersion: 22.1}",
            "7: ControllerSettings.controllerVersion",
            "22.1 is not text",
            'put it in quotes: "22.1"',
            id="version without quotes",
        ),
        pytest.param("a: [", "8: ", "not valid YAML", "syntax", id="syntax"),
        pytest.param("L4Settings: {}\nL4Settings: {}", "8: ", "is written twice", "keep one", id="a section twice"),
    ],
)
def test_a_wrong_key_or_value_is_an_error_with_its_line(added: str, place: str, message: str, fix: str) -> None:
    """A typo must not go unnoticed: it would silently mean a default."""
    settings, problems = read(VALUES + added + "\n")

    assert settings is None
    assert error_lines(problems)[0].startswith(f"values.yaml:{place}")
    assert message in problems[0].message
    assert fix in problems[0].fix


def test_all_errors_of_the_file_are_reported_in_one_run() -> None:
    """Not one per attempt."""
    _, problems = read(VALUES + "L4Settings: {autoFqdn: flat}\nL7Settings: {servicetype: NodePort}\nimgae: 1\n")

    assert [(p.line, p.field_text) for p in problems] == [
        (7, "L4Settings.autoFqdn"),
        (8, "L7Settings.servicetype"),
        (9, "imgae"),
    ]


@pytest.mark.parametrize(
    ("added", "place", "fix"),
    [
        pytest.param("AKOSettings: {enableExternalNameService: false}", "AKOSettings", "remove it", id="later"),
        pytest.param("AKOSettings: {strictCrossNamespaceValidation: true}", "AKOSettings", "remove it", id="later too"),
        pytest.param("NetworkSettings: {enableAutogw: true}", "NetworkSettings", "remove it", id="network"),
        pytest.param("akoCRDOperator: {enabled: true}", "akoCRDOperator", "remove it", id="VKS, near ako-crd-operator"),
        pytest.param("persistentVolumeClaimSpec: {}", "persistentVolumeClaimSpec", "remove it", id="VKS, near a key"),
        pytest.param("L4Settings: {advancedL4: 'false'}", "L4Settings", "AKOSettings.servicesAPI: true", id="advanced"),
        pytest.param("AKOSettings: {gatewayAPI: true}", "AKOSettings", "AKOSettings.servicesAPI: true", id="renamed"),
        pytest.param("AKOSettings: {GRBAC: false}", "AKOSettings", "remove it", id="GRBAC"),
        pytest.param("ControllerSettings: {tenantsPerCluster: 'no'}", "ControllerSettings", "tenantName", id="tenants"),
        pytest.param("ControllerSettings: {controllerIP: 10.1.1.1}", "ControllerSettings", "Host: 10.1.1.1", id="host"),
        pytest.param("L7Settings: {l7ShardingScheme: hostname}", "L7Settings", "remove it", id="sharding"),
        pytest.param("service: {type: ClusterIP, port: 80}", "service", "remove it", id="service"),
        pytest.param("configs: {clusterName: ''}", "configs", "below AKOSettings", id="AKO 1.2"),
        pytest.param("AKOSettings: {doesSomethingNew: true}", "AKOSettings", "may stay", id="unknown"),
        pytest.param("NetworkSettings: {vipNetworkList: [{vlan: 1}]}", "NetworkSettings", "may stay", id="in a list"),
    ],
)
def test_a_key_of_another_release_of_ako_is_a_warning(added: str, place: str, fix: str) -> None:
    """It must not end all deployments; what replaced it is said with its value."""
    sections = {"AKOSettings": {"clusterName": "north"}}
    for name, section in yaml.safe_load(added).items():
        sections[name] = {**sections.get(name, {}), **section}

    settings, problems = read(yaml.safe_dump(sections))

    assert settings is not None
    assert [(p.severity, p.field[0]) for p in problems] == [("warning", place)]
    assert fix in problems[0].fix


@pytest.mark.parametrize(
    ("old", "entry"),
    [
        pytest.param("{subnetIP: 10.1.0.0, subnetPrefix: '16', networkName: vips}", "10.1.0.0/16", id="length"),
        pytest.param("{subnetIP: 10.1.0.0, subnetPrefix: 16, networkName: vips}", "10.1.0.0/16", id="number"),
        pytest.param("{subnetIP: 10.1.0.9, subnetPrefix: 255.255.0.0, networkName: vips}", "10.1.0.0/16", id="mask"),
        pytest.param("{subnetIP: somewhere, subnetPrefix: x, networkName: vips}", "somewhere/x", id="no subnet"),
    ],
)
def test_the_vip_network_of_earlier_releases_is_told_as_it_is_written_now(old: str, entry: str) -> None:
    """All three keys became one list."""
    settings, problems = read(f"AKOSettings: {{clusterName: north}}\nNetworkSettings: {old}\n")

    assert settings is not None
    assert [p.field_text for p in problems] == [
        "NetworkSettings.networkName",
        "NetworkSettings.subnetIP",
        "NetworkSettings.subnetPrefix",
    ]
    assert {p.fix for p in problems} == {
        f"write NetworkSettings.vipNetworkList: [{{networkName: vips, cidr: {entry}}}]"
    }


def test_an_old_network_name_alone_is_told_without_a_cidr() -> None:
    """As the list may name a network without one."""
    _, problems = read("AKOSettings: {clusterName: north}\nNetworkSettings: {networkName: vips, subnetIP: ''}\n")

    assert {p.fix for p in problems} == {"write NetworkSettings.vipNetworkList: [{networkName: vips}]"}


CLUSTER = "AKOSettings: {clusterName: north}\n"


@pytest.mark.parametrize("key", ["vipNetworkList", "nodeNetworkList", "bgpPeerLabels"])
def test_an_empty_list_of_networks_is_an_error_at_its_line(key: str) -> None:
    """Its items may have been lost, and VIPs would move; an empty list says that there are none."""
    settings, problems = read(f"{CLUSTER}NetworkSettings:\n  {key}:\n")
    written, _ = read(f"{CLUSTER}NetworkSettings:\n  {key}: []\n")

    assert (settings, error_lines(problems)) == (None, [f'values.yaml:3: NetworkSettings.{key}: "{key}" is empty'])
    assert written is not None


def test_a_section_without_keys_is_none() -> None:
    """Whoever comments out all of its keys leaves its line."""
    settings, problems = read(f"{CLUSTER}NetworkSettings:\nL4Settings:\n")

    assert (settings is None, problems) == (False, ())


OUR_KEYS = sorted(
    f"{path}.{name}".lstrip(".") for path, names in Schema(adapter_of(Settings)).mappings().items() for name in names
)


@given(st.data(), st.sampled_from(OUR_KEYS))
def test_a_slip_in_any_key_of_values_yaml_is_an_error(data: st.DataObject, key: str) -> None:
    """At any depth, also in the items of lists."""
    *above, name = key.split(".")
    at = data.draw(st.integers(0, len(name) - 1))
    slips = [name[:at] + name[at + 1 :], name[:at] + name[at].swapcase() + name[at + 1 :]]
    misspelt = data.draw(st.sampled_from(slips))
    assume(misspelt and not any(known == ".".join([*above, misspelt]) for known in OUR_KEYS))
    below: Any = {misspelt: "x"}
    for step in reversed(above):
        below = {step: [below] if step.endswith("List") else below}

    settings, problems = read(yaml.safe_dump(below))

    assert settings is None
    assert [p.severity for p in problems if p.message == f'unknown key "{misspelt}"'] == ["error"]


@pytest.mark.parametrize("text", ["[avi", "https://[::1", "//"])
def test_a_controller_host_that_is_none_is_an_error_at_its_line(text: str) -> None:
    """It says for which Controller the tree is; it must not be a defect, nor as good as absent."""
    settings, problems = read(f'{VALUES}ControllerSettings:\n  controllerHost: "{text}"\n')

    assert settings is None
    assert [(p.severity, p.line, p.field_text) for p in problems] == [("error", 8, "ControllerSettings.controllerHost")]


WITHOUT_EFFECT = [
    "featureGates",
    "replicaCount",
    "image",
    "GatewayAPI",
    "resources",
    "securityContext",
    "podSecurityContext",
    "rbac",
    "avicredentials",
    "persistentVolumeClaim",
    "mountPath",
    "logFile",
    "akoGatewayLogFile",
    "ako-crd-operator",
]
SECTIONS_WITHOUT_EFFECT = {
    "AKOSettings": [
        "enableEvents",
        "logLevel",
        "fullSyncFrequency",
        "apiServerPort",
        "deleteConfig",
        "useDefaultSecretsOnly",
    ],
    "L7Settings": [
        "noPGForSNI",
        "passthroughShardSize",
        "enableMCI",
        "shardVSSize",
        "fqdnReusePolicy",
        "defaultIngController",
    ],
}


@pytest.mark.parametrize("anything", [5, "x", None, [1], {"a": {"b": []}}])
def test_keys_of_ako_without_effect_are_accepted_with_anything_inside(anything: Any) -> None:
    """A whole values.yaml of AKO can stand in the tree as it is."""
    sections: dict[str, Any] = dict.fromkeys(WITHOUT_EFFECT, anything)
    for name, keys in SECTIONS_WITHOUT_EFFECT.items():
        sections[name] = dict.fromkeys(keys, anything)

    assert make_settings(**sections).cluster == "north"


def test_a_boolean_may_stand_in_quotes_as_in_akos_own_chart() -> None:
    """AKO's chart writes several of them so."""
    settings, problems = read(
        'AKOSettings: {clusterName: north, servicesAPI: "true"}\nL4Settings: {defaultLBController: "False"}\n'
    )

    assert problems == ()
    assert settings is not None
    assert (settings.ako.services_api, settings.l4.default_lb_controller) == (True, False)


@pytest.mark.parametrize(
    ("added", "place", "words"),
    [
        pytest.param("avicredentials: {username: admin}", "7", "never read", id="credentials"),
        pytest.param("avicredentials: {username: '', password: ''}", "", "", id="empty credentials"),
        pytest.param("avicredentials:", "", "", id="no credentials"),
    ],
)
def test_credentials_in_git_are_never_read_and_warned_about(added: str, place: str, words: str) -> None:
    """The warning stands at their line and does not repeat them."""
    settings, problems = read(VALUES + added + "\n")

    assert settings is not None
    assert [str(p.line) for p in problems] == ([place] if place else [])
    assert all(words in p.message and "admin" not in p.message + p.fix for p in problems)


def test_credentials_in_git_do_not_show_in_a_repr() -> None:
    """A secret has a masked repr."""
    assert "hunter2" not in repr(make_settings(avicredentials={"password": "hunter2"}))


@pytest.mark.parametrize(("value", "warns"), [("'true'", True), ("true", True), ("'false'", False), ("false", False)])
def test_delete_config_has_no_effect_and_says_so(value: str, warns: bool) -> None:
    """Somebody who sets it expects a deletion that does not happen."""
    settings, problems = read(f"AKOSettings: {{clusterName: north, deleteConfig: {value}}}\n")

    assert settings is not None
    assert [p.message for p in problems] == [
        "deleteConfig has no effect: avi-sync deletes nothing because of it"
    ] * warns


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        pytest.param(
            "AKOSettings: {clusterName: north, namespaceSelector: {labelKey: team}}",
            "AKOSettings.namespaceSelector",
            "namespaceSelector needs labelKey and labelValue: with only one of them, every namespace is served",
            id="half a namespaceSelector",
        ),
        pytest.param(
            "AKOSettings: {clusterName: north}\nnodePortSelector: {value: edge}",
            "nodePortSelector",
            "nodePortSelector has no key, so every Node is used",
            id="half a nodePortSelector",
        ),
        pytest.param(
            "AKOSettings: {clusterName: north}\nL4Settings: {autoFQDN: Flat}",
            "L4Settings.autoFQDN",
            'autoFQDN is "Flat", which counts as disabled',
            id="a format of names in another case",
        ),
    ],
)
def test_a_setting_that_does_not_do_what_it_seems_to_do_is_told(text: str, field: str, message: str) -> None:
    """AKO says nothing."""
    settings, problems = read(text + "\n")

    assert settings is not None
    assert [(p.severity.value, p.field_text, p.message) for p in problems] == [("warning", field, message)]


def test_settings_that_do_what_they_seem_to_do_are_no_problem() -> None:
    """Whole, or not there at all."""
    _, problems = read(
        "AKOSettings: {clusterName: n, namespaceSelector: {labelKey: a, labelValue: b}}\n"
        "nodePortSelector: {key: a, value: b}\nL4Settings: {autoFQDN: disabled}\n"
    )

    assert problems == ()


def test_several_documents_are_an_error() -> None:
    """Nobody can tell which of them was meant."""
    settings, (problem,) = read("AKOSettings: {clusterName: a}\n---\nAKOSettings: {clusterName: b}\n")

    assert settings is None
    assert (problem.severity.value, problem.line) == ("error", 3)
    assert problem.message == "the file holds several documents"


def test_an_empty_name_stands_for_the_default() -> None:
    """As in AKO, whose chart has empty texts in places."""
    settings, _ = read(
        "AKOSettings: {clusterName: north}\n"
        "ControllerSettings: {cloudName: '', tenantName: '', serviceEngineGroupName: ''}\n"
    )

    assert settings is not None
    assert settings.controller == ControllerSettings()


def test_a_tree_without_values_names_the_folder_that_has_them() -> None:
    """The likely mistake is a missing --path."""
    settings, (problem,) = read_settings(make_snapshot({"clusters/prod/values.yaml": VALUES}), max_aliases=0)

    assert settings is None
    assert problem.message == "repo has no values.yaml at its root"
    assert problem.fix.startswith("use --path clusters/prod, or commit AKO's values.yaml")


def test_a_tree_without_any_values_asks_for_the_file() -> None:
    """The file is required."""
    settings, (problem,) = read_settings(make_snapshot({}), max_aliases=0)

    assert settings is None
    assert problem.fix.startswith("commit AKO's values.yaml there")


# --- where things are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "given", "agrees"),
    [
        pytest.param("", "https://avi.example.com", True, id="not stated"),
        pytest.param("avi.example.com", "https://avi.example.com", True, id="same host"),
        pytest.param("AVI.example.com", "https://avi.EXAMPLE.com:443/", True, id="in other letters and with a port"),
        pytest.param("https://avi.example.com", "avi.example.com", True, id="either may be a URL"),
        pytest.param("10.0.0.1", "https://10.0.0.2", False, id="another address"),
        pytest.param("10.0.0.1", EMBEDDED, True, id="embedded"),
        pytest.param("10.0.0.1", "http://127.0.0.1:9443", True, id="loopback"),
        pytest.param("10.0.0.1", "http://[::1]:9443", True, id="loopback of IPv6"),
        pytest.param("10.0.0.1", "http://localhost:9443", True, id="localhost"),
        pytest.param("2001:db8::1", "https://[2001:db8::1]", True, id="a bare IPv6 address"),
    ],
)
def test_a_tree_written_for_another_controller_is_refused(stated: str, given: str, agrees: bool) -> None:
    """`controllerHost` of values.yaml must agree with --controller."""
    settings = make_settings(ControllerSettings={"controllerHost": stated})

    problem = controller_host_problem(settings, given)

    assert (problem is None) is agrees
    assert problem is None or (stated in problem.message and given in problem.message)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("avi.example.com", "avi.example.com"),
        ("avi.example.com:9443", "avi.example.com"),
        ("https://user@AVI.example.com:9443/path", "avi.example.com"),
        ("//avi", "avi"),
        ("[avi", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address_is_found_in_any_form(address: str, host: str) -> None:
    """In lower case, without port, user and path."""
    assert host_of(address) == host


GIVEN = SourceOptions(
    source="repo", ref="main", path="prod", ssh_key_file="key", known_hosts_file="hosts", cache_dir="cache"
)


def test_a_source_request_says_what_the_flags_say() -> None:
    """A run that writes nothing may read a plain folder and the work tree."""
    request = source_request(replace(GIVEN, working_tree=True), {"SYNC_GIT_TOKEN": "secret"}, writes=False)

    assert (request.location, request.ref, request.path) == ("repo", "main", "prod")
    assert (request.login.token, request.ssh_key_file, request.known_hosts_file) == ("secret", "key", "hosts")
    assert request.cache_dir == Path("cache")
    assert request.working_tree
    assert request.plain_folder_allowed
    assert "secret" not in repr(request)


@pytest.mark.parametrize(
    ("name", "auth", "message"),
    [
        pytest.param("deploy:secret", "basic", "a colon or a control character", id="password in the name"),
        pytest.param("deploy\r\nX: y", "basic", "a colon or a control character", id="another header"),
        pytest.param("deploy", "bearer", "a Bearer token has no user name", id="name and Bearer"),
    ],
)
def test_a_login_that_cannot_be_sent_is_a_usage_error(name: str, auth: str, message: str) -> None:
    """A user name is one word of one header, and a Bearer token has none."""
    with pytest.raises(UsageError, match=message):
        source_request(replace(GIVEN, git_username=name, git_auth=auth), {}, writes=False)


def test_a_run_that_writes_reads_commits_only() -> None:
    """Files that no commit holds are never applied."""
    request = source_request(replace(GIVEN, cache_dir=""), {}, writes=True)

    assert not request.plain_folder_allowed
    assert request.cache_dir.name == "avi-sync"
    with pytest.raises(UsageError, match="--working-tree would apply files that are not committed"):
        source_request(replace(GIVEN, working_tree=True), {}, writes=True)


def test_a_secret_comes_from_its_file_before_its_variable(tmp_path: Path) -> None:
    """Line ends do not belong to it."""
    (tmp_path / "token").write_text("from file\n")

    assert secret("SYNC_X", str(tmp_path / "token"), {"SYNC_X": "from variable"}) == "from file"
    assert secret("SYNC_X", "", {"SYNC_X": "from variable"}) == "from variable"
    assert secret("SYNC_X", "", {}) == ""


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    """Without its content."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        secret("SYNC_X", str(path), {})

    assert caught.value.where == str(path)
    assert caught.value.fix == "correct SYNC_X_FILE"


def no_home(name: str) -> str:
    """What platformdirs does for an account without HOME and without an entry in passwd."""
    raise RuntimeError(f"could not determine the home directory of {name}")


def test_without_a_home_folder_a_temporary_one_of_this_user_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose user has no entry; where others could write to it, an error names the variable."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    folder = _own_folder(no_home, "cache", "SYNC_CACHE_DIR")
    mode = folder.parent.stat().st_mode & 0o777
    folder.parent.chmod(0o777)

    assert (folder, mode) == (tmp_path / f"avi-sync-{os.getuid()}" / "cache", 0o700)
    with pytest.raises(UsageError, match="open to others") as caught:
        _own_folder(no_home, "cache", "SYNC_CACHE_DIR")
    assert "SYNC_CACHE_DIR" in caught.value.fix


@pytest.mark.parametrize("password", [" p ", "pässwörd", "a\tb", ""])
@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_password_from_a_file_is_what_was_written(tmp_path: Path, password: str, prefix: bytes) -> None:
    """Blanks and letters of any language belong to it; the line end and the mark of an editor do not."""
    file = tmp_path / "password"
    file.write_bytes(prefix + password.encode() + b"\r\n")

    assert secret("SYNC_PASSWORD", str(file), {}) == password
