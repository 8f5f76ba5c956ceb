"""Manifests and what a cluster makes of them: where back ends are, in Git or in the cluster, changes no object."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.avi.markers import Marker, Markers
from sync.desired import Source, load_source, make_desired
from sync.model.desired import DesiredState, ObjectKey, ServersFrom
from sync.model.facts import Facts
from sync.source.facts_file import read_facts_file
from sync.source.git.source import SourceRequest
from sync.translate.cluster import with_cluster
from tests.cluster.moved import cluster_with, following, without_back_ends

GOLDEN = Path(__file__).parent.parent / "golden"
SLIPS = {"020-broken-manifests", "023-duplicates"}
"""Trees about manifests of back ends that people have misspelt: in a cluster there are none."""
TREES = sorted(
    path.parent.name
    for path in GOLDEN.glob("*/repo")
    if not (path.parent / "case.yaml").exists() and path.parent.name not in SLIPS
)
RECORDED = Path(__file__).parents[3] / "shared" / "conformance" / "ako"


def moved(source: Source) -> Source:
    """The source with all its back ends in a cluster, and what that tells."""
    assert source.settings is not None
    source = following(source)
    cluster = cluster_with(source.resources)
    resources, _ = with_cluster(without_back_ends(source.resources), cluster, source.settings)  # type: ignore[arg-type]
    return replace(source, resources=resources)


def bodies(desired: DesiredState) -> Mapping[ObjectKey, Any]:
    """What would be sent, without the marks of what was written: servers of a cluster have one of their own."""
    return {
        key: {**item.body, "markers": Markers.of(item.body).without({Marker.DIGEST, Marker.SERVERS}).to_json()}
        for key, item in desired.objects.items()
    }


def check(source: Source, facts: Facts | None) -> None:
    """Equal objects, but for servers that neither Git nor the cluster tells."""
    before, after = make_desired(source, facts), make_desired(moved(source), facts)

    open_before = {key for key, item in before.objects.items() if item.left_alone or not item.body.get("servers")}
    unknown = {key for key, item in after.objects.items() if item.servers_from is ServersFrom.UNKNOWN}
    pools = {key for key, item in after.objects.items() if item.servers_from is not None}

    assert unknown <= open_before
    assert before.objects.keys() == after.objects.keys()
    same = before.objects.keys() - unknown - {key for key in pools if key in open_before}
    assert {key: bodies(before)[key] for key in same} == {key: bodies(after)[key] for key in same}


@pytest.mark.parametrize("case", TREES)
def test_a_golden_tree_comes_to_equal_objects_with_its_back_ends_in_a_cluster(case: str, tmp_path: Path) -> None:
    """EndpointSlices, Nodes, Pods and node ports, in every mode."""
    folder = GOLDEN / case
    facts = read_facts_file(folder / "facts.yaml") if (folder / "facts.yaml").exists() else None
    source = load_source(SourceRequest(location=str(folder / "repo"), cache_dir=tmp_path, plain_folder_allowed=True))
    if source.settings is None or source.settings.sync.backends == "ignore":
        pytest.skip("servers are in neither")

    check(source, facts)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded runs of AKO are not beside this checkout")
def test_every_recorded_tree_comes_to_equal_objects_with_its_back_ends_in_a_cluster(tmp_path: Path) -> None:
    """Of all recorded runs of AKO."""
    wrong = []
    for folder in sorted(RECORDED.iterdir()):
        facts = read_facts_file(folder / "facts.yaml") if (folder / "facts.yaml").exists() else None
        source = load_source(SourceRequest(location=str(folder), cache_dir=tmp_path, plain_folder_allowed=True))
        if source.settings is None:
            continue
        try:
            check(source, facts)
        except AssertionError as error:
            wrong.append((folder.name, str(error)[:300]))

    assert wrong == []
