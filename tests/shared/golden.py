"""The trees of tests/golden as repositories, and Controllers that have what they refer to."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from sync.emulator import Emulator
from tests.shared.emulated_controller import Controller
from tests.shared.tree import Tree

GOLDEN = Path(__file__).parent.parent / "golden"

TENANTS = {
    "108-shared-vip-member-order": ("team-dns",),
    "131-tenants": ("team-a", "team-default"),
    "134-openstack-tenant-vrf": ("team-a",),
    "137-azure-subnet": ("team-a",),
    "138-no-cloud-odd-vrf": ("team-a",),
}
"""The tenants that a folder's Namespaces and settings name; a Controller has none of them by itself."""


@contextmanager
def emulator_of(case: str, log: Path) -> Iterator[Controller]:
    """A fresh Controller that is what the folder's facts say, and has whatever its manifests refer to."""
    facts_file = GOLDEN / case / "facts.yaml"
    facts: Mapping[str, Any] = yaml.load(facts_file.read_text(), yaml.CSafeLoader) if facts_file.exists() else {}
    log.touch()
    with Emulator(port=0, requests_log=log, seed=_seed(facts, TENANTS.get(case, ()))) as emulator:
        yield Controller(url=emulator.url, log=log)


def _seed(facts: Mapping[str, Any], tenants: Sequence[str]) -> Mapping[str, Any]:
    return {**facts, "assume_exists": True, "tenants": list(tenants)}


def repository_of(case: str, folder: Path) -> Tree:
    """The folder's tree, committed."""
    shutil.copytree(GOLDEN / case / "repo", folder)
    tree = Tree(folder=folder)
    tree.git("init", "--quiet", "--initial-branch=main")
    tree.commit()
    return tree
