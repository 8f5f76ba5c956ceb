"""What is live, what is in Git, and the plan between them: as a user sees it, and as it is sent."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.plan_cases import CASES, Stage, emulator_for, live_text, plan_text, read
from tests.shared.emulated_controller import SyncOf
from tests.shared.golden import GOLDEN
from tests.shared.tree import Tree


@pytest.mark.parametrize("case", CASES)
def test_a_dry_run_prints_exactly_this_plan(
    case: str, tmp_path: Path, sync_of: SyncOf, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of `case.yaml` leave `live.yaml` on the Controller; for `repo/` a dry run then prints `plan.txt`."""
    folder = GOLDEN / case
    script = read(folder / "case.yaml")
    command, report = script.get("command", []), tmp_path / "plan.json"
    monkeypatch.setenv("SYNC_PARALLELISM", "1")  # so that the same VIP gets the same address each time
    with emulator_for(folder, tmp_path / "requests.jsonl") as controller:
        tree = Tree.make(tmp_path / "repo")
        stage = Stage(folder=folder, tree=tree, controller=controller, sync=sync_of(tree, controller))
        for step in script.get("live", [{"sync": "before"}]):
            stage.play(*next(iter(step.items())))
        made = {"live.yaml": live_text(controller)}
        stage.commit("repo")
        monkeypatch.setenv("SYNC_FORMAT", "text")
        result = stage.sync(*command, "--dry-run", "--output-file", f"json={report}")
        made["plan.txt"] = plan_text(command, result, json.loads(report.read_text()))

    if request.config.getoption("--update-golden"):
        for name, text in made.items():
            (folder / name).write_text(text)
    assert {name: (folder / name).read_text() for name in made} == made
