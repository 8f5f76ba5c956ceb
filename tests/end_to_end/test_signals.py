"""Signals: a run that has written nothing ends at once, one that writes finishes what is in progress."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest

from tests.end_to_end.process import environment, is_held, wait_until
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

COMMAND = [sys.executable, "-m", "sync"]
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
SLOW_MS = 4000
AT_ONCE_SECONDS = 3.0
"""Before the Controller would have answered."""


@contextmanager
def running(
    env: Mapping[str, str], *options: str, through: Sequence[str] = (), output: int = PIPE
) -> Iterator["subprocess.Popen[str]"]:
    """A run in a process of its own."""
    command = [*through, *COMMAND, *options]
    with subprocess.Popen(command, env=env, stdout=output, stderr=output, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended_at_once(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process that a signal ends."""
    begin = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - begin < AT_ONCE_SECONDS
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("path", "number"),
    [("/login", signal.SIGINT), ("/api/virtualservice*", signal.SIGTERM)],
    ids=["logging in, SIGINT", "reading, SIGTERM"],
)
def test_a_signal_before_anything_is_written_ends_the_run_at_once(
    tree: Tree, controller: Controller, tmp_path: Path, path: str, number: signal.Signals
) -> None:
    """While the Controller takes its time: the right exit code, one line, no traceback, no result, no write."""
    tree.commit(web=app("web"))
    controller.fault(path=path, do="delay", delay_ms=SLOW_MS, times=1)
    with running(environment(tmp_path, tree, controller)) as process:
        wait_until(lambda: _is_waiting(controller))

        code, out, err = ended_at_once(process, number)

    assert (code, out, err) == (SIGNALS[number], "", "stopped: nothing was written\n")
    assert controller.writes() == []


def _is_waiting(controller: Controller) -> bool:
    return bool(httpx.get(f"{controller.url}/_emulator/faults").json()["faults"][0]["fired"])


def test_a_signal_while_git_is_fetched_ends_git_too(tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """A server that never answers: the run ends at once, and its git hangs up as well."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/avi.git"
        env = {**environment(tmp_path, tree, controller), "SYNC_SOURCE": url}
        with running(env) as process:
            connection, _ = server.accept()
            asked = connection.recv(4096)

            code, out, err = ended_at_once(process, signal.SIGTERM)

        connection.settimeout(AT_ONCE_SECONDS)
        assert asked.startswith(b"GET /avi.git/")
        assert (code, out, err) == (143, "", "stopped: nothing was written\n")
        assert connection.recv(4096) == b""
        connection.close()


def test_a_replace_in_hand_is_completed_and_nothing_more_is_begun(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """Two signals between delete and create: the VIP is there again, the next owner is not tried, all is reported."""
    tree.commit(a=app("a", address="10.10.10.11"), b=app("b"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"), b=app("b", ports=(80, 81)))
    controller.forget()
    controller.fault(method="POST", path="/api/vsvip", do="delay", delay_ms=700)
    with running(environment(tmp_path, tree, controller), "--parallelism", "1") as process:
        wait_until(lambda: "DELETE vsvip" in controller.writes())
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()

    owners = {owner["owner"]["name"]: owner["state"] for owner in json.loads(out)["owners"]}
    assert (process.returncode, owners) == (130, {"a": "applied", "b": "not tried"})
    assert controller.addresses("test--shop-a") == ["10.10.10.12"]
    assert set(err.splitlines()) == {"stopping after the changes in progress"}


def test_a_replace_in_hand_that_is_refused_is_put_back_before_the_run_stops(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """SIGTERM between the delete and a create that the Controller refuses: the old objects are back, exit 143."""
    tree.commit(a=app("a", address="10.10.10.11"), b=app("b"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"), b=app("b"))
    controller.forget()
    refused = {"do": "status", "status": 400, "body": {"error": "not on a Thursday"}}
    controller.fault(method="POST", path="/api/virtualservice", nth=1, delay_ms=700, **refused)
    with running(environment(tmp_path, tree, controller)) as process:
        wait_until(lambda: "DELETE vsvip" in controller.writes())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()

    assert (process.returncode, json.loads(out)["owners"][0]["state"]) == (143, "restored")
    assert controller.addresses("test--shop-a") == ["10.10.10.11"]


LOST_WITHOUT_CARE = (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM, signal.SIGXCPU)
"""What a lost session, a key, a script, a timer and a limit of CPU time send; by default each ends a process."""


@pytest.mark.parametrize("number", LOST_WITHOUT_CARE, ids=lambda number: number.name)
def test_a_replace_in_progress_is_completed_whatever_signal_comes(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path, number: signal.Signals
) -> None:
    """Between the delete and the create: the VIP is there again, the result is printed, exit 143."""
    with a_replace_in_progress(sync, tree, controller, tmp_path) as process:
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)

    assert (process.returncode, json.loads(out)["owners"][0]["state"]) == (143, "applied")
    assert controller.addresses("test--shop-a") == ["10.10.10.12"]


def test_a_replace_in_progress_cannot_be_suspended(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """Ctrl-Z between the delete and the create does nothing: the run goes on to its end."""
    with a_replace_in_progress(sync, tree, controller, tmp_path) as process:
        process.send_signal(signal.SIGTSTP)
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert controller.addresses("test--shop-a") == ["10.10.10.12"]


def test_a_replace_in_progress_survives_the_terminal_that_shows_it(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """The window is closed between the delete and the create: SIGHUP comes, and nothing can be written any more."""
    window, terminal = pty.openpty()
    with a_replace_in_progress(sync, tree, controller, tmp_path, output=terminal) as process:
        os.close(terminal)
        os.close(window)
        process.send_signal(signal.SIGHUP)
        process.wait(60)

    assert process.returncode == 143
    assert controller.addresses("test--shop-a") == ["10.10.10.12"]


def test_a_signal_after_the_last_write_loses_no_result(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """SIGTERM while the result is being written somewhere: all of it is written all the same."""
    tree.commit(a=app("a"))
    pipe = tmp_path / "result"
    os.mkfifo(pipe)
    with running(environment(tmp_path, tree, controller), "--output-file", f"json={pipe}") as process:
        wait_until(lambda: controller.writes()[-1:] == ["POST virtualservice"] and not is_held(controller))
        process.send_signal(signal.SIGTERM)
        document = json.loads(pipe.read_text())
        process.communicate(timeout=60)

    assert (process.returncode, document["owners"][0]["state"]) == (143, "applied")


def test_no_signal_that_can_be_caught_ends_what_is_in_progress() -> None:
    """Each signal of the system but those that break, suspend or cannot be caught, one after the other."""
    program = """
import os, signal
from sync.cli.signals import ENDING, SIGNALS

heard = []
with SIGNALS:
    SIGNALS.defer(lambda: heard.append(SIGNALS.exit_code))
    for number in sorted(signal.valid_signals() - {4, 7, 8, 11, signal.SIGKILL, signal.SIGSTOP}):
        SIGNALS.exit_code = None
        os.kill(os.getpid(), number)
    print(len(heard), sum(signal.getsignal(number) is not signal.SIG_IGN for number in ENDING))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    heard, ending = map(int, done.stdout.split())
    assert (done.returncode, heard) == (0, ending), done.stderr
    assert ending > len(LOST_WITHOUT_CARE)


def test_a_session_that_nohup_keeps_is_not_lost(tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """What is ignored when a run starts stays ignored."""
    tree.commit(web=app("web"))
    controller.fault(path="/login", do="delay", delay_ms=500, times=1)
    with running(environment(tmp_path, tree, controller), through=("nohup",)) as process:
        wait_until(lambda: _is_waiting(controller))
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)

    assert process.returncode == 0


@contextmanager
def a_replace_in_progress(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path, *, output: int = PIPE
) -> Iterator["subprocess.Popen[str]"]:
    """A run that has deleted a VIP in order to give it another address, and waits for the Controller to create it."""
    tree.commit(a=app("a", address="10.10.10.11"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"))
    controller.forget()
    controller.fault(method="POST", path="/api/vsvip", do="delay", delay_ms=700)
    with running(environment(tmp_path, tree, controller), output=output) as process:
        wait_until(lambda: "DELETE vsvip" in controller.writes())
        yield process


def test_the_emulator_ends_with_the_code_of_its_signal() -> None:
    """A command that serves until it is stopped stops in order."""
    with subprocess.Popen([*COMMAND, "emulate", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 143
