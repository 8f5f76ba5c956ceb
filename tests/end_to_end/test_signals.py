"""SIGINT and SIGTERM: a run that has written nothing ends at once, one that writes finishes what is in hand."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.conftest import Controller, Run
from tests.end_to_end.process import environment, wait_until
from tests.end_to_end.tree import Tree, app

COMMAND = [sys.executable, "-m", "sync"]
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
SLOW_MS = 4000
AT_ONCE_SECONDS = 3.0
"""Before the Controller would have answered."""


@contextmanager
def running(env: Mapping[str, str], *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A run in a process of its own."""
    with subprocess.Popen(
        [*COMMAND, *options], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
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
    """Two signals between delete and create: the VIP is there again, the next owner is not tried, all is told."""
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
    assert set(err.splitlines()) == {"stopping: what is in hand is finished first"}


def test_a_replace_in_hand_that_is_refused_is_put_back_before_the_run_stops(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """SIGTERM between the delete and a create that the Controller refuses: the old objects are back, exit 143."""
    tree.commit(a=app("a", address="10.10.10.11"), b=app("b"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"), b=app("b"))
    controller.forget()
    refused = {"do": "status", "status": 400, "body": {"error": "not on a Thursday"}}
    controller.fault(method="POST", path="/api/vsvip", nth=1, delay_ms=700, **refused)
    with running(environment(tmp_path, tree, controller)) as process:
        wait_until(lambda: "DELETE vsvip" in controller.writes())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()

    assert (process.returncode, json.loads(out)["owners"][0]["state"]) == (143, "restored")
    assert controller.addresses("test--shop-a") == ["10.10.10.11"]


def test_the_emulator_ends_with_the_code_of_its_signal() -> None:
    """A command that serves until it is stopped stops in order."""
    with subprocess.Popen([*COMMAND, "emulate", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 143
