"""The commands that need no Controller: exit codes, what goes to stdout and what to stderr, whole documents."""

import gc
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync.cli import commands, main
from tests.shared.builders import VALUES, example_documents, yaml_of

ESCAPE = "\x1b["


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout, and nothing else there."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs one command in this process, without any SYNC_ variable but the given ones."""
    thresholds = gc.get_threshold()

    def run_command(*argv: object, env: Mapping[str, str] | None = None) -> Result:
        for name in ("SYNC_SOURCE", "SYNC_REF", "SYNC_PATH", "SYNC_FACTS", "SYNC_FORMAT", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in argv])
        captured = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Result(code=stop.value.code, out=captured.out, err=captured.err)

    yield run_command
    gc.set_threshold(*thresholds)


Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A plain folder with these files over a healthy tree; None takes one away."""

    def write(files: Mapping[str, str | None] | None = None) -> Path:
        folder = tmp_path / "tree"
        whole = {"values.yaml": VALUES, "all.yaml": yaml_of(*example_documents()), **(files or {})}
        for name, text in whole.items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        folder.mkdir(exist_ok=True)
        return folder

    return write


HELD = """\
apiVersion: networking.x-k8s.io/v1alpha1
kind: Gateway
metadata: {name: held, namespace: desk}
spec:
  gatewayClassName: avi
  addresses: [{value: 10.0.0.300}]
  listeners:
    - port: 443
      protocol: TCP
      routes: {kind: Service}
"""

# --- exit codes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["render", "validate"])
@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param({}, 0, id="healthy"),
        pytest.param({"notes.yaml": "a: 1"}, 0, id="a warning"),
        pytest.param({"held.yaml": HELD}, 5, id="something held"),
        pytest.param({"broken.yaml": "kind: ["}, 5, id="a file that does not parse"),
        pytest.param({"all.yaml": HELD}, 3, id="nothing but what is held"),
        pytest.param({"values.yaml": None}, 3, id="no settings"),
        pytest.param({"values.yaml": "AKOSettings: {}"}, 3, id="settings without cluster"),
        pytest.param({"values.yaml": VALUES + "x: 1\n"}, 0, id="settings with an unknown key"),
        pytest.param({"values.yaml": VALUES + "L4Setings: {}\n"}, 3, id="settings with a misspelt key"),
        pytest.param({"all.yaml": None}, 3, id="no manifests"),
        pytest.param({"all.yaml": None, "values.yaml": None}, 3, id="an empty folder"),
    ],
)
def test_the_exit_code_tells_what_became_of_the_tree(
    command: str, files: Mapping[str, str | None], code: int, run: Run, tree: Tree
) -> None:
    """0 all well, 5 something held, 3 nothing usable; in either format."""
    folder = tree(files)

    assert [run(command, "--source", folder).code, run(command, "--source", folder, "-o", "json").code] == [code] * 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["render"], "--source", id="no source"),
        pytest.param(["render", "--source", ".", "--format", "xml"], "xml", id="unknown format"),
        pytest.param(["render", "--sauce", "."], "--sauce", id="unknown option"),
        pytest.param(["paint"], "paint", id="unknown command"),
        pytest.param(["render", "--source", ".", "more"], "more", id="an argument too much"),
        pytest.param(
            ["--source", ".", "--controller", "embedded", "render"], "render", id="an option before another command"
        ),
        pytest.param(["version", "--source", "."], "--source", id="an option of another command"),
        pytest.param(["validate", "--source"], "--source", id="an option without value"),
        pytest.param(["render", "--source", ".", "--working-tree=yes"], "--working-tree", id="a value for a switch"),
    ],
)
def test_a_usage_error_is_64_with_one_clear_line(argv: list[str], words: str, run: Run) -> None:
    """On stderr, without traceback."""
    result = run(*argv)

    assert (result.code, result.out) == (64, "")
    assert words in result.err.splitlines()[-1]
    assert "Traceback" not in result.err


def test_a_token_file_that_is_not_there_is_a_usage_error(run: Run, tree: Tree) -> None:
    """With its name."""
    result = run("render", "--source", tree(), "--git-token-file", "/nowhere/token")

    assert (result.code, result.out) == (64, "")
    assert "/nowhere/token" in result.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["--path", "nowhere"], "no folder nowhere", id="a folder that is not there"),
        pytest.param(["--ref", "main"], "", id="a ref of a plain folder"),
    ],
)
def test_a_source_that_cannot_be_read_is_3_with_a_fix(argv: list[str], words: str, run: Run, tree: Tree) -> None:
    """One problem, in either format."""
    folder = tree()

    text, document = (
        run("validate", "--source", folder, *argv),
        run("validate", "--source", folder, *argv, "-o", "json"),
    )

    assert (text.code, document.code) == (3, 3)
    assert words in text.out
    (problem,) = document.document["problems"]
    assert problem["fix"]


# --- stdout and stderr ------------------------------------------------------------------------------------------------

RENDER_KEYS = ["schema_version", "commit", "objects", "problems", "statuses"]
VALIDATE_KEYS = ["schema_version", "commit", "summary", "ignored", "problems", "statuses"]
PROBLEM_KEYS = ["severity", "file", "line", "resource", "field", "message", "fix"]


@pytest.mark.parametrize(("command", "keys"), [("render", RENDER_KEYS), ("validate", VALIDATE_KEYS)])
@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="healthy"),
        pytest.param({"held.yaml": HELD, "b.yaml": "kind: ["}, id="held and broken"),
        pytest.param({"values.yaml": None}, id="no settings"),
        pytest.param({"values.yaml": None, "all.yaml": None}, id="empty"),
    ],
)
def test_a_json_document_is_always_whole(
    command: str, keys: list[str], files: Mapping[str, str | None], run: Run, tree: Tree
) -> None:
    """Every key present, also with exit 3 or 5; nothing else on stdout."""
    document = run(command, "--source", tree(files), "--format", "json").document

    assert list(document) == keys
    assert document["schema_version"] == 1
    for problem in document["problems"]:
        assert list(problem) == PROBLEM_KEYS
        assert problem["severity"] in ("error", "warning")
        assert isinstance(problem["line"], int)
        assert problem["message"]
        assert problem["fix"]
    for status in document["statuses"]:
        assert {"kind", "namespace", "name", "conditions", "addresses", "hostnames"} <= status.keys()
    for item in document.get("objects", []):
        assert list(item) == ["kind", "tenant", "name", "owner", "body"]
        assert list(item["owner"]) == ["kind", "namespace", "name"]


def test_the_render_document_holds_what_would_be_sent(run: Run, tree: Tree) -> None:
    """In stable order: twice the same bytes."""
    folder = tree()

    first, second = run("render", "--source", folder, "-o", "json"), run("render", "--source", folder, "-o", "json")

    assert first.out == second.out
    kinds = [(item["kind"], item["name"]) for item in first.document["objects"]]
    assert kinds == sorted(kinds)
    assert ("VirtualService", "north--shop-web") in kinds
    body = next(item["body"] for item in first.document["objects"] if item["kind"] == "VirtualService")
    assert body["vsvip_ref"].startswith("/api/vsvip?name=north--")


def test_the_summary_of_validate_counts(run: Run, tree: Tree) -> None:
    """Owners, objects, held ones, errors and warnings."""
    document = run("validate", "--source", tree({"held.yaml": HELD, "n.yaml": "a: 1"}), "-o", "json").document

    severities = [problem["severity"] for problem in document["problems"]]
    assert document["summary"] == {
        "owners": 2,
        "objects": 9,
        "held": 1,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
    }
    assert set(severities) == {"error", "warning"}


def test_the_result_of_render_goes_to_stdout_and_problems_to_stderr(run: Run, tree: Tree) -> None:
    """The objects by owner; the last line counts."""
    result = run("render", "--source", tree({"held.yaml": HELD}))

    assert result.out.splitlines()[0] == "Gateway shop/web"
    assert "  VsVip admin/north--shop-web" in result.out.splitlines()
    assert result.out.splitlines()[-1] == "Render: 9 objects   no commit (files as they are)"
    assert 'error: held.yaml:6: Gateway desk/held: spec.addresses[0].value: address "10.0.0.300" is not' in result.err
    assert "  fix: write an IP" in result.err
    assert "10.0.0.300" not in result.out


def test_the_result_of_validate_is_its_problems(run: Run, tree: Tree) -> None:
    """With place, resource, field and fix; the last line counts."""
    result = run("validate", "--source", tree({"broken.yaml": "kind: Gateway\nb: [c\n", "n.yaml": "a: 1"}))

    lines = result.out.splitlines()
    assert lines[0].startswith("error: broken.yaml:3: not valid YAML")
    assert lines[1] == "  fix: correct the syntax at this line"
    assert lines[2].startswith("warning: n.yaml:1: apiVersion and kind are missing")
    assert lines[-1] == (
        "Validate: 2 owners with 9 objects, 0 held; 1 error, 1 warning   no commit (files as they are)"
    )


def test_validate_lists_what_is_not_ours_to_serve(run: Run, tree: Tree) -> None:
    """With the reason; what is held is among the problems already."""
    settings = VALUES.replace("servicesAPI: true", "servicesAPI: true\n  blockedNamespaceList: [shop]")

    result = run("validate", "--source", tree({"held.yaml": HELD, "values.yaml": settings}))

    reason = "its namespace is in AKOSettings.blockedNamespaceList"
    assert [line for line in result.out.splitlines() if line.startswith("not served")] == [
        f"not served: Gateway shop/web: {reason}",
        f"not served: Service shop/mail: {reason}",
    ]


def test_validate_counts_what_is_not_read(run: Run, tree: Tree) -> None:
    """By kind, in either format: who expects something of it should not have to search."""
    others = [("apps/v1", f"Kind{letter}") for letter in "ABCDEFGHI"] + [("apps/v1", "KindB")]
    text = "---\n".join(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n" for version, kind in others)
    folder = tree({"others.yaml": text})

    (line,) = [line for line in run("validate", "--source", folder).out.splitlines() if line.startswith("not read")]
    document = json.loads(run("validate", "--source", folder, "-o", "json").out)

    assert line.startswith("not read: 10 manifests of other kinds: 2 apps/v1/KindB, 1 apps/v1/KindA,")
    assert line.endswith("1 apps/v1/KindH and 1 more kind")
    assert document["ignored"]["apps/v1/KindB"] == 2


def test_a_run_without_facts_says_what_it_assumes(run: Run, tree: Tree, tmp_path: Path) -> None:
    """In one note on stderr; with facts there is nothing to say."""
    (tmp_path / "facts.yaml").write_text("cloud: {dns_domains: [example.com]}\n")

    assumed = run("render", "--source", tree(), "-o", "json")
    told = run("render", "--source", tree(), "-o", "json", "--facts", tmp_path / "facts.yaml")

    assert len(assumed.err.splitlines()) == 1
    assert assumed.err.startswith("note: without a Controller, avi-sync assumes an Enterprise license, a vCenter cloud")
    assert told.err == ""
    assert "mail.shop.example.com" in told.out
    assert "mail.shop.example.com" not in assumed.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(None, "the facts file cannot be read", id="missing"),
        pytest.param("cloud: {vtyp: x}", 'facts.yaml:1: cloud.vtyp: unknown key "vtyp"', id="wrong"),
    ],
)
def test_a_facts_file_that_cannot_be_used_is_3_with_its_place(
    text: str | None, words: str, run: Run, tree: Tree, tmp_path: Path
) -> None:
    """One clear error."""
    if text:
        (tmp_path / "facts.yaml").write_text(text)

    result = run("render", "--source", tree(), "--facts", tmp_path / "facts.yaml")

    assert result.code == 3
    assert words in result.err


def test_a_document_is_whole_even_if_the_facts_file_cannot_be_used(run: Run, tree: Tree) -> None:
    """Also with exit 3, no key is missing."""
    result = run("render", "--source", tree(), "--facts", "/nowhere/facts.yaml", "-o", "json")

    assert list(result.document) == RENDER_KEYS


# --- environment ------------------------------------------------------------------------------------------------------


def test_every_flag_has_an_environment_variable(run: Run, tree: Tree, tmp_path: Path) -> None:
    """A machine needs no flags at all; a flag counts first."""
    (tmp_path / "facts.yaml").write_text("cloud: {dns_domains: [example.com]}\n")
    environment = {"SYNC_SOURCE": str(tree()), "SYNC_FACTS": str(tmp_path / "facts.yaml"), "SYNC_FORMAT": "json"}

    by_environment = run("render", env=environment)
    by_flag = run("render", "--format", "text", env=environment)

    assert "mail.shop.example.com" in by_environment.out
    assert list(by_environment.document) == RENDER_KEYS
    assert by_flag.out.splitlines()[-1].startswith("Render: ")


def test_the_version_is_told_in_two_ways(run: Run) -> None:
    """With the commit it was built from."""
    command, flag = run("version"), run("--version")

    assert command == flag
    assert re.fullmatch(r"avi-sync \d+\.\d+\.\d+( \(commit [0-9a-f]{40}\))?\n", command.out)
    assert command.err == ""


# --- colours ----------------------------------------------------------------------------------------------------------


def on_a_terminal(*argv: object, env: Mapping[str, str] | None = None) -> Result:
    """A run whose output is taken for a terminal."""
    found = CliRunner().invoke(
        commands, [str(item) for item in argv], color=True, env=dict(env or {}), standalone_mode=False
    )
    return Result(code=int(found.return_value or 0), out=found.stdout, err=found.stderr)


@pytest.mark.parametrize("command", ["render", "validate"])
def test_colours_are_for_terminals(command: str, run: Run, tree: Tree) -> None:
    """Problems and titles are painted there, and nowhere else."""
    folder = tree({"held.yaml": HELD})

    piped, seen = run(command, "--source", folder), on_a_terminal(command, "--source", folder)

    assert ESCAPE not in piped.out + piped.err
    assert ESCAPE in seen.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", seen.out) == piped.out


def test_json_is_never_painted(tree: Tree) -> None:
    """Not on a terminal either."""
    seen = on_a_terminal("render", "--source", tree({"held.yaml": HELD}), "-o", "json")

    assert ESCAPE not in seen.out


def test_no_color_turns_the_colours_of_the_result_off(tree: Tree) -> None:
    """NO_COLOR, with any value (no-color.org)."""
    assert ESCAPE not in on_a_terminal("validate", "--source", tree({"held.yaml": HELD}), env={"NO_COLOR": "1"}).out


def test_no_color_turns_the_colours_of_problems_off(tree: Tree) -> None:
    """On stderr like on stdout."""
    assert ESCAPE not in on_a_terminal("render", "--source", tree({"held.yaml": HELD}), env={"NO_COLOR": "1"}).err


# --- as a program -----------------------------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error(tree: Tree) -> None:
    """`avi-sync render … | head -1` ends quietly."""
    source = str(tree())
    command = [sys.executable, "-m", "sync", "render", "--source", source, "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()

        complaint = child.stderr.read().decode()

    assert "Traceback" not in complaint
    assert "Exception" not in complaint
    assert child.returncode == 0
