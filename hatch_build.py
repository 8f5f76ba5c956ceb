"""Build hook: the commit a wheel was built from becomes part of it, so that `avi-sync --version` can name it."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface):  # type: ignore[type-arg]
    """Write `sync/_commit.py` into built wheels; an editable install asks its own repository instead."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the generated module to the build; `version` is "standard" or "editable"."""
        if version == "editable":
            return
        target = Path(self.root, "sync", "_commit.py")
        if commit := self._commit():
            target.write_text(f'"""Made by the build: the commit of this wheel."""\n\nCOMMIT = "{commit}"\n')
        if target.exists():
            build_data["artifacts"].append("/sync/_commit.py")

    def _commit(self) -> str:
        if (
            told := os.environ.get("AVI_SYNC_COMMIT", "")
        ).isalnum():  # where a build has the files only, as that of the image
            return told
        if not Path(self.root, ".git").exists():
            return ""
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=self.root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
