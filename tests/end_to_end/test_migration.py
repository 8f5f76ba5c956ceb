"""The rehearsal of docs/moving-from-ako.md: from AKO to avi-sync and back, on the example tree, without an outage."""

import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sync.emulator import Emulator
from tests.shared.ako import desired_of, made_by_ako
from tests.shared.emulated_controller import Clock, Controller, Run
from tests.shared.tree import Tree

GUIDE = Path(__file__).parents[2] / "docs" / "moving-from-ako.md"
EXAMPLE = Path(__file__).parents[2] / "examples" / "repo"
KINDS = ("vsvip", "pool", "l4policyset", "virtualservice")
OBJECTS = 17
LAST_MODIFIED = "_last_modified"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """The example tree as a repository."""
    shutil.copytree(EXAMPLE, tmp_path / "repo")
    tree = Tree(folder=tmp_path / "repo")
    tree.git("init", "--quiet", "--initial-branch=main")
    tree.commit()
    return tree


@pytest.fixture
def controller(tmp_path: Path, tree: Tree, clock: Clock) -> Iterator[Controller]:
    """A Controller as a newcomer starts it, on which AKO has served the example tree until a while ago."""
    log = tmp_path / "requests.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, clock=clock) as emulator:
        controller = Controller(url=emulator.url, log=log, clock=clock)
        made_by_ako(desired_of(tree.folder, controller.url), controller.call)
        controller.wait(minutes=11)
        controller.forget()
        yield controller


def everything(controller: Controller) -> Mapping[str, dict[str, Any]]:
    """All objects of the four kinds, by type and name."""
    return {
        f"{kind} {item['name']}": item
        for kind in KINDS
        for item in controller.call("GET", f"/api/{kind}?include_name&page_size=100", tenant="*")["results"]
    }


def without_times(objects: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same, without what every write changes."""
    gone = {LAST_MODIFIED, "configpb_attributes"}
    return {name: {key: value for key, value in item.items() if key not in gone} for name, item in objects.items()}


def part(objects: Mapping[str, dict[str, Any]], field: str) -> dict[str, Any]:
    """One field of every object that has it."""
    return {name: item[field] for name, item in objects.items() if field in item}


def creators(controller: Controller) -> set[str]:
    """Every `created_by`."""
    return {item.get("created_by", "") for item in everything(controller).values()}


def test_a_plain_run_beside_ako_holds_everything_and_says_what_to_do(sync: Run, controller: Controller) -> None:
    """Nothing is planned and nothing written; each held owner names `avi-sync adopt`."""
    before = everything(controller)

    dry = sync("--dry-run")
    real = sync()

    assert (dry.code, real.code, controller.writes()) == (5, 5, [])
    assert (dry.document["changes"], len(dry.document["foreign"]), len(dry.document["held"])) == ([], OBJECTS, 4)
    assert all("avi-sync adopt" in problem["fix"] for problem in dry.document["problems"])
    assert everything(controller) == before


def test_adopting_everything_keeps_objects_servers_and_addresses(sync: Run, controller: Controller) -> None:
    """The same uuids, the same servers, the same VIPs: of each object only marks have changed."""
    before = everything(controller)
    dry = sync("adopt", "--dry-run")

    real = sync("adopt", "--ako-is-stopped")

    after = everything(controller)
    assert (dry.code, real.code) == (0, 0)
    assert dry.document["digest"] == real.document["digest"]
    assert (real.document["summary"]["adopt"], real.document["remaining"]) == (OBJECTS, [])
    assert controller.writes() == ["PUT " + write.split()[1] for write in controller.writes()]
    for field in ("uuid", "servers", "vip", "services", "l4_connection_policy", "cloud_config_cksum"):
        assert part(after, field) == part(before, field)
    assert creators(controller) == {"avi-sync-my-cluster", ""}


def test_after_adopting_a_plain_run_has_nothing_to_do(sync: Run, controller: Controller) -> None:
    """Everything is ours and as Git requests it, and what AKO keeps on its objects is taken for nobody's edit."""
    sync("adopt", "--ako-is-stopped")
    controller.forget()

    result = sync()

    assert (result.code, result.document["changes"], controller.writes()) == (0, [], [])
    assert result.document["summary"]["unchanged"] == OBJECTS
    assert sync("adopt", "--ako-is-stopped").document["changes"] == []
    assert sync("drift", "--detailed-exitcode").document["edits"] == []


def test_releasing_gives_back_exactly_what_ako_had(sync: Run, controller: Controller) -> None:
    """Every object is as AKO left it, and AKO's own way of listing finds it; a plain run holds it again."""
    before = without_times(everything(controller))
    sync("adopt", "--ako-is-stopped")
    dry = sync("release", "--dry-run")

    real = sync("release")

    assert (dry.code, real.code, real.document["summary"]["release"]) == (0, 0, OBJECTS)
    assert without_times(everything(controller)) == before
    assert listed_by_ako(controller, "my-cluster") == {"vsvip": 4, "pool": 5, "l4policyset": 4, "virtualservice": 4}
    assert (sync().code, sync().document["summary"]["foreign"]) == (5, OBJECTS)


def test_there_and_back_and_there_again(sync: Run, controller: Controller) -> None:
    """AKO has just written, as far as anybody can tell, so the second adoption waits ten minutes."""
    sync("adopt", "--ako-is-stopped")
    sync("release")

    too_early = sync("adopt", "--ako-is-stopped")
    controller.wait(minutes=11)
    again = sync("adopt", "--ako-is-stopped")

    assert (too_early.code, again.code) == (4, 0)
    assert again.document["summary"]["adopt"] == OBJECTS
    assert sync().document["changes"] == []


def test_a_change_made_in_between_goes_back_to_ako_as_one_that_it_writes_again(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """AKO skips an object whose checksum it knows: that of a changed one is gone, of the others it is still there."""
    before = everything(controller)
    sync("adopt", "--ako-is-stopped")
    storefront = (tree.folder / "teams/shop/storefront.yaml").read_text()
    tree.write({"teams/shop/storefront.yaml": storefront.replace("10.244.", "10.245.")})
    tree.commit()
    changed = {change["name"] for change in sync().document["changes"]}

    sync("release")

    sums = part(everything(controller), "cloud_config_cksum")
    different = {name for name, value in sums.items() if value != before[name]["cloud_config_cksum"]}
    assert changed == {"my-cluster--shop-storefront-storefront-TCP-443"}
    assert different == {f"pool {name}" for name in changed}
    assert {sums[name] for name in different} == {"0"}


def test_the_commands_of_the_guide_do_what_it_says(
    sync: Run, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of ours in docs/moving-from-ako.md, in its order: each line that it shows is printed."""
    monkeypatch.setenv("SYNC_FORMAT", "text")
    missing = []

    for command, lines in commands_of_the_guide():
        result = sync(*shlex.split(command)[1:])
        printed = {line.partition("   digest ")[0] for line in (result.out + result.err).splitlines()}
        missing.append((command, [line for line in lines if line not in printed]))

    assert missing == [(command, []) for command, _ in commands_of_the_guide()]
    assert len(missing) == 9


def commands_of_the_guide() -> Iterator[tuple[str, list[str]]]:
    """Each `avi-sync` command in a console block, with the lines that follow it."""
    for block in re.findall(r"^```console\n(.*?)^```", GUIDE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            if command.startswith("avi-sync"):
                yield command, lines


def listed_by_ako(controller: Controller, cluster: str) -> dict[str, int]:
    """How many objects of each type AKO's own lists find at its start (AKO 2.2.1, internal/cache)."""
    queries = dict.fromkeys(KINDS, f"created_by=ako-{cluster}") | {"vsvip": f"name.contains={cluster}--"}
    found = {
        kind: controller.call("GET", f"/api/{kind}/?{query}", tenant="*")["results"] for kind, query in queries.items()
    }
    return {
        kind: sum(kind != "virtualservice" or bool(item.get("cloud_config_cksum")) for item in items)
        for kind, items in found.items()
    }
