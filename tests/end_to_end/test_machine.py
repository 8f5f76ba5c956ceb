"""Where a run finds itself: streams that are closed or full, a terminal that can do little."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.process import environment
from tests.shared.emulated_controller import Controller
from tests.shared.tree import Tree, app

AVI_SYNC = f"{sys.executable} -m sync"


def shell(line: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A line of a shell in which `avi-sync` is the one under test."""
    return subprocess.run(
        ["bash", "-c", line.replace("avi-sync", AVI_SYNC, 1)], capture_output=True, text=True, check=False, env=env
    )


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_counts_as_the_null_device(
    closed: str, tmp_path: Path, tree: Tree, controller: Controller
) -> None:
    """The run does all it does otherwise, and no file of its own takes the number of the missing stream."""
    tree.commit(web=app("web"))

    done = shell(f"avi-sync {closed}", {**environment(tmp_path, tree, controller)})

    assert done.returncode == 0
    assert controller.find("virtualservice", "test--shop-web")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_output_is_one_error_that_says_what_was_done(
    form: str, tmp_path: Path, tree: Tree, controller: Controller
) -> None:
    """Nothing is skipped because nobody can read it: the result's files are written, too."""
    tree.commit(web=app("web"))
    page = tmp_path / "plan.md"

    done = shell(
        f"avi-sync --format {form} --output-file markdown={page} >/dev/full",
        {**environment(tmp_path, tree, controller)},
    )

    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "standard output: the result cannot be printed, No space left on device: Applied: 4 create" in errors[0]
    assert "Traceback" not in done.stderr
    assert page.exists()
    assert controller.find("virtualservice", "test--shop-web")


def test_full_standard_error_changes_nothing(tmp_path: Path, tree: Tree, controller: Controller) -> None:
    """What nobody can hear is not said."""
    tree.commit(web=app("web"))

    done = shell("avi-sync 2>/dev/full", {**environment(tmp_path, tree, controller)})

    assert done.returncode == 0
    assert controller.find("virtualservice", "test--shop-web")


@pytest.mark.parametrize(
    "line", ["avi-sync --help", "avi-sync version", "avi-sync --version", "avi-sync completion bash"]
)
def test_no_command_calls_a_full_output_a_defect(line: str) -> None:
    """One plain error, exit 1."""
    done = shell(f"{line} >/dev/full", {**os.environ})

    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "defect" not in done.stderr


def test_a_dumb_terminal_gets_no_colours(tmp_path: Path, tree: Tree) -> None:
    """Editors and serial consoles announce themselves as TERM=dumb; `script` stands for the terminal."""
    tree.write({"bad.yaml": "a: [\n"})
    tree.commit()
    command = f"{AVI_SYNC} validate --source {tree.folder}"

    coloured, dumb = (
        subprocess.run(
            ["script", "--quiet", "--command", command, "/dev/null"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TERM": term},
            stdin=subprocess.DEVNULL,
        ).stdout
        for term in ("xterm", "dumb")
    )

    assert "\x1b[" in coloured
    assert "\x1b[" not in dumb
