"""`avi-sync emulate` as a process: its options reach the emulator, and a file it cannot use ends in one line."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.shared.emulated_controller import Run
from tests.shared.tree import Tree, app


@contextmanager
def emulate(*options: str) -> Iterator[str]:
    """The URL of an emulator in a process of its own."""
    command = [sys.executable, "-m", "sync", "emulate", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def test_a_file_of_faults_makes_requests_go_wrong(tmp_path: Path) -> None:
    """`--faults FILE`: the second request to the initial data is refused with the body that the file names."""
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {path: /api/initial-data, nth: 2, do: status, status: 503, body: {error: busy}}\n")

    with emulate("--faults", str(faults)) as url, httpx.Client(base_url=url) as client:
        answers = [client.get("/api/initial-data").status_code for _ in range(3)]

    assert answers == [200, 503, 200]


def test_a_fault_that_is_none_is_told_in_one_line(cli: Run, tmp_path: Path) -> None:
    """A file of faults with an unknown word is a usage error that says which."""
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {path: /api/pool, do: explode}\n")

    result = cli("emulate", "--port", "0", "--faults", str(faults))

    assert (result.code, "faults[0].do: 'explode' is not known" in result.err) == (64, True)


def test_a_seed_that_is_no_yaml_is_told_with_its_file(cli: Run, tmp_path: Path) -> None:
    """The file is named, so that a person knows which of two to correct."""
    seed = tmp_path / "seed.yaml"
    seed.write_text("networks: [\n")

    result = cli("emulate", "--port", "0", "--seed", str(seed))

    assert (result.code, f"{seed}: " in result.err) == (64, True)


def test_each_source_has_an_embedded_emulator_of_its_own(cli: Run, tmp_path: Path) -> None:
    """Whoever tries two trees one after the other does not meet the first one's objects, nor its record."""
    found = []
    for name in ("first", "second", "first"):
        folder = tmp_path / name
        tree = Tree(folder=folder) if folder.exists() else Tree.make(folder)
        tree.commit(web=app("web"))
        found.append(cli("--source", str(folder), "--controller", "embedded"))

    assert [(result.code, result.out.split(" (")[0].splitlines()[-1]) for result in found] == [
        (0, "Applied: 4 create, 0 update, 0 replace, 0 delete"),
        (0, "Applied: 4 create, 0 update, 0 replace, 0 delete"),
        (0, "Plan: 0 create, 0 update, 0 replace, 0 delete"),
    ]


def test_a_state_that_cannot_be_used_says_how_to_start_over(cli: Run, tmp_path: Path) -> None:
    """The fix can be typed as it is printed."""
    tree = Tree.make(tmp_path / "tree")
    arguments = ("--source", str(tree.folder), "--controller", "embedded", "--dry-run")
    cli(*arguments)
    (state,) = (tmp_path / "state").glob("emulator-*.sqlite")
    state.write_text("not a database, but longer than the header of one; " * 20)

    result = cli(*arguments)

    assert result.code == 64
    assert f"fix: to start over: rm {state}" in result.err
