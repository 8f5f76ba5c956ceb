"""Runs in processes of their own, for what cannot be seen from within: signals, kills, two runs at once."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.shared.emulated_controller import Controller
from tests.shared.tree import Tree

LOCK = "avi-sync-test"
"""The name of the lock of the cluster that the trees of these tests are for."""


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
