"""The commands of the guide do what it says: its console blocks are run, against an emulator and a local repository.

A block that cannot be run here has `<!-- not run: reason -->` before it. Every command of a block must end with 0, but
the last one of a block with `<!-- ends with 4: reason -->` before it.
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.cli import main
from sync.emulator import Emulator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = (
    "start",
    "usage",
    "templates",
    "troubleshooting",
    "moving-from-ako",
    "journal",
    "reports",
    "safety",
    "emulator",
)
BLOCK = re.compile(
    r"(?:<!-- (?:not run: (?P<reason>[^>]+)|ends with (?P<code>\d+): [^>]+) -->\n)?^```console\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(slots=True)
class Shell:
    """What a reader types, with all that the pages take for granted; exports and `cd` last until the next page."""

    places: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, line: str) -> tuple[int, str]:
        """The exit code of one command, and what it said."""
        for written, real in self.places.items():
            line = line.replace(written, real)
        program, *arguments = shlex.split(line, comments=True)
        match program:
            case "export":
                for name, _, value in (argument.partition("=") for argument in arguments):
                    self.monkeypatch.setenv(name, value)
                return 0, ""
            case "cd":
                self.monkeypatch.chdir(arguments[0])
                return 0, ""
            case "avi-sync":
                with pytest.raises(SystemExit) as stop:
                    main(arguments)
                printed = self.capsys.readouterr()
                return int(stop.value.code or 0), printed.out + printed.err
            case _:
                done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
                return done.returncode, done.stdout + done.stderr


GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Reader",
    "GIT_AUTHOR_EMAIL": "reader@example.com",
    "GIT_COMMITTER_NAME": "Reader",
    "GIT_COMMITTER_EMAIL": "reader@example.com",
}


def repository(folder: Path) -> Path:
    """The example tree as a repository."""
    shutil.copytree(ROOT / "examples" / "repo", folder)
    for command in ("init --quiet", "add --all", "commit --quiet --message example"):
        subprocess.run(["git", *shlex.split(command)], cwd=folder, check=True)
    return folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands in the pages, and what is there instead; the environment of a user with a home of their own."""
    for name in [name for name in os.environ if name.startswith(("SYNC_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SYNC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SYNC_STATE_DIR", str(tmp_path / "state"))
    for name, value in GIT_IDENTITY.items():
        monkeypatch.setenv(name, value)
    secret = tmp_path / "secret"
    secret.write_text("emulator\n")
    secret.chmod(0o600)
    return {
        "https://git.example.com/net/avi-config.git": repository(tmp_path / "origin").as_uri(),
        "/run/secrets/avi-password": str(secret),
        "/var/lib/avi-sync": str(tmp_path),
        "examples/repo": str(ROOT / "examples" / "repo"),
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(
    page: str,
    places: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command of each block that is not marked ends as it should, one after the other as a reader types them.

    On the page for newcomers they also print what the page shows, but for commits and digests. There Git does not know
    the reader yet.
    """
    blocks = [found for found in BLOCK.finditer((DOCS / f"{page}.md").read_text("utf-8")) if not found["reason"]]
    if not blocks:
        return
    with Emulator(port=0) as emulator:
        places |= {"https://avi.example.com": emulator.url, "http://127.0.0.1:9443": emulator.url}
        shell = Shell(places=places, monkeypatch=monkeypatch, capsys=capsys)
        monkeypatch.chdir(tmp_path)
        if page == "start":
            for name in GIT_IDENTITY:
                monkeypatch.delenv(name)
        else:
            monkeypatch.setenv("SYNC_SOURCE", str(tmp_path / "origin"))
            monkeypatch.setenv("SYNC_CONTROLLER", emulator.url)
            monkeypatch.setenv("SYNC_PASSWORD", "emulator")
            monkeypatch.chdir(tmp_path / "origin")
        said = ""
        for block in blocks:
            commands = [line.removeprefix("$ ") for line in block["text"].splitlines() if line.startswith("$ ")]
            expected = [0] * (len(commands) - 1) + [int(block["code"] or 0)]
            for command, wanted in zip(commands, expected, strict=True):
                code, printed = shell.run(command)
                assert code == wanted, f"{command}\n{printed}"
                said += printed
    if page == "start":
        shown = [line for block in blocks for line in block["text"].splitlines() if not line.startswith("$ ")]
        assert {_without_digests(line) for line in shown} - set(_without_digests(said).splitlines()) == set()


def _without_digests(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{12,64}\b", "…", text)


def test_every_message_of_the_troubleshooting_page_is_one_of_the_product() -> None:
    """What the page quotes stands in the code, piece by piece between the dots."""
    code = "\n".join(_texts())
    rows = re.findall(r"^\| `([^`]+)` \|", (DOCS / "troubleshooting.md").read_text("utf-8"), flags=re.MULTILINE)

    pieces = [piece.strip(" ;,") for row in rows for piece in row.split("…")]

    assert len(rows) > 30
    assert [piece for piece in pieces if piece and piece not in code] == []


def _texts() -> list[str]:
    """Every text in the code, as it is after Python has joined its parts."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "sync").rglob("*.py"))]
    return [
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
