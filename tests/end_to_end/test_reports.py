"""One run, many forms: on stdout and in files, with one exit code."""

import json
import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from jsonschema import Draft202012Validator

from sync.report.formats import RENDERING, RUN, VALIDATION
from tests.shared.emulated_controller import Controller, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import Tree, app


def test_the_exit_code_is_the_same_in_every_form(sync: Run, tree: Tree) -> None:
    """Changes pending, something held, nothing usable: the form of the result has no say."""
    tree.commit(web=app("web"))
    pending = {form: sync("--dry-run", "--detailed-exitcode", "-o", form).code for form in RUN}
    tree.commit(web=app("web", label_name="other"), fine=app("fine"))
    held = {form: sync("--dry-run", "-o", form).code for form in RUN}
    tree.commit(values="AKOSettings: {}\n")
    unusable = {form: sync("-o", form).code for form in RUN}

    assert pending == dict.fromkeys(RUN, 2)
    assert held == dict.fromkeys(RUN, 5)
    assert unusable == dict.fromkeys(RUN, 3)


def test_a_failed_apply_ends_with_5_in_every_form(sync: Run, tree: Tree, controller: Controller) -> None:
    """The Controller refuses a pool for good: each form tells its words, none hides them behind a 0."""
    refuse = {"path": "/api/pool", "method": "POST", "do": "status", "status": 400, "body": {"error": "pool quota"}}
    httpx.put(f"{controller.url}/_emulator/faults", json=[refuse]).raise_for_status()
    tree.commit(web=app("web"))

    results = {form: sync("-o", form) for form in RUN}

    assert {form: result.code for form, result in results.items()} == dict.fromkeys(RUN, 5)
    assert [form for form, result in results.items() if "pool quota" not in result.out] == []


def test_one_run_fills_many_files(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """Each in a form of its own, beside stdout; the drafts are gone."""
    tree.commit(web=app("web", address="10.10.10.11"))
    folder = tmp_path / "reports"
    folder.mkdir()
    wanted = [f"--output-file={form}={folder / form}" for form in RUN]

    result = sync("--dry-run", "-o", "json", *wanted)

    assert sorted(path.name for path in folder.iterdir()) == sorted(RUN)
    assert json.loads((folder / "json").read_text()) == result.document
    assert (folder / "markdown").read_text().startswith("### 1 owner would change\n")
    assert (folder / "text").read_text().splitlines()[-1].startswith("Plan: 4 create, ")
    assert ET.parse(folder / "junit").getroot().attrib["failures"] == "0"  # noqa: S314  # our own


@pytest.mark.parametrize("separator", [" ", ",", " , "])
def test_the_environment_names_several_files(
    separator: str, sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With spaces or commas between, as a workflow file or a CronJob writes them."""
    tree.commit(web=app("web"))
    files = separator.join((f"junit={tmp_path / 'a.xml'}", f"markdown={tmp_path / 'a.md'}"))
    monkeypatch.setenv("SYNC_OUTPUT_FILE", files)

    result = sync("--dry-run")

    assert (result.code, (tmp_path / "a.xml").exists(), (tmp_path / "a.md").exists()) == (0, True, True)


def test_a_file_is_replaced_as_a_whole(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """Another file takes its place, also behind a link; who has the old one open reads the old one to its end."""
    tree.commit(web=app("web"))
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)

    with real.open() as reader:
        sync("--dry-run", f"--output-file=json={link}")
        old = reader.read()

    assert (old, link.is_symlink()) == ("old", True)
    assert json.loads(real.read_text())["dry_run"] is True
    assert stat.S_IMODE(real.stat().st_mode) & 0o077 != 0  # readable as any file that a program writes


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(["xml=a"], '"xml=a" is not FORMAT=PATH with one of text, json,', id="unknown form"),
        pytest.param(["json"], '"json" is not FORMAT=PATH', id="no path"),
        pytest.param(["json="], '"json=" is not FORMAT=PATH', id="empty path"),
        pytest.param(["json=nowhere/a"], "nowhere/a: the result cannot be written there", id="no folder"),
        pytest.param(["json=."], "the result cannot be written there", id="a folder"),
        pytest.param(["json=a", "text=a"], "a: two results cannot share one file", id="one file twice"),
    ],
)
def test_a_file_that_cannot_be_written_is_found_out_before_anything_is_done(
    given: list[str],
    words: str,
    sync: Run,
    tree: Tree,
    controller: Controller,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit 64 and no request: nobody wants to learn after the apply that its report is lost."""
    monkeypatch.chdir(tmp_path)
    tree.commit(web=app("web"))

    result = sync(*(f"--output-file={item}" for item in given))

    assert (result.code, controller.requests()) == (64, [])
    assert words in result.err


def test_a_file_that_fails_in_the_end_hides_nothing(sync: Run, tree: Tree) -> None:
    """A full disk: the result is on stdout, the error on stderr, and the run does not end with 0."""
    tree.commit(web=app("web"))

    result = sync("--output-file=json=/dev/full")

    assert (result.code, result.document["outcomes"][0]["state"]) == (1, "applied")
    assert "/dev/full: the result cannot be written: No space left on device" in result.err


@pytest.mark.parametrize(("command", "forms"), [("validate", VALIDATION), ("render", RENDERING)])
def test_other_commands_have_the_forms_that_suit_them(
    command: str, forms: dict[str, object], cli: Run, tree: Tree, tmp_path: Path
) -> None:
    """On stdout and in a file the same; the exit code is 5 in each, for what is held."""
    tree.commit(web=app("web", label_name="other"), fine=app("fine"))

    for form in forms:
        file = tmp_path / form
        result = cli(command, "--source", str(tree.folder), "-o", form, f"--output-file={form}={file}")

        assert result.code == 5
        assert result.out if form != "text" else file.read_text().endswith(result.out)
        assert file.read_text() == result.out or form == "text"


def test_real_documents_follow_the_published_schemas(sync: Run, tree: Tree) -> None:
    """A plan, a result with something held, and what the commands without a Controller print; no key is unnamed."""
    tree.commit(web=app("web", address="10.10.10.11"), held=app("held", label_name="other"))
    printed = {
        "plan": sync("--dry-run"),
        "applied": sync(),
        "validate": sync("validate"),
        "render": sync("render"),
    }

    wrong = {
        name: [error.message for error in Draft202012Validator(closed(schema)).iter_errors(printed[name].document)]
        for name, schema in {
            "plan": published("result"),
            "applied": published("result"),
            "validate": published("validate"),
            "render": published("render"),
        }.items()
    }

    assert wrong == {name: [] for name in printed}


def test_a_saved_plan_follows_its_schema(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """The file that `plan --out` writes, with the document of a dry run inside."""
    tree.commit(web=app("web"))

    printed = sync("plan", "--out", str(tmp_path / "plan.json")).document
    saved = json.loads((tmp_path / "plan.json").read_text())

    assert list(Draft202012Validator(published("plan")).iter_errors(saved)) == []
    assert saved["document"] == printed
