"""Who writes after whom: one source per cluster, and never back to an older commit by accident."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.tree import GATEWAY_CLASS, VALUES, Tree, app


def last_run(controller: Controller) -> dict[str, Any]:
    """The record of the last run that changed something."""
    group = controller.find("stringgroup", "avi-sync-test")
    found: dict[str, Any] = json.loads(next(item["value"] for item in group["kv"] if item["key"] == "last"))
    return found


def refusals(result: Result) -> list[str]:
    """Why a plan was refused."""
    return [item["message"] for item in result.document["refusals"]]


def warnings(result: Result) -> list[str]:
    """What was warned of."""
    return [item["message"] for item in result.document["problems"] if item["severity"] == "warning"]


def clone_of(tree: Tree, folder: Path, *options: str) -> Tree:
    """A clone, as a laptop or a CI job has it."""
    tree.git("-c", "protocol.file.allow=always", "clone", "--quiet", *options, tree.folder.as_uri(), str(folder))
    return Tree(folder=folder)


def test_the_last_run_that_changed_something_is_recorded(sync: Run, tree: Tree, controller: Controller) -> None:
    """Source, commit, time and run; a run that changes nothing leaves no trace."""
    commit = tree.commit(web=app("web"))
    sync()
    first = last_run(controller)
    tree.commit(note="# nothing that matters")

    sync()

    assert (first["source"], first["path"], first["commit"]) == (tree.folder.as_uri(), "", commit)
    assert first["time"].endswith("Z")
    assert last_run(controller) == first


def test_a_run_in_which_every_write_failed_is_not_the_last_one(sync: Run, tree: Tree, controller: Controller) -> None:
    """Nothing was changed, so the record names the run before."""
    tree.commit(web=app("web"))
    sync()
    before = last_run(controller)
    tree.commit(api=app("api"))
    controller.fault(method="POST", path="/api/vsvip", do="status", status=400, body={"error": "no"})

    result = sync()

    assert (result.code, last_run(controller)) == (5, before)


def test_another_source_is_refused_until_it_is_accepted_once(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """The refusal names both; once accepted, the new source is the one, and the old one is refused."""
    tree.commit(web=app("web"))
    sync()
    other = Tree.make(tmp_path / "fork")
    other.commit(web=app("web", ports=(80, 81)))
    controller.forget()

    refused = sync("--source", str(other.folder))
    writes = controller.all_writes()
    accepted = sync("--source", str(other.folder), "--accept-source", "--accept-older-commit")
    other.commit(web=app("web", ports=(80, 82)))
    later = sync("--source", str(other.folder))
    tree.commit(web=app("web", ports=(80, 83)))
    old = sync()

    assert (refused.code, writes, accepted.code, later.code, old.code) == (4, [], 0, 0, 4)
    assert refused.document["summary"]["update"] > 0
    assert f"wrote from {tree.folder.as_uri()}" in refusals(refused)[0]
    assert f"this one reads {other.folder.as_uri()}" in refusals(refused)[0]


def test_another_folder_of_the_same_repository_is_another_source(sync: Run, tree: Tree, controller: Controller) -> None:
    """Staging must not be written where production was."""
    tree.write({"prod/values.yaml": [VALUES], "prod/class.yaml": [GATEWAY_CLASS], "prod/web.yaml": app("web")})
    tree.write(
        {"lab/values.yaml": [VALUES], "lab/class.yaml": [GATEWAY_CLASS], "lab/web.yaml": app("web", ports=(80, 8))}
    )
    tree.commit()
    sync("--path", "prod")

    same, other = sync("--path", "./prod/"), sync("--path", "lab")

    assert (same.code, other.code) == (0, 4)
    assert "(folder prod)" in refusals(other)[0]
    assert "(folder lab)" in refusals(other)[0]


def test_an_older_commit_is_refused_until_it_is_accepted_once(sync: Run, tree: Tree, controller: Controller) -> None:
    """A late CI job does not undo what came after it; somebody who means it can go back."""
    old = tree.commit(web=app("web"))
    new = tree.commit(web=app("web", ports=(80, 81)))
    sync()
    controller.forget()

    refused = sync("--ref", old)
    writes = controller.all_writes()
    accepted = sync("--ref", old, "--accept-older-commit")

    assert (refused.code, writes, accepted.code) == (4, [], 0)
    assert f"commit {old[:12]} does not descend from {new[:12]}" in refusals(refused)[0]
    assert last_run(controller)["commit"] == old


def test_a_rewritten_history_is_refused(sync: Run, tree: Tree, controller: Controller) -> None:
    """After a force-push nobody can say that the new commit contains the old one."""
    tree.commit(web=app("web"))
    sync()
    tree.git("reset", "--quiet", "--hard", "HEAD~1")
    tree.commit(web=app("web", ports=(80, 81)))

    result = sync()

    assert result.code == 4
    assert "does not descend" in refusals(result)[0]


def test_only_a_run_that_would_write_is_refused(sync: Run, tree: Tree, controller: Controller) -> None:
    """With the same objects an older commit has nothing to write, and nothing to be refused."""
    old = tree.commit(web=app("web"))
    tree.commit(note="# nothing that matters")
    tree.commit(api=app("api"))
    sync("--only", "Gateway/shop/api")

    result = sync("--ref", old, "--only", "Gateway/shop/web", "--dry-run")
    sync("--accept-older-commit")
    nothing = sync("--ref", old, "--only", "Gateway/shop/web")

    assert (result.code, nothing.code, nothing.document["refusals"]) == (0, 0, [])


def with_cluster(tree: Tree, name: str) -> None:
    """values.yaml gives the cluster this name; DNS names are left out, for two clusters cannot share them."""
    ako = {**VALUES["AKOSettings"], "clusterName": name}
    tree.commit(values=[{**VALUES, "AKOSettings": ako, "L4Settings": {"autoFQDN": "disabled"}}])


def test_another_cluster_name_is_refused_until_it_is_accepted_once(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The refusal names both; a dry run warns; once accepted, the new name is one like any other."""
    with_cluster(tree, "test")
    tree.commit(web=app("web"))
    sync()
    with_cluster(tree, "edge2")
    controller.forget()

    dry, refused = sync("--dry-run"), sync()
    writes = controller.all_writes()
    accepted = sync("--accept-cluster-name")
    tree.commit(api=app("api"))
    later = sync()

    said = "made Gateway shop/web with clusterName test: this run would create everything again"
    assert (dry.code, refused.code, writes, accepted.code, later.code) == (0, 4, [], 0, 0)
    assert any("clusterName is edge2" in text and said in text for text in warnings(dry))
    assert said in refusals(refused)[0]


def test_a_cluster_name_that_comes_back_is_another_one_like_any(sync: Run, tree: Tree, controller: Controller) -> None:
    """Renamed, the old objects deleted as the refusal says, and named back: the old record changes nothing."""
    with_cluster(tree, "test")
    tree.commit(web=app("web"))
    sync()
    with_cluster(tree, "edge2")
    for kind in ("virtualservice", "l4policyset", "pool", "vsvip"):
        for item in controller.call("GET", f"/api/{kind}")["results"]:
            controller.call("DELETE", f"/api/{kind}/{item['uuid']}")
    renamed = sync()
    with_cluster(tree, "test")
    controller.forget()

    back = sync()

    assert (renamed.code, back.code, controller.all_writes()) == (0, 4, [])
    assert "with clusterName edge2: this run would create everything again" in refusals(back)[0]


def test_another_cluster_name_is_refused_also_where_the_old_one_has_the_names(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """One reason, not one per DNS name and address that the old objects have."""
    tree.commit(web=app("web", address="10.10.10.5"))
    sync()
    tree.commit(values=[{**VALUES, "AKOSettings": {**VALUES["AKOSettings"], "clusterName": "edge2"}}])
    controller.forget()

    dry, result = sync("--dry-run"), sync()

    assert (dry.code, result.code, controller.all_writes(), result.document["held"]) == (0, 4, [], [])
    assert len(refusals(result)) == 1


@pytest.mark.parametrize(
    ("owner", "code"),
    [pytest.param("web", 4, id="of this tree"), pytest.param("other", 0, id="of another tree")],
)
def test_without_a_record_the_live_owners_tell_the_other_name(
    sync: Run, tree: Tree, controller: Controller, owner: str, code: int
) -> None:
    """Somebody has deleted the lock of the old name: what this tree names is taken for the same."""
    tree.commit(web=app(owner))
    sync()
    controller.call("DELETE", f"/api/stringgroup/{controller.find('stringgroup', 'avi-sync-test')['uuid']}")
    tree.commit(web=app("web"))
    with_cluster(tree, "edge2")

    result = sync()

    said = refusals(result)
    assert (result.code, [text for text in said if "clusterName test" in text]) == (code, said)


def test_a_new_name_is_free_once_the_old_one_has_nothing_left(sync: Run, tree: Tree, controller: Controller) -> None:
    """Delete first, then rename: nothing would stay behind."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=None)
    with_cluster(tree, "test")
    digest = sync("--dry-run").document["digest"]
    sync("--allow-deletes", "1", "--plan-digest", digest)
    with_cluster(tree, "edge2")
    tree.commit(web=app("web"))

    assert sync().code == 0


def test_two_clusters_may_live_side_by_side(sync: Run, tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """Another source has made the same Gateways for a cluster of its own."""
    with_cluster(tree, "test")
    tree.commit(web=app("web"))
    sync()
    other = Tree.make(tmp_path / "west")
    other.commit(web=app("web"))
    with_cluster(other, "west")

    assert sync("--source", str(other.folder)).code == 0


def test_another_encoding_of_names_is_refused(sync: Run, tree: Tree, controller: Controller) -> None:
    """In one sentence; nothing is doubled and nothing is called a copy, however many owners are new."""
    tree.commit(web=app("web"))
    sync()
    encoded = {**VALUES, "AKOSettings": {**VALUES["AKOSettings"], "enableEVH": True}}
    tree.commit(values=[encoded], api=app("api"))
    controller.forget()

    dry, refused = sync("--dry-run"), sync()

    said = "AKOSettings.enableEVH is true, but Gateway shop/web was made with enableEVH: false, which gives other names"
    assert (dry.code, refused.code, controller.all_writes()) == (0, 4, [])
    assert [text for text in warnings(dry) if "copy" in text] == []
    assert said in refusals(refused)[0]


def test_a_dry_run_warns_of_the_wrong_writer(sync: Run, tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """It says what would be refused, and still shows the plan; the exit code is that of any dry run."""
    tree.commit(web=app("web"))
    sync()
    other = Tree.make(tmp_path / "fork")
    other.commit(web=app("web", ports=(80, 81)))

    result = sync("--source", str(other.folder), "--dry-run", "--detailed-exitcode")
    accepted = sync("--source", str(other.folder), "--dry-run", "--accept-source", "--accept-older-commit")

    assert (result.code, result.document["refusals"]) == (2, [])
    assert any("this one reads" in message for message in warnings(result))
    assert any("does not descend" in message for message in warnings(result))
    assert not any("this one reads" in message or "does not descend" in message for message in warnings(accepted))


def test_a_clone_and_its_origin_are_one_source(sync: Run, tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """From the remote by cron, from a clone on a laptop, from a shallow clone in CI: each goes on from the other."""
    tree.commit(web=app("web"))
    by_url = sync("--source", tree.folder.as_uri())
    tree.commit(web=app("web", ports=(80, 81)))
    laptop = clone_of(tree, tmp_path / "laptop")
    by_clone = sync("--source", str(laptop.folder))
    tree.commit(web=app("web", ports=(80, 82)))
    job = clone_of(tree, tmp_path / "job", "--depth=1")

    by_job = sync("--source", str(job.folder))
    laptop.commit(web=app("web", ports=(80, 83)))
    left_behind = sync("--source", str(laptop.folder))

    assert (by_url.code, by_clone.code, by_job.code, left_behind.code) == (0, 0, 0, 4)
    assert last_run(controller)["source"] == tree.folder.as_uri()
    assert job.git("rev-list", "--count", "HEAD") == "1"


@pytest.mark.parametrize("written", ["https://ci:hush@git.example.com/lb.git", "https://ci@GIT.example.com:443/lb"])
def test_a_login_in_the_origin_of_a_clone_is_not_recorded(
    sync: Run, tree: Tree, controller: Controller, written: str
) -> None:
    """As CI jobs leave it there."""
    tree.git("remote", "add", "origin", written)
    tree.commit(web=app("web"))

    sync()

    assert last_run(controller)["source"] == "https://git.example.com/lb"
    assert "hush" not in json.dumps(controller.find("stringgroup", "avi-sync-test"))


def test_an_accepted_run_with_nothing_to_change_counts_as_the_last_writer(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """What --accept-source and --accept-older-commit allowed holds for the runs after it, though it changed nothing."""
    tree.commit(web=app("web"))
    sync()
    moved = clone_of(tree, tmp_path / "moved")
    moved.git("remote", "remove", "origin")
    moved.git("commit", "--quiet", "--amend", "--message", "rewritten")
    elsewhere = ("--source", str(moved.folder))

    half_accepted = sync(*elsewhere, "--accept-source")
    last = last_run(controller)["source"]
    accepted = sync(*elsewhere, "--accept-source", "--accept-older-commit")
    moved.commit(web=app("web", ports=(80, 81)))
    later = sync(*elsewhere)

    assert (half_accepted.code, last) == (0, tree.folder.as_uri())
    assert "does not descend" in warnings(half_accepted)[0]
    assert (accepted.code, later.code) == (0, 0)
    assert last_run(controller)["source"] == moved.folder.as_uri()
