"""Where the cluster is: what options and values.yaml say together."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.backends import export_back_ends, follows_cluster, is_same, read_back_ends, with_back_ends
from sync.cluster.place import ClusterPlace
from sync.config import ClusterOptions, cluster_place
from sync.desired import Source
from sync.errors import SourceError, UsageError
from sync.timing import Timing
from tests.cluster.moved import NOON, cluster_with, without_back_ends
from tests.cluster.test_unread_cluster import source_of
from tests.shared.api_server import ApiServer

TIMING = Timing(sleep=lambda _: None, chance=lambda: 0.0)


@pytest.fixture
def source() -> Source:
    """A tree that follows a cluster."""
    found = source_of("endpoints", (1, 2))
    return Source(
        snapshot=found.snapshot,
        settings=found.settings,
        resources=without_back_ends(found.resources),
        templates=found.templates,
        problems=(),
    )


def read(source: Source, place: ClusterPlace, location: str = "https://git.example.com/shop") -> Any:
    """What the cluster at a place tells."""
    return read_back_ends(source, place, TIMING, location=location)


def test_options_become_a_place() -> None:
    """`~` is the home folder."""
    place = cluster_place(ClusterOptions(kubeconfig="~/config", kube_context="prod", cluster_state="state.json"))

    assert place == ClusterPlace(kubeconfig=Path.home() / "config", context="prod", state_file=Path("state.json"))
    assert place.given == ("--kubeconfig", "--kube-context", "--cluster-state")
    assert cluster_place(ClusterOptions()).given == ()


def test_a_kubeconfig_in_the_source_tree_is_refused(source: Source, server: ApiServer, tmp_path: Path) -> None:
    """A commit must not choose programs that we run."""
    place = ClusterPlace(kubeconfig=server.kubeconfig(tmp_path))

    with pytest.raises(UsageError, match="source tree"):
        read(source, place, str(tmp_path))
    assert read(source, place).name == "test"


def test_without_a_place_nothing_is_guessed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is current in ~/.kube/config is not meant."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(UsageError, match="no cluster is given"):
        read(source, ClusterPlace())


def test_a_file_that_stands_in_counts_before_a_kubeconfig(source: Source, server: ApiServer, tmp_path: Path) -> None:
    """And what was exported is what was read, but for the time."""
    online = ClusterPlace(kubeconfig=server.kubeconfig(tmp_path))
    file = tmp_path / "state.json"
    file.write_text(export_back_ends(source, online, TIMING, location=""))
    server.requests.clear()

    found = read(source, ClusterPlace(kubeconfig=tmp_path / "nowhere", state_file=file))

    assert (server.requests, found.name) == ([], "test")


@pytest.mark.parametrize(("minutes", "is_old"), [(59, False), (61, True)])
def test_an_old_file_is_refused_for_writing_only(source: Source, tmp_path: Path, minutes: int, is_old: bool) -> None:
    """A file of kubectl is as old as its modification time."""
    file = tmp_path / "state.yaml"
    file.write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    place, now = ClusterPlace(state_file=file), NOON + timedelta(minutes=minutes)
    state = read(source, place)

    shown = with_back_ends(source, state, place, now, writes=False)

    assert any("may be 60 min" in each.message for each in shown.problems) is is_old
    if is_old:
        with pytest.raises(SourceError, match="61 min old"):
            with_back_ends(source, state, place, now, writes=True)


@pytest.mark.parametrize(("minutes", "is_refused"), [(4, False), (6, True)])
def test_a_file_of_the_future_is_refused_as_an_old_one_is(
    source: Source, tmp_path: Path, minutes: int, is_refused: bool
) -> None:
    """Else it would count as fresh for ever; clocks may differ by five minutes."""
    file = tmp_path / "state.yaml"
    file.write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    place, now = ClusterPlace(state_file=file), NOON - timedelta(minutes=minutes)

    shown = with_back_ends(source, read(source, place), place, now, writes=False)

    assert any("dated 6 min in the future" in each.message for each in shown.problems) is is_refused


def test_a_tree_that_needs_no_cluster_asks_none(tmp_path: Path) -> None:
    """Not even for a login; an export of nothing is refused."""
    source = source_of("endpoints", (1, 2))

    assert not follows_cluster(source)
    assert read(source, ClusterPlace(kubeconfig=tmp_path / "nowhere")) is None
    with pytest.raises(UsageError, match="needs nothing from a cluster"):
        export_back_ends(source, ClusterPlace(), TIMING, location="")


def test_two_reads_are_the_same_whenever_they_were_made() -> None:
    """So that the second look under the lock saves work."""
    one = cluster_with(source_of("nodes", (1, 2)).resources)
    later = cluster_with(source_of("nodes", (1, 2)).resources)
    other = cluster_with(source_of("nodes", (1, 3)).resources)

    assert [is_same(one, later), is_same(None, None)] == [True, True]
    assert [is_same(one, other), is_same(one, None)] == [False, False]
