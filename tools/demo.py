"""A tour: the example tree, an emulated Controller and a small cluster, from the first dry run to a rollout.

usage: python tools/demo.py [FOLDER]

Everything happens in FOLDER, by default `.demo` in the checkout, which is emptied first; another folder must be new.
Ends with 0 if every command ended as it should, else with 1 after naming the one that did not.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.shared.api_server import ApiServer  # noqa: E402 (found there)

EXAMPLE = ROOT / "examples" / "repo"
GATEWAY = Path("teams", "shop", "storefront.yaml")
OLD_ADDRESS, NEW_ADDRESS = "10.10.10.50", "10.10.10.60"

GIT_CONFIGURATION = """\
[user]
    name = Demo
    email = demo@example.com
[init]
    defaultBranch = main
[advice]
    defaultBranchName = false
"""

DRY_RUN = "avi-sync --dry-run --detailed-exitcode --source . --controller embedded"
SYNC = "avi-sync --source . --controller embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the tour changes beside the Controller: a Git repository and a cluster."""

    repository: Path
    cluster: ApiServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is explained, what changes, and the commands that follow, each with the exit code it must end with."""

    says: str
    commands: tuple[tuple[str, int], ...]
    change: Callable[[Places], None] = lambda _: None


def move_back_ends(places: Places) -> None:
    """Take the EndpointSlices out of the example, as in a real repository, and give them to the cluster."""
    for file in sorted((places.repository / "teams").rglob("*.yaml")):
        manifests = file.read_text("utf-8").split("\n---\n")
        kept = [text for text in manifests if "\nkind: EndpointSlice\n" not in f"\n{text}"]
        file.write_text("\n---\n".join(kept).rstrip() + "\n", "utf-8")
        objects = [yaml.safe_load(text) for text in manifests]
        places.cluster.put(*(each for each in objects if each["kind"] in ("Service", "EndpointSlice")))
    with (places.repository / "values.yaml").open("a", encoding="utf-8") as values:
        values.write(
            "\nSyncSettings:\n  # Servers of a pool are the Pods, as the cluster lists them.\n  backends: cluster\n"
        )


def roll_out(endpoints: Mapping[str, bool]) -> Callable[[Places], None]:
    """What a Deployment of the storefront does to its EndpointSlice: addresses, and whether they are ready."""

    def change(places: Places) -> None:
        slice_: dict[str, Any] = places.cluster.objects["endpointslices"]["shop", "storefront-1"]
        conditions = {True: {"ready": True}, False: {"ready": False, "serving": True, "terminating": True}}
        found = [{"addresses": [address], "conditions": conditions[ready]} for address, ready in endpoints.items()]
        places.cluster.put({**slice_, "kind": "EndpointSlice", "endpoints": found})

    return change


def change_address(places: Places) -> None:
    """What a person does in an editor."""
    manifest = places.repository / GATEWAY
    before = manifest.read_text("utf-8")
    after = before.replace(OLD_ADDRESS, NEW_ADDRESS)
    if after == before:
        sys.exit(f"{GATEWAY} of the example no longer requests {OLD_ADDRESS}\n  fix: correct OLD_ADDRESS in {__file__}")
    manifest.write_text(after, "utf-8")


STEPS = (
    Step(
        says="Five teams keep their load balancers in one Git repository, as Kubernetes manifests. "
        "A small cluster runs beside it, and makes the EndpointSlices.",
        commands=(
            ("git init --quiet", 0),
            ("git add .", 0),
            ('git commit --quiet --message "four load balancers of five teams"', 0),
            ("git ls-files", 0),
        ),
        change=move_back_ends,
    ),
    Step(
        says="Is the tree in order? This needs no Controller, so it can run for every pull request.",
        commands=(("avi-sync validate --source .", 0),),
    ),
    Step(
        says="What would happen on an empty (emulated) Controller? A dry run writes nothing. A plus sign is a create.",
        commands=((DRY_RUN, 2),),
    ),
    Step(says="Do it. The same plan, applied; then the Controller is read again and compared.", commands=((SYNC, 0),)),
    Step(says="Once more: the Controller matches Git, so nothing is written.", commands=((SYNC, 0),)),
    Step(
        says=f"Team shop wants another address. Somebody edits one line of {GATEWAY} and commits it.",
        change=change_address,
        commands=(
            ("git diff --unified=1", 0),
            (f'git commit --quiet --all --message "shop: move the storefront to {NEW_ADDRESS}"', 0),
        ),
    ),
    Step(
        says="Avi cannot change a VIP in place: the plan says what is deleted and created again, and what that means.",
        commands=((DRY_RUN, 2),),
    ),
    Step(
        says="Do it. VirtualService and VsVip are deleted and created again; pools and policies stay.",
        commands=((SYNC, 0),),
    ),
    Step(says="Once more: nothing is left to do.", commands=((SYNC, 0),)),
    Step(
        says="Team shop rolls out a new version. Nothing changes in Git: a new Pod is ready, and an old one is ending.",
        change=roll_out({"10.244.1.31": False, "10.244.2.31": True, "10.244.3.31": True, "10.244.1.32": True}),
        commands=((SYNC, 0),),
    ),
    Step(
        says="A minute later the rollout is over: three new Pods. That is why such a run starts every minute.",
        change=roll_out({"10.244.1.32": True, "10.244.2.32": True, "10.244.3.32": True}),
        commands=((SYNC, 0), ("avi-sync status --source . --controller embedded", 0)),
    ),
    Step(
        says="The cluster ends with the tour. Its servers go to a file, which later runs read instead.",
        commands=(("avi-sync cluster export --source . --out ../cluster.json", 0),),
    ),
)


def main() -> int:
    """Take the tour."""
    folder = prepared_folder(sys.argv[1:])
    repository = folder / "repo"
    shutil.copytree(EXAMPLE, repository)
    (folder / "gitconfig").write_text(GIT_CONFIGURATION, "utf-8")
    cluster = ApiServer().start()
    try:
        cluster.kubeconfig(folder)
        ended_well = take_tour(Places(repository=repository, cluster=cluster), demo_environment(folder, os.environ))
    finally:
        cluster.stop()
    if ended_well:
        print(farewell(folder))
    return 0 if ended_well else 1


def take_tour(places: Places, environment: Mapping[str, str]) -> bool:
    """Whether every command ended as it should."""
    for number, step in enumerate(STEPS, start=1):
        print(f"\n=== {number} of {len(STEPS)}: {step.says}", flush=True)
        step.change(places)
        for command, expected in step.commands:
            print(f"\n$ {command}", flush=True)
            code = run(command, places.repository, environment)
            if code != expected:
                print(f"\nstep {number} failed: `{command}` ended with {code}, not {expected}", file=sys.stderr)
                return False
    return True


def run(command: str, folder: Path, environment: Mapping[str, str]) -> int:
    """The exit code. Errors and notes go where the results go: in a captured tour they stand where they belong."""
    done = subprocess.run(shlex.split(command), cwd=folder, env=environment, stderr=subprocess.STDOUT, check=False)
    return done.returncode


def prepared_folder(arguments: list[str]) -> Path:
    """An empty folder. Only the demo's own folder is emptied: another one might be somebody's."""
    folder = Path(arguments[0]).resolve() if arguments else ROOT / ".demo"
    if not arguments:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        sys.exit(f"{folder}: {error.strerror}\n  fix: name a folder that does not exist, or none")
    return folder


def demo_environment(folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Everything that would be remembered goes into the folder, and no setting of the user's has a say."""
    ours = ("AVI_", "GIT_", "KUBE", "SYNC_", "XDG_")
    kept = {name: value for name, value in inherited.items() if not name.startswith(ours)}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "HOME": str(folder / "home"),
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
        "SYNC_STATE_DIR": str(folder / "state"),
        "SYNC_CACHE_DIR": str(folder / "cache"),
        "SYNC_KUBECONFIG": str(folder / "kubeconfig"),
    }


def farewell(folder: Path) -> str:
    """How to go on alone."""
    return f"""
That was all. The repository and the emulated Controller are still there; change something, commit it, and run

  cd {shlex.quote(str(folder / "repo"))}
  export SYNC_STATE_DIR={shlex.quote(str(folder / "state"))}
  export SYNC_CLUSTER_STATE={shlex.quote(str(folder / "cluster.json"))} SYNC_CLUSTER_STATE_MAX_AGE=86400
  {shlex.quote(str(Path(sys.executable).parent))}/{SYNC}"""


if __name__ == "__main__":
    sys.exit(main())
