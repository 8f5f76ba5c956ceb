"""A runner for the steps of our composite action, as far as they need one: inputs, environment files, folders."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a step ended, with what it left for the runner."""

    code: int
    out: str
    err: str
    outputs: Mapping[str, str]
    summary: str


class Runner:
    """One job: a workspace, and a place for tools in which avi-sync is installed already."""

    def __init__(self, workspace: Path, temp: Path, **environment: str) -> None:
        self._workspace = workspace
        self._temp = temp
        self._environment = environment
        (temp / "avi-sync" / "bin").mkdir(parents=True, exist_ok=True)

    def install(self, program: Path) -> None:
        """Put the program where the install step puts it."""
        (self._temp / "avi-sync" / "bin" / "avi-sync").symlink_to(program)

    def run(self, name: str, **inputs: str) -> Step:
        """One `run` step of the action, by its name."""
        action = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
        (step,) = (item for item in action["runs"]["steps"] if item.get("name") == name)
        given = {key: str(value.get("default", "")) for key, value in action["inputs"].items()} | inputs
        files = {key: self._temp / key.lower() for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_WORKSPACE": str(self._workspace),
            "RUNNER_TEMP": str(self._temp),
            **{key: str(file) for key, file in files.items()},
            **self._environment,
            **{key: _evaluated(value, given, self._environment) for key, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self._workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
        return Step(
            code=done.returncode,
            out=done.stdout,
            err=done.stderr,
            outputs=dict(line.partition("=")[::2] for line in lines),
            summary=files["GITHUB_STEP_SUMMARY"].read_text("utf-8"),
        )


def _evaluated(text: Any, inputs: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """`${{ inputs.x }}` and `${{ github.token }}`; nothing else is used."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "github.token":
            return environment.get("GITHUB_TOKEN", "")
        return inputs[name.removeprefix("inputs.")]

    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, str(text))
