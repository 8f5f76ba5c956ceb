"""What AKO was recorded with, a Controller takes from us, too, where the recordings are at hand."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from sync.emulator import Emulator
from tests.shared.emulated_controller import Controller, SyncOf
from tests.shared.tree import Tree

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "ako"

TEN = (
    "01-docs-example",
    "61-subdomains-default-domain",
    "62-subdomains-first-sorted",
    "63-no-dns-profile",
    "84-infra-public-ip-aws",
    "87-global-t1lr-nsxt",
    "124-enterprise-license-absent",
    "129-vrf-from-network",
    "133-cloud-none",
    "197-lb-l4rule-revoke-vip-route-nsxt",
)
"""Cases of which each has other facts, or other objects."""


@pytest.mark.skipif(not CASES.exists(), reason="the recorded runs of AKO are not beside this checkout")
@pytest.mark.parametrize("case", TEN)
def test_a_recorded_tree_converges_and_stays(case: str, tmp_path: Path, sync_of: SyncOf) -> None:
    """On a Controller with the facts of the case: all objects with the first run, nothing to do for the second."""
    expected = json.loads((CASES / case / "expected.json").read_text())["objects"]
    facts = yaml.safe_load((CASES / case / "facts.yaml").read_text())
    tree = Tree(folder=tmp_path / "repo")
    tree.folder.mkdir()
    for name in ("values.yaml", "manifests.yaml"):
        shutil.copy(CASES / case / name, tree.folder)
    tree.git("init", "--quiet", "--initial-branch=main")
    tree.commit()
    log = tmp_path / "requests.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed={**facts, "assume_exists": True}) as emulator:
        sync = sync_of(tree, Controller(url=emulator.url, log=log))

        first, second = sync(), sync()

    assert (first.code, first.document["summary"]["create"]) == (0, len(expected))
    assert (second.code, second.document["changes"]) == (0, [])
    assert second.document["summary"]["unchanged"] == len(expected)
