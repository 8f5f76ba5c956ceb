"""The lock between runs on one machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.controller.machine_lock import MachineLock
from sync.errors import LockedError

HOLD = """
import sys, time
from sync.controller.machine_lock import MachineLock
with MachineLock(sys.argv[1], controller="https://avi.example.com", cluster="north"):
    print("held", flush=True)
    time.sleep(60)
"""


def lock(folder: Path, controller: str = "https://avi.example.com", cluster: str = "north") -> MachineLock:
    return MachineLock(str(folder), controller=controller, cluster=cluster)


def test_a_second_run_is_refused_at_once_with_the_pid_of_the_first(tmp_path: Path) -> None:
    """However the Controller's address is spelled; after the first has ended the lock is free."""
    with (
        lock(tmp_path),
        pytest.raises(LockedError, match=rf"pid {os.getpid()}\b"),
        lock(tmp_path, controller="https://AVI.example.com/"),
    ):
        pass

    with lock(tmp_path):
        pass


def test_other_clusters_and_controllers_have_locks_of_their_own(tmp_path: Path) -> None:
    """A name that begins with another's included."""
    with lock(tmp_path), lock(tmp_path, cluster="north-2"), lock(tmp_path, controller="https://other.example.com"):
        pass


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    """The lock goes with its process."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockedError, match=f"pid {holder.pid}"):
            lock(tmp_path).__enter__()
        holder.kill()

    with lock(tmp_path):
        pass


def test_a_folder_that_cannot_be_used_is_no_error(tmp_path: Path) -> None:
    """The lock on the Controller is what counts."""
    (tmp_path / "locks").write_text("a file in the way")

    with lock(tmp_path):
        pass
