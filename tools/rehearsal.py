"""A pull request from branch to production, played on this machine: `make rehearsal`.

A bare repository, a branch with a changed VIP, a new Gateway and a broken manifest; the action's own steps run as on
GitHub, the comment goes to a local server, the merge is applied, and the scheduled run finds a hand edit.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sync.emulator import Emulator  # noqa: E402
from tests.github.runner import Runner, Step  # noqa: E402
from tests.github.server import GitHub  # noqa: E402
from tests.shared.tree import VALUES, Manifest, Tree, app  # noqa: E402

FOLDER = ROOT / ".rehearsal"
PULL_REQUEST = 7
FRONT = "test--shop-web-svc-web-TCP-80"
SEED = {
    "cloud": {"name": "Default-Cloud", "vtype": "CLOUD_VCENTER", "dns_domains": ["avi.internal"]},
    "networks": [{"name": "vip-network", "subnets": ["10.10.10.0/24"]}],
    "assume_exists": True,
}
BROKEN = """\
apiVersion: networking.x-k8s.io/v1alpha1
kind: Gateway
metadata: {name: api, namespace: shop}
spec:
  gatewayClassName: avi
  listeners:
    - {port: 70443, protocol: TCP}
"""


def main() -> int:
    """The whole rehearsal; 0 if every act ends as it should."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    github = GitHub([], [])
    try:
        with Emulator(seed=SEED, state=FOLDER / "controller.sqlite") as controller:
            return _acts(github, controller.url)
    finally:
        github.stop()


def _acts(github: GitHub, controller: str) -> int:
    main_tree = _repository()
    endings = [_on_main("main is applied for the first time", main_tree, controller)]
    branch = _branch()
    endings.append(_pull_request(branch, github, controller))
    _say("somebody corrects the broken manifest, and the pull request is looked at again")
    branch.commit(api=app("api"))
    endings.append(_pull_request(branch, github, controller))
    _say(f"the pull request has {len(github.comments)} comment, edited in place")
    _merge(main_tree, branch)
    endings.append(_on_main("the merge is applied", main_tree, controller))
    _edit_by_hand(controller)
    endings.append(_scheduled(main_tree, controller))
    expected = [0, 5, 0, 0, 2]
    print(f"\nexit codes: {', '.join(map(str, endings))} (expected: {', '.join(map(str, expected))})")
    print("\nWhere to look:")
    print(f"  {_shown('comment.md'):<34} the comment of the pull request, as GitHub would show it")
    print(f"  {_shown('comment-first.md'):<34} the same before the manifest was corrected")
    print(f"  {_shown('summary-*.md'):<34} the summary of each step")
    print(f"  {_shown('origin.git'):<34} the repository, with main and the branch")
    return 0 if endings == expected and len(github.comments) == 1 else 1


def _shown(name: str) -> str:
    return str((FOLDER / name).relative_to(ROOT))


def _say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


# --- Git --------------------------------------------------------------------------------------------------------------


def _repository() -> Tree:
    """A bare repository and a clone of it, with two Gateways on main."""
    origin = FOLDER / "origin.git"
    _git("init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    tree = Tree.make(FOLDER / "main", VALUES)
    tree.git("remote", "add", "origin", str(origin))
    tree.commit(web=app("web", address="10.10.10.50"), shop=app("cart"))
    tree.git("push", "--quiet", "origin", "main")
    return tree


def _branch() -> Tree:
    """What somebody proposes."""
    _say("a branch: another VIP for shop/web, a new Gateway shop/blog, and shop/api with a misspelling")
    folder = FOLDER / "branch"
    _git("clone", "--quiet", str(FOLDER / "origin.git"), str(folder))
    tree = Tree(folder=folder)
    tree.git("switch", "--quiet", "--create", "new-vip")
    proposal: dict[str, list[Manifest] | str] = {
        "web": app("web", address="10.10.10.60"),
        "blog": app("blog"),
        "api": BROKEN,
    }
    tree.commit(**proposal)
    tree.git("push", "--quiet", "origin", "new-vip")
    return tree


def _merge(main_tree: Tree, branch: Tree) -> None:
    _say("the pull request is merged")
    branch.git("push", "--quiet", "origin", "new-vip")
    main_tree.git("fetch", "--quiet", "origin")
    main_tree.git("merge", "--quiet", "--no-ff", "--message", "Merge new-vip", "origin/new-vip")
    main_tree.git("push", "--quiet", "origin", "main")
    print(main_tree.git("log", "--oneline", "--graph", "-4"))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=FOLDER, check=True)


# --- steps of the workflow --------------------------------------------------------------------------------------------


def _runner(tree: Tree, **environment: str) -> Runner:
    temp = FOLDER / "runner"
    shutil.rmtree(temp, ignore_errors=True)
    runner = Runner(
        tree.folder,
        temp,
        SYNC_PASSWORD="emulator",  # noqa: S106 -- the documented password of a toy
        SYNC_CACHE_DIR=str(FOLDER / "cache"),
        SYNC_STATE_DIR=str(FOLDER / "state"),
        **environment,
    )
    runner.install(Path(sys.executable).parent / "avi-sync")
    return runner


def _pull_request(branch: Tree, github: GitHub, controller: str) -> int:
    _say("the pull request: the action's dry run")
    event = FOLDER / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": PULL_REQUEST}}))
    runner = _runner(
        branch,
        GITHUB_API_URL=github.url,
        GITHUB_REPOSITORY="net/avi-config",
        GITHUB_EVENT_PATH=str(event),
        GITHUB_TOKEN="rehearsal",  # noqa: S106 -- of a server on this machine
        SYNC_TARGET_NAME="rehearsal",
    )
    step = runner.run("avi-sync", mode="dry-run", controller=controller, comment="true")
    is_first = not (FOLDER / "comment-first.md").exists()
    _keep("pull-request", step)
    (text,) = github.comments.values()
    for name in ("comment-first.md", "comment.md") if is_first else ("comment.md",):
        (FOLDER / name).write_text(text)
    _say("the comment, as posted")
    print(text)
    return step.code


def _on_main(title: str, tree: Tree, controller: str) -> int:
    _say(f"{title}: the action's sync")
    step = _runner(tree).run("avi-sync", mode="sync", controller=controller)
    _keep("main", step)
    print(step.out.rstrip())
    return step.code


def _scheduled(tree: Tree, controller: str) -> int:
    _say("the scheduled run: the action's drift")
    step = _runner(tree).run("avi-sync", mode="drift", controller=controller)
    _keep("scheduled", step)
    print(step.out.rstrip())
    return step.code


def _keep(name: str, step: Step) -> None:
    (FOLDER / f"summary-{name}.md").write_text(step.summary)
    lines = [line for line in step.err.splitlines() if line.startswith(("::error", "::warning"))]
    for line in lines:
        print(f"annotation  {line}")
    print(f"outputs     {' '.join(f'{key}={value}' for key, value in step.outputs.items())}")


def _edit_by_hand(controller: str) -> None:
    _say(f"at night somebody edits the pool {FRONT} by hand")
    with httpx.Client(base_url=controller) as client:
        client.post("/login", json={"username": "admin", "password": "emulator"}).raise_for_status()
        client.headers.update(
            {"X-CSRFToken": client.cookies["csrftoken"], "Referer": controller, "X-Avi-Version": "30.2.1"}
        )
        (pool,) = client.get("/api/pool", params={"name": FRONT}).raise_for_status().json()["results"]
        servers: list[dict[str, Any]] = [server | {"enabled": False} for server in pool["servers"][:1]]
        edited = pool | {"servers": [*servers, *pool["servers"][1:]]}
        client.put(f"/api/pool/{pool['uuid']}", json=edited).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
