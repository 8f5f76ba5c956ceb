"""Runs in processes of their own, for what cannot be seen from within: signals, kills, two runs at once."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.controller.lock import Lock
from sync.controller.record import RecordStore
from sync.model.lock import Holder
from sync.timing import Timing
from sync.translate.names import Names
from tests.shared.emulated_controller import Controller
from tests.shared.tree import Tree

LOCK = "avi-sync-test"
"""The name of the lock of the cluster that the trees of these tests are for."""


@contextmanager
def somebody_holds_the_lock(controller: Controller, *, ttl_seconds: float = 4) -> Iterator[None]:
    """A run on another machine, which beats."""
    with ControllerClient(ControllerAddress(url=controller.url), Login(password="emulator")) as client:
        store = RecordStore(client, tenant="admin", names=Names(cluster="test"))
        with Lock(store, make_holder("theirs", ttl_seconds=ttl_seconds), Timing()):
            yield


def make_holder(run_id: str, **fields: Any) -> Holder:
    """A run of somebody."""
    return replace(Holder(name="ci@runner", pid=4711, run_id=run_id, ttl_seconds=4), **fields)


def is_held(controller: Controller) -> bool:
    """Whether anybody holds the lock."""
    found = controller.call("GET", f"/api/stringgroup?name={LOCK}")
    return any(item["key"] == "holder" for group in found["results"] for item in group.get("kv", ()))


def environment(tmp_path: Path, tree: Tree, controller: Controller) -> Mapping[str, str]:
    """For a run in a process of its own, on what looks like another machine."""
    return os.environ | {
        "SYNC_SOURCE": str(tree.folder),
        "SYNC_CONTROLLER": controller.url,
        "SYNC_PASSWORD": "emulator",
        "SYNC_FORMAT": "json",
        "SYNC_CACHE_DIR": str(tmp_path / "other-cache"),
        "SYNC_STATE_DIR": str(tmp_path / "other-state"),
    }


def wait_until(claim: Callable[[], bool]) -> None:
    """Until it holds; a minute is too long for anything."""
    deadline = time.monotonic() + 60
    while not claim():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
