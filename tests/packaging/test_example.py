"""The example tree and the tour through it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sync.desired import load_source, make_desired
from sync.source.git.source import SourceRequest

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "repo"
OWNERS = {"Gateway blue/my-gateway", "Gateway shop/storefront", "Gateway telemetry/syslog", "Service mail/relay"}


def test_the_example_has_no_problem_without_a_controller(tmp_path: Path) -> None:
    """A newcomer's first `avi-sync validate` prints neither an error nor a warning."""
    source = load_source(SourceRequest(location=str(EXAMPLE), cache_dir=tmp_path, plain_folder_allowed=True))

    desired = make_desired(source, None)

    assert desired.problems == ()
    assert {str(item.owner) for item in desired} == OWNERS


def test_the_example_has_no_problem_with_a_fresh_controller(tmp_path: Path) -> None:
    """Everything that the example refers to exists on a fresh emulator, and all names and addresses fit there."""
    command = [sys.executable, "-m", "sync", "--dry-run", "--source", str(EXAMPLE), "--controller", "embedded"]
    environment = os.environ | {"SYNC_STATE_DIR": str(tmp_path), "SYNC_FORMAT": "json"}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["problems"], document["held"], document["summary"]["create"]) == ([], [], 17)


def test_the_tour_ends_well_and_shows_what_it_promises(tmp_path: Path) -> None:
    """`tools/demo.py` creates everything, changes nothing, replaces one VIP, changes nothing, and follows a rollout.

    Its repository has no EndpointSlices: all servers but those of hand-written Endpoints come from the cluster. What
    the README shows as output is output of the tour, but for commits and digests.
    """
    tour = [sys.executable, str(ROOT / "tools" / "demo.py"), str(tmp_path / "tour")]

    done = subprocess.run(tour, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    counts = [line.partition(" (")[0] for line in done.stdout.splitlines() if line.startswith(("Plan:", "Applied:"))]
    assert counts == [
        "Plan: 17 create, 0 update, 0 replace, 0 delete",
        "Applied: 17 create, 0 update, 0 replace, 0 delete",
        "Plan: 0 create, 0 update, 0 replace, 0 delete",
        "Plan: 0 create, 0 update, 2 replace, 0 delete",
        "Applied: 0 create, 0 update, 2 replace, 0 delete",
        "Plan: 0 create, 0 update, 0 replace, 0 delete",
        "Applied: 0 create, 0 update, 0 replace, 0 delete, servers: 1 pool",
        "Applied: 0 create, 0 update, 0 replace, 0 delete, servers: 1 pool",
    ]
    assert not any("kind: EndpointSlice" in path.read_text() for path in (tmp_path / "tour" / "repo").rglob("*.yaml"))
    (storefront,) = (line for line in done.stdout.splitlines() if line.startswith("Gateway shop/storefront   "))
    assert "3 of 3 servers enabled (cluster test)   in sync" in storefront
    assert _output_in_readme() - set(_without_digests(done.stdout)) == set()


def test_the_tour_empties_no_folder_but_its_own(tmp_path: Path) -> None:
    """A folder that exists may be somebody's: the tour refuses it and leaves it as it is."""
    (tmp_path / "precious").write_text("kept")

    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "demo.py"), str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, [path.name for path in tmp_path.iterdir()]) == (1, ["precious"])


def _output_in_readme() -> set[str]:
    """The lines that the README shows as printed by commands."""
    blocks = re.findall(
        r"^```console\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    return {line for block in blocks for line in _without_digests(block) if not line.startswith("$ ")}


def _without_digests(text: str) -> list[str]:
    return re.sub(r"\b[0-9a-f]{12,64}\b", "…", text).splitlines()
