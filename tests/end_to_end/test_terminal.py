"""How much a run says beside its result."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app


@pytest.fixture(autouse=True)
def _text(sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """People read text."""
    monkeypatch.setenv("SYNC_FORMAT", "text")


def test_quiet_says_nothing_where_nothing_changes(sync: Run, tree: Tree) -> None:
    """Cron sends a mail for every line."""
    tree.commit(web=app())
    sync()

    done = sync("--quiet")

    assert (done.code, done.out, done.err) == (0, "", "")


def test_quiet_says_one_line_on_change(sync: Run, tree: Tree) -> None:
    """What was done, in the words of the last line of a plan."""
    tree.commit(web=app())

    planned = sync("-q", "--dry-run")
    done = sync("-q")

    assert (planned.err, done.err) == ("", "")
    assert re.fullmatch(r"Plan: 4 create, 0 update, .*\n", planned.out)
    assert re.fullmatch(r"Applied: 4 create, 0 update, .*\n", done.out)


def test_quiet_still_says_what_went_wrong(sync: Run, tree: Tree, controller: Controller) -> None:
    """Errors go to stderr with place and fix, warnings do not; the exit code is the same."""
    tree.commit(web=app(), bad=app("bad", label_name="other"))
    controller.fault(method="POST", path="/api/pool", do="status", status=400, body={"error": "no pool today"})

    done = sync("--quiet")

    assert done.code == 5
    assert "error: bad.yaml:" in done.err
    assert "no pool today" in done.err
    assert "warning" not in done.err
    assert done.out.startswith("Applied: 1 create")


def test_quiet_keeps_a_machines_document(sync: Run, tree: Tree) -> None:
    """Whoever asks for JSON gets all of it."""
    tree.commit(web=app())

    done = sync("--quiet", "--format", "json")

    assert done.document["summary"]["create"] == 4
    assert done.err == ""


def test_quiet_leaves_notes_out(cli: Run, tree: Tree) -> None:
    """What a command assumes is worth a line to people only."""
    tree.commit(web=app())

    loud = cli("render", "--source", str(tree.folder))
    quiet = cli("render", "--source", str(tree.folder), "--quiet")

    assert loud.err.startswith("note: ")
    assert (quiet.err, quiet.out) == ("", loud.out)


def test_verbose_shows_each_request(sync: Run, tree: Tree, controller: Controller) -> None:
    """One line for each, as it happens, on stderr; the result is the same."""
    tree.commit(web=app())

    done = sync("--verbose", "--dry-run")

    shown = [line for line in done.err.splitlines() if line.startswith("event=request")]
    assert len(shown) == len(controller.requests())
    assert all(re.fullmatch(REQUEST, line) for line in shown)
    assert done.out == sync("--dry-run").out


def test_verbose_shows_each_change(sync: Run, tree: Tree, controller: Controller) -> None:
    """What was done, and what was refused in which words, beside the request that did it."""
    tree.commit(web=app())
    controller.fault(method="POST", path="/api/virtualservice", do="status", status=400, body={"error": "not today"})

    shown = sync("--verbose").err.splitlines()

    assert 'event=applied method=POST key="VsVip admin/test--shop-web"' in shown
    refused = 'event=failed method=POST key="VirtualService admin/test--shop-web" said="'
    assert any(line.startswith(refused) and "not today" in line for line in shown)


REQUEST = r"event=request method=[A-Z]+ path=/\S* status=\d+ seconds=\d+\.\d{3}"


def test_verbose_ends_with_its_run(sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable stands for the option, and a later run in the same process is as silent as ever."""
    tree.commit(web=app())
    monkeypatch.setenv("SYNC_VERBOSE", "1")
    loud = sync()
    monkeypatch.delenv("SYNC_VERBOSE")

    silent = sync()

    assert "event=request" in loud.err
    assert silent.err == ""


def test_nobody_can_be_both(sync: Run) -> None:
    """A variable that is set for cron, and a flag of the person who looks into it."""
    done = sync("--verbose", "--quiet")

    assert done.code == 64
    assert "--verbose and --quiet" in done.err


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(["avi-sync", "va"], {"validate"}, id="command"),
        pytest.param(["avi-sync", "--dry"], {"--dry-run"}, id="option of the command that is meant"),
        pytest.param(["avi-sync", "render", "--fo"], {"--format"}, id="option"),
        pytest.param(["avi-sync", "--source", ".", "--format", ""], {"text", "json"}, id="value"),
    ],
)
def test_words_are_completed(cli: Run, monkeypatch: pytest.MonkeyPatch, typed: list[str], expected: set[str]) -> None:
    """Commands, options, values; without a command's name the options of `sync`."""
    assert expected <= {item.partition(",")[2] for item in completed(cli, monkeypatch, *typed)}


def test_file_names_are_left_to_the_shell(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that takes a file lets the shell look for one; one that takes a folder, for folders."""
    typed = {option: ("avi-sync", "render", option, "") for option in ("--facts", "--cache-dir", "--source")}

    kinds = {option: completed(cli, monkeypatch, *words) for option, words in typed.items()}

    assert kinds == {"--facts": ["file,"], "--cache-dir": ["dir,"], "--source": ["dir,"]}


def completed(cli: Run, monkeypatch: pytest.MonkeyPatch, *typed: str) -> list[str]:
    """What the script of bash is told about a line that was typed so far: kind and text of each proposal."""
    monkeypatch.setenv("_AVI_SYNC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(typed))
    monkeypatch.setenv("COMP_CWORD", str(len(typed) - 1))
    return cli().out.splitlines()


def test_bash_takes_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of the help, and a word that is completed by it."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    complete = "COMP_WORDS=(avi-sync va) COMP_CWORD=1; _avi_sync_completion avi-sync; echo ${COMPREPLY[@]}"

    done = subprocess.run(
        ["bash", "--norc", "-c", f"source <(avi-sync completion bash); {complete}"], capture_output=True, text=True
    )

    assert (done.stdout, done.stderr) == ("validate\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(cli: Run, shell: str) -> None:
    """What is printed completes `avi-sync` and nothing else."""
    done = cli("completion", shell)

    assert done.code == 0
    assert f"_AVI_SYNC_COMPLETE={shell}_complete" in done.out
    assert "avi-sync" in done.out


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, kind: str = "xterm") -> Iterator[Callable[[], str]]:
    """Stderr is a terminal here; what it has been sent so far."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, ThreadPoolExecutor(max_workers=1) as reader:
        seen = reader.submit(_all_of, ours)

        def sent() -> str:
            print(END, end="", file=stream, flush=True)
            return seen.result(timeout=20).removesuffix(END)

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            patch.setenv("TERM", kind)
            patch.delenv("NO_COLOR", raising=False)
            yield sent
        sent()
    os.close(ours)


END = "\x04 the end"


def _all_of(descriptor: int) -> str:
    text = b""
    while not text.endswith(END.encode()):
        text += os.read(descriptor, 4096)
    return text.decode()


def test_a_terminal_sees_how_far_a_run_has_come(
    sync: Run, tree: Tree, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does, how far, for how long; it disappears when it is over."""
    tree.commit(web=app())
    controller.fault(method="POST", path="/api/virtualservice", do="delay", delay_ms=300)

    with terminal(monkeypatch) as sent:
        done = sync()
        shown = sent()

    for expected in ("reading the source", "reading the Controller", "applying", "3 of 4", "0:00:0"):
        assert expected in shown
    assert shown.rstrip().endswith("\x1b[2K")
    assert "reading" not in done.out


@pytest.mark.parametrize("arguments", [("--quiet",), ("--format", "json")], ids=" ".join)
def test_a_terminal_is_left_alone(
    sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """By --quiet, and by the formats for machines."""
    tree.commit(web=app())

    with terminal(monkeypatch) as sent:
        sync(*arguments)
        shown = sent()

    assert shown == ""


def test_a_terminal_without_abilities_is_sent_no_codes(sync: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot move its cursor."""
    tree.commit(web=app())

    with terminal(monkeypatch, "dumb") as sent:
        sync()
        shown = sent()

    assert "\x1b" not in shown
