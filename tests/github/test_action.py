"""The action and the workflows: valid for GitHub, without a way for texts into a shell, and run step by step."""

import json
import re
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.github.runner import ACTION, ROOT, Runner
from tests.shared.command_line import every_variable
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, gateway

PROGRAM = Path(sys.executable).parent / "avi-sync"
WORKFLOWS = (ROOT / ".github" / "workflows" / "ci.yml", ROOT / "examples" / "github" / "avi-sync.yml")


def schema(name: str) -> Any:
    """GitHub's own schema, as the package check-jsonschema brings it (from the JSON Schema store)."""
    file = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(file.read_text("utf-8"))


def action() -> Any:
    """The action."""
    return yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_are_valid_for_github(file: Path) -> None:
    """`on` is a word of YAML 1.1 for true: GitHub reads the key as text."""
    found = yaml.safe_load(file.read_text("utf-8"))

    jsonschema.validate(
        {("on" if key is True else key): value for key, value in found.items()}, schema("github-workflows")
    )


def test_the_action_is_valid_for_github() -> None:
    """Names, types and the form of composite steps."""
    jsonschema.validate(action(), schema("github-actions"))


def test_nothing_is_put_together_as_a_command() -> None:
    """No expression stands in a script: what an input holds reaches the program only as a variable."""
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]

    assert len(scripts) == 2
    assert [script for script in scripts if "${{" in script] == []


def test_secrets_are_no_inputs() -> None:
    """Whatever is an input stands in logs."""
    assert [name for name in action()["inputs"] if re.search("password|token|secret|key", name)] == []


def test_other_actions_are_pinned_to_a_commit() -> None:
    """A tag can be moved by somebody else."""
    files = [ACTION / "action.yml", ROOT / "examples" / "github" / "avi-sync.yml"]
    used = [name for file in files for name in re.findall(r"uses: (\S+)", file.read_text("utf-8"))]

    assert used
    assert [name for name in used if not re.search(r"@[0-9a-f]{40}$", name)] == []


def test_every_variable_of_the_action_belongs_to_an_option() -> None:
    """A typo there would be an option that is never heard."""
    known = {"AVI_SYNC_MODE", "GITHUB_TOKEN"} | every_variable()
    (step,) = (item for item in action()["runs"]["steps"] if item.get("id") == "run")

    assert set(step["env"]) - known == set()


def test_every_output_of_the_action_is_written(tmp_path: Path, sync: Run, tree: Tree, controller: Controller) -> None:
    """What the action promises to later steps is what the run step writes."""
    tree.commit(web=app("web"))

    step = runner(tmp_path, tree, controller).run("avi-sync", controller=controller.url)

    assert set(step.outputs) == set(action()["outputs"])


def runner(tmp_path: Path, tree: Tree, controller: Controller, **environment: str) -> Runner:
    """A runner whose workspace is the tree."""
    temp = tmp_path / "runner"
    found = Runner(tree.folder, temp, SYNC_PASSWORD="emulator", SYNC_CACHE_DIR=str(temp / "cache"), **environment)
    found.install(PROGRAM)
    return found


def test_a_dry_run_shows_what_a_merge_would_do(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """Outputs, a summary in Markdown, annotations at the lines; nothing is written, and no secret is shown."""
    tree.commit(web=app("web"), broken=[gateway("broken", label_name="wrong")])

    step = runner(tmp_path, tree, controller).run("avi-sync", controller=controller.url)

    assert (step.code, step.outputs["creates"], step.outputs["held"]) == (5, "4", "1")
    assert (step.outputs["has_changes"], step.outputs["exit_code"]) == ("true", "5")
    assert "Gateway shop/web" in step.summary
    assert "::error file=broken.yaml,line=" in step.err
    assert controller.writes() == []
    assert "emulator" not in step.out + step.summary + step.err.replace("::add-mask::emulator", "")


def test_sync_applies_and_the_next_one_has_nothing_to_do(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """The job on main, twice."""
    tree.commit(web=app("web"))
    job = runner(tmp_path, tree, controller)

    first = job.run("avi-sync", mode="sync", controller=controller.url)
    second = job.run("avi-sync", mode="sync", controller=controller.url)

    assert (first.code, second.code) == (0, 0)
    assert (first.outputs["has_changes"], second.outputs["has_changes"]) == ("true", "false")


def test_json_on_stdout_stays_json(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """Workflow commands go to stderr."""
    tree.commit(web=app("web"))

    step = runner(tmp_path, tree, controller, SYNC_FORMAT="json").run("avi-sync", controller=controller.url)

    assert json.loads(step.out)["summary"]["create"] == 4
    assert "::group::" in step.err


def test_validate_needs_no_controller(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """Every problem is an annotation, and the tree is summed up."""
    tree.commit(broken=[gateway("broken", label_name="wrong")])

    step = runner(tmp_path, tree, controller).run("avi-sync", mode="validate")

    assert step.code == 3
    assert "::error file=broken.yaml,line=" in step.err
    assert step.summary


def test_a_mode_that_is_none_is_told(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """And nothing is run."""
    step = runner(tmp_path, tree, controller).run("avi-sync", mode="aply")

    assert (step.code, "use dry-run, sync, drift or validate" in step.err) == (64, True)


def test_a_comment_without_a_pull_request_changes_nothing_else(
    tmp_path: Path, tree: Tree, controller: Controller
) -> None:
    """The exit code is that of the run; what is missing is said."""
    tree.commit(web=app("web"))

    step = runner(tmp_path, tree, controller).run("avi-sync", controller=controller.url, comment="true")

    assert (step.code, "GITHUB_REPOSITORY is not set" in step.err) == (0, True)


def test_the_install_step_takes_locked_dependencies_only(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """It is run with a `python` that records its arguments."""
    log = tmp_path / "log"
    tools = tmp_path / "tools"
    tools.mkdir()
    recorder = f'#!/bin/sh\necho "$@" >> {log}\n'
    (tools / "python").write_text(recorder + 'if [ "$2" = venv ]; then cp "$0" "$3/bin/python"; fi\n')
    (tools / "python").chmod(0o755)
    job = Runner(tree.folder, tmp_path / "runner", PATH=f"{tools}:/usr/bin:/bin")
    job.install(PROGRAM)

    step = job.run("Install avi-sync")

    first, second, third = log.read_text().splitlines()
    assert (step.code, first) == (0, f"-m venv {tmp_path}/runner/avi-sync")
    assert f"--require-hashes --requirement {ROOT}/requirements.lock" in second
    assert third.endswith(f"--no-deps {ROOT}")
    assert step.out.startswith("avi-sync ")
