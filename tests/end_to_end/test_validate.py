"""`avi-sync validate` on trees with one of each problem, and on one without any."""

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from sync.report.words import counted
from tests.shared.emulated_controller import Result, Run
from tests.shared.tree import GATEWAY_CLASS, VALUES, Tree, app, endpoints, gateway, service

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
NO_STATIC_ADDRESSES = "133-aws-public-addresses"

Problem = Mapping[str, Any]

HELD = {
    "140-gateways-held": {
        "match-labels": "do not name this Gateway",
        "class-missing": 'GatewayClass "avo" is not in the tree',
        "controller-nearly-ours": 'controller "ako.vmware.com/avi-lbs" is probably a misspelling',
        "no-layer-4": "is not layer 4",
        "listener-claimed-twice": "is claimed by Service shop/one",
    },
    "141-addresses-held": {
        "address-is-none": "is not an IP address",
        "address-named": "an address of type NamedAddress",
        "address-twice": "requests the same address 10.10.10.99",
    },
    "142-names-held": {
        "name-too-long": "the limit is 255",
        "virtual-service-name-twice": "name north--a-b-c is also claimed by",
        "pool-name-twice": "Pool name north--pool-x-y-z-TCP-443 is also claimed by",
    },
    "143-infra-settings-held": {
        "infra-missing": 'AviInfraSetting "absent" is not in the tree',
        "infra-rejected": "the Controller has no ",
        "network-ambiguous": 'several networks are called "many"',
    },
    "144-l4-rules-held": {
        "annotation-misspelt": "unknown annotation ako.vmware.com/l4-rule",
        "rule-missing": 'L4Rule "fats" is not in the tree',
        "rule-rejected": "lbAlgorithmHash is missing",
        "profile-missing": "the Controller has no application profile",
    },
    "145-shared-vips-held": {
        "shared-port-claimed-twice": "is also used by Service shop/member-a",
        "member-of-another-class": "that avi-sync does not serve",
    },
}
"""What holds an owner, by golden folder and the name of the file that has it."""

WARNED = {
    "150-addresses-warned": {
        "second-address": "only the first of several addresses is used",
        "ipv6-address": "an IPv6 address is sent",
        "address-outside-of-cidr": "address 10.20.31.9 is outside 10.20.30.0/24",
    },
    "151-hostnames-warned": {
        "hostname-twice": "hostname www.example.com is also used by",
        "hostname-elsewhere": "is in none of the cloud's DNS domains",
    },
    "152-attachments-warned": {
        "listener-not-layer-4": "is not layer 4",
        "service-port-without-listener": "has no listener TCP 8443",
        "listener-without-service": "no Service serves listener TCP 80",
        "label-misses-its-gateway": "Gateway shop/patrly is not in the tree",
        "one-label-only": "it belongs to no Gateway",
        "load-balancer-with-labels": "it gets its own VirtualService",
    },
    "153-back-ends-warned": {
        "no-endpoints": "the tree holds no EndpointSlice for it",
        "port-without-servers": "port TCP 443 has no servers: no EndpointSlice has a TCP port with its name",
        "readiness-unsaid": "an endpoint that does not say whether it is ready counts as ready",
        "traffic": '"yes" is not true',
    },
    "154-settings-warned": {
        "parameters-of-another-kind": "parametersRef names Knobs of example.com",
        "version-misspelt": "L4Rule of ako.vmware.com/v1alpha1 is not served",
        "route-missing": "has no route to the pods of this Node",
    },
}
"""What an author should know."""

FURTHER = [
    ("values", "namespaceSelector needs labelKey and labelValue"),
    ("values", "the cloud has no DNS domain elsewhere.example.com"),
    ("values", 'autoFQDN is "Flat"'),
    ("values", "nodePortSelector has no key"),
    ("unused", "no Gateway uses this class"),
    ("unused", "nothing refers to this AviInfraSetting"),
    ("unused", "nothing refers to this L4Rule"),
]
"""More of that, in files that have several problems."""

FOLDERS = (*HELD, *WARNED)
ROWS = [
    *(("error", f"{folder}/repo/{name}.yaml", text) for folder, rows in HELD.items() for name, text in rows.items()),
    *(
        ("warning", f"{folder}/repo/{name}.yaml", text)
        for folder, rows in WARNED.items()
        for name, text in rows.items()
    ),
    *(("warning", f"154-settings-warned/repo/{name}.yaml", text) for name, text in FURTHER),
]

ALSO = {"142-names-held/repo/name-too-long.yaml": "no Service serves listener"}
"""Files whose problem cannot be had alone: no label of a Service can hold a name as long as that Gateway's."""


def validate(case: Path, output: str, *more: str) -> Result:
    """`validate` on a plain folder."""
    out, err = io.StringIO(), io.StringIO()
    command = ["validate", "--source", str(case), "--format", output, *more]
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(command)
    return Result(code=int(ended.value.code or 0), out=out.getvalue(), err=err.getvalue())


def validate_golden(case: str, output: str) -> Result:
    """`validate` on the tree of a golden folder, with the facts beside it."""
    return validate(GOLDEN / case / "repo", output, "--facts", str(GOLDEN / case / "facts.yaml"))


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    """All problems of these trees, as the JSON lists them, with the folder before the file."""
    return [
        {**problem, "file": f"{folder}/repo/{problem['file']}"}
        for folder in FOLDERS
        for problem in validate_golden(folder, "json").document["problems"]
    ]


@pytest.mark.parametrize(("severity", "file", "message"), [pytest.param(*row, id=row[2]) for row in ROWS])
def test_each_problem_is_told_where_it_stands(problems: list[Problem], severity: str, file: str, message: str) -> None:
    """With its severity, its file, a line of it and a fix."""
    found = [problem for problem in problems if problem["file"] == file and message in problem["message"]]

    lines = len((GOLDEN / file).read_text().splitlines())
    assert found
    assert {problem["severity"] for problem in found} == {severity}
    assert all(problem["fix"] and 1 <= problem["line"] <= lines for problem in found)


def test_nothing_else_is_told(problems: list[Problem]) -> None:
    """Each problem is one of the rows above, or tells which owner a row holds."""
    told = {(file, message) for _, file, message in ROWS} | set(ALSO.items())

    stray = [
        problem
        for problem in problems
        if not problem["message"].startswith("held: its ")
        and not any(problem["file"] == file and message in problem["message"] for file, message in told)
    ]

    assert stray == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_problems_are_sorted_by_file_and_line(folder: str) -> None:
    """So that two runs can be compared and a file's problems stand together; exit 0 where all are warnings."""
    found = validate_golden(folder, "json")

    places = [(problem["file"], problem["line"]) for problem in found.document["problems"]]
    assert sorted(places) == places
    assert (found.code == 0) == (folder in WARNED)


def test_a_file_that_cannot_be_read_stands_before_what_follows_from_it(cli: Run, tree: Tree) -> None:
    """A GatewayClass in a broken file is missed in every Gateway: the broken file is what to correct."""
    tree.commit(a=app("web"), **{"class": None})
    tree.write({"z.yaml": "kind: GatewayClass\nmetadata: [\n"})
    tree.commit()

    result = cli("validate", "--source", str(tree.folder), "--format", "json")

    files = [problem["file"] for problem in result.document["problems"]]
    assert files[0] == "z.yaml"
    assert "a.yaml" in files[1:]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_text_says_the_same_in_the_same_order(folder: str) -> None:
    """A line with severity, file and line, a line with the fix, for each problem of the JSON; then the count."""
    problems = validate_golden(folder, "json").document["problems"]
    *lines, count = (line for line in validate_golden(folder, "text").out.splitlines() if not line.startswith("not "))

    errors = sum(problem["severity"] == "error" for problem in problems)
    assert len(lines) == 2 * len(problems)
    for problem, said, fix in zip(problems, lines[::2], lines[1::2], strict=True):
        assert said.startswith(f"{problem['severity']}: {problem['file']}:{problem['line']}: ")
        assert said.endswith(problem["message"])
        assert fix == f"  fix: {problem['fix']}"
    assert count.partition("; ")[2].startswith(
        f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')} "
    )


def test_a_static_address_without_effect_is_told() -> None:
    """The one warning that needs another cloud: a VIP that names its subnet takes no address."""
    found = validate_golden(NO_STATIC_ADDRESSES, "json").document["problems"]

    assert {problem["field"] for problem in found} == {"spec.addresses[0].value", "spec.loadBalancerIP"}
    assert {problem["severity"] for problem in found} == {"warning"}
    assert all("a static address has no effect" in problem["message"] for problem in found)
    assert all(problem["file"] and problem["line"] and problem["fix"] for problem in found)


def test_the_example_has_no_problem() -> None:
    """What a newcomer starts from is clean, in JSON and in text."""
    example = ROOT / "examples" / "repo"

    as_json, as_text = validate(example, "json"), validate(example, "text")

    assert (as_json.code, as_json.document["problems"]) == (0, [])
    assert (as_text.code, len(as_text.out.splitlines())) == (0, 1)
    assert "0 errors, 0 warnings" in as_text.out


@pytest.mark.parametrize(
    ("folder", "options", "expected"),
    [
        pytest.param("prod", (), "1 owner", id="the folder in which one stands"),
        pytest.param("", ("--path", "prod"), "1 owner", id="the folder that is named"),
        pytest.param("prod", ("--path", "lab"), "2 owners", id="another one"),
    ],
)
def test_in_a_repository_no_source_is_needed(
    folder: str, options: tuple[str, ...], expected: str, cli: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repository is the one around the current folder."""
    shared = {"values.yaml": [VALUES], "class.yaml": [GATEWAY_CLASS], "web.yaml": app("web")}
    tree.write({f"prod/{name}": content for name, content in shared.items()})
    tree.write({f"lab/{name}": content for name, content in (shared | {"api.yaml": app("api")}).items()})
    tree.commit()
    monkeypatch.chdir(tree.folder / folder)

    result = cli("validate", *options)

    assert result.code == 0
    assert f"Validate: {expected} " in result.out


def test_outside_of_a_repository_a_source_is_asked_for(
    cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is guessed."""
    monkeypatch.chdir(tmp_path)

    result = cli("validate")

    assert (result.code, "give --source" in result.err) == (64, True)


def test_a_name_of_any_length_leaves_room_for_other_problems(cli: Run, tree: Tree) -> None:
    """What is echoed is cut at a length that a person still reads."""
    tree.commit(web=[*app("web"), *app("x" * 100_000)])

    result = cli("validate", "--source", str(tree.folder))

    assert result.code == 5
    assert max(map(len, result.out.splitlines())) < 4000


def test_validate_holds_a_gateway_that_a_service_nearly_names(tmp_path: Path) -> None:
    """Without a Controller nobody knows whether its pool is live, so validate takes it for granted."""
    manifests = [gateway("web"), service("web-svc", gateway="webb"), endpoints("web-svc")]
    tree = Tree.make(tmp_path / "tree")
    tree.commit(web=[*manifests, *app("other")])

    checked = validate(tree.folder, "json")

    assert checked.code == 5
    errors = [problem for problem in checked.document["problems"] if problem["severity"] == "error"]
    assert [(p["file"], p["resource"], p["message"]) for p in errors] == [
        ("web.yaml", "Service shop/web-svc", "Gateway shop/webb is not in the tree, so Gateway shop/web is held")
    ]
