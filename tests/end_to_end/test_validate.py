"""`avi-sync validate` on a tree with one of each problem, and on one without any."""

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from tests.end_to_end.conftest import Result, Run
from tests.end_to_end.tree import GATEWAY_CLASS, VALUES, Tree, app, endpoints, gateway, service

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
EVERY_PROBLEM = "140-every-problem"
NO_STATIC_ADDRESSES = "133-aws-public-addresses"

Problem = Mapping[str, Any]

ERRORS = {
    "match-labels": "do not name this Gateway",
    "class-missing": 'GatewayClass "avo" is not in the tree',
    "infra-rejected": "the Controller has no ",
    "network-ambiguous": 'several networks are called "many"',
    "rule-missing": 'L4Rule "fats" is not in the tree',
    "rule-rejected": "lbAlgorithmHash is missing",
    "profile-missing": "the Controller has no application profile",
    "listener-claimed-twice": "is claimed by Service shop/one",
    "shared-port-claimed-twice": "is that of Service shop/member-a, too",
    "address-is-none": "is not an IP address",
    "address-named": "an address of type NamedAddress",
    "no-layer-4": "is not layer 4",
    "name-too-long": "the limit is 255",
    "virtual-service-name-twice": "name north--a-b-c is claimed by",
    "pool-name-twice": "Pool name north--pool-x-y-z-TCP-443 is claimed by",
    "address-twice": "requests the same address 10.10.10.99",
    "annotation-misspelt": "nobody reads the annotation ako.vmware.com/l4-rule",
    "controller-nearly-ours": 'controller "ako.vmware.com/avi-lbs" is nearly ours',
    "member-of-another-class": "that is not ours to serve",
}
"""What holds an owner, by the name of the file in `errors/` that has it."""

WARNINGS = {
    "second-address": "only the first of several addresses counts",
    "ipv6-address": "an IPv6 address is sent",
    "listener-not-layer-4": "is not layer 4",
    "service-port-without-listener": "has no listener TCP 8443",
    "listener-without-service": "no Service serves listener TCP 80",
    "label-misses-its-gateway": "Gateway shop/patrly is not in the tree",
    "version-misspelt": "L4Rule of ako.vmware.com/v1alpha1 is not served",
    "one-label-only": "it belongs to no Gateway",
    "load-balancer-with-labels": "it gets a VirtualService of its own",
    "hostname-twice": "hostname www.example.com is that of",
    "hostname-elsewhere": "is under none of the cloud's DNS domains",
    "route-missing": "has no route to the pods of this Node",
    "no-endpoints": "the tree holds no EndpointSlice for it",
    "port-without-servers": "port TCP 443 has no servers: no EndpointSlice has a TCP port with its name",
    "parameters-of-another-kind": "parametersRef names Knobs of example.com",
    "traffic": '"yes" is not true',
    "readiness-unsaid": "an endpoint that does not say whether it is ready",
    "address-outside-of-cidr": "address 10.20.31.9 lies outside of 10.20.30.0/24",
}
"""What an author should know, by the name of the file in `warnings/` that has it."""

SETTINGS = {
    "half-a-selector": "namespaceSelector needs labelKey and labelValue",
    "default-domain": "the cloud has no DNS domain elsewhere.example.com",
    "name-format": 'autoFQDN is "Flat"',
    "selector-without-key": "nodePortSelector has no key",
}
"""What values.yaml says and does not do."""

ROWS = [
    *(pytest.param("error", f"errors/{name}.yaml", text, id=name) for name, text in ERRORS.items()),
    *(pytest.param("warning", f"warnings/{name}.yaml", text, id=name) for name, text in WARNINGS.items()),
    *(pytest.param("warning", "values.yaml", text, id=name) for name, text in SETTINGS.items()),
    pytest.param("error", "class.yaml", 'AviInfraSetting "absent" is not in the tree', id="infra-missing"),
    pytest.param("warning", "warnings/unused.yaml", "no Gateway uses this class", id="unused class"),
    pytest.param("warning", "warnings/unused.yaml", "nothing refers to this AviInfraSetting", id="unused setting"),
    pytest.param("warning", "warnings/unused.yaml", "nothing refers to this L4Rule", id="unused rule"),
]

ALSO = {"errors/name-too-long.yaml": "no Service serves listener"}
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
    """All problems of the tree, as the JSON lists them."""
    done = validate_golden(EVERY_PROBLEM, "json")
    found: list[Problem] = done.document["problems"]
    assert done.code == 5
    return found


@pytest.fixture(scope="module")
def text() -> str:
    """The same for people."""
    return validate_golden(EVERY_PROBLEM, "text").out


@pytest.mark.parametrize(("severity", "file", "message"), ROWS)
def test_each_problem_is_told_where_it_stands(problems: list[Problem], severity: str, file: str, message: str) -> None:
    """With its severity, its file, a line of it and a fix."""
    found = [problem for problem in problems if problem["file"] == file and message in problem["message"]]

    lines = len((GOLDEN / EVERY_PROBLEM / "repo" / file).read_text().splitlines())
    assert found
    assert {problem["severity"] for problem in found} == {severity}
    assert all(problem["fix"] and 1 <= problem["line"] <= lines for problem in found)


def test_nothing_else_is_told(problems: list[Problem]) -> None:
    """Each problem is one of the rows above, or tells which owner a row holds."""
    told = {(str(row.values[1]), str(row.values[2])) for row in ROWS} | set(ALSO.items())

    stray = [
        problem
        for problem in problems
        if not problem["message"].startswith("held: its ")
        and not any(problem["file"] == file and message in problem["message"] for file, message in told)
    ]

    assert stray == []


def test_problems_are_sorted_by_file_and_line(problems: list[Problem]) -> None:
    """So that two runs can be compared and a file's problems stand together."""
    places = [(problem["file"], problem["line"]) for problem in problems]

    assert sorted(places) == places


def test_a_file_that_cannot_be_read_stands_before_what_follows_from_it(cli: Run, tree: Tree) -> None:
    """A GatewayClass in a broken file is missed in every Gateway: the broken file is what to correct."""
    tree.commit(a=app("web"), **{"class": None})
    tree.write({"z.yaml": "kind: GatewayClass\nmetadata: [\n"})
    tree.commit()

    result = cli("validate", "--source", str(tree.folder), "--format", "json")

    files = [problem["file"] for problem in result.document["problems"]]
    assert files[0] == "z.yaml"
    assert "a.yaml" in files[1:]


def test_the_text_says_the_same_in_the_same_order(problems: list[Problem], text: str) -> None:
    """A line with severity, file and line, a line with the fix, for each problem of the JSON; then the count."""
    *lines, count = text.splitlines()

    errors = sum(problem["severity"] == "error" for problem in problems)
    assert len(lines) == 2 * len(problems)
    for problem, said, fix in zip(problems, lines[::2], lines[1::2], strict=True):
        assert said.startswith(f"{problem['severity']}: {problem['file']}:{problem['line']}: ")
        assert said.endswith(problem["message"])
        assert fix == f"  fix: {problem['fix']}"
    assert f"{errors} errors, {len(problems) - errors} warnings" in count


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
