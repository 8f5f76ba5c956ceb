"""What is said of servers that follow a cluster: by `status`, and by metrics."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.end_to_end.following import cluster, slice_of, sync
from tests.end_to_end.test_metrics import Samples, samples_in
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault
from tests.shared.emulated_controller import Controller, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import VALUES, Tree, app

__all__ = ["cluster", "sync"]

LAST_READ = ("avi_sync_cluster_last_read_timestamp_seconds",)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where metrics go, beside a state folder of its own."""
    path = tmp_path / "avi_sync.prom"
    monkeypatch.setenv("SYNC_METRICS_FILE", str(path))
    monkeypatch.setenv("SYNC_STATE_DIR", str(tmp_path / "state"))
    return path


def servers(found: Samples) -> tuple[float, ...]:
    """How many are enabled, disabled and kept."""
    return tuple(found["avi_sync_servers", state] for state in ("enabled", "disabled", "kept"))


def is_gone(cluster: ApiServer) -> None:
    """From now on the cluster refuses the login."""
    cluster.faults.append(Fault(matches="", act=api_server.refused(401), times=99))


def test_metrics_count_servers_by_what_becomes_of_them(sync: Run, cluster: ApiServer, file: Path) -> None:
    """Each server of ours once; the time is that of the read."""
    rolling = slice_of("10.1.0.1", "10.1.0.2", "10.1.0.3")
    rolling["endpoints"][0]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    cluster.put(rolling)

    sync()

    found = samples_in(file.read_text())
    assert servers(found) == (2, 1, 0)
    assert datetime.now(UTC).timestamp() - found[LAST_READ] < 60


def test_metrics_tell_for_how_long_the_cluster_could_not_be_read(sync: Run, cluster: ApiServer, file: Path) -> None:
    """The time stays that of the last good read, from run to run, and the servers are kept."""
    sync()
    before = samples_in(file.read_text())
    is_gone(cluster)

    codes = [sync().code, sync().code]

    found = samples_in(file.read_text())
    assert codes == [5, 5]
    assert servers(found) == (0, 0, 2)
    assert found[LAST_READ] == before[LAST_READ]


def test_metrics_count_the_last_servers_of_a_pool_as_kept(sync: Run, cluster: ApiServer, file: Path) -> None:
    """The cluster has none left, and nobody has said that there should be none."""
    sync()
    cluster.put(slice_of())

    code = sync().code

    assert (code, servers(samples_in(file.read_text()))) == (5, (0, 0, 2))


def test_metrics_forget_a_cluster_that_tells_nothing_any_more(
    sync: Run, tree: Tree, cluster: ApiServer, file: Path
) -> None:
    """Else an alert on its age would never end. A run that fails before it looks forgets nothing."""
    sync()
    tree.commit(values=[{}])
    sync()
    failed = LAST_READ in samples_in(file.read_text())
    tree.commit(values=[VALUES], web=app())

    sync()

    assert (failed, LAST_READ in samples_in(file.read_text())) == (True, False)


def test_status_tells_where_servers_come_from(sync: Run, tree: Tree, controller: Controller) -> None:
    """For each owner; beside the cluster it is Git alone that needs no word."""
    tree.commit(other=[*app("other")])
    sync()

    text = sync("status", "-o", "text").out.splitlines()

    assert "Cluster test: read now" in text
    (web,) = (line for line in text if line.startswith("Gateway shop/web"))
    (other,) = (line for line in text if line.startswith("Gateway shop/other"))
    assert "2 of 2 servers enabled (cluster test)" in web
    assert "2 of 2 servers enabled   in sync" in other


def test_the_document_of_status_has_the_same(sync: Run, tree: Tree) -> None:
    """As its schema says."""
    tree.commit(other=[*app("other")])
    sync()

    document = sync("status").document

    assert list(Draft202012Validator(closed(published("status"))).iter_errors(document)) == []
    assert {each["owner"]["name"]: each["servers_from"] for each in document["owners"]} == {
        "web": ["cluster"],
        "other": ["git"],
    }
    assert (document["cluster"]["name"], document["cluster"]["unread"]) == ("test", [])
    age = datetime.now(UTC) - datetime.fromisoformat(document["cluster"]["read_at"])
    assert timedelta(seconds=-1) < age < timedelta(minutes=1)


def test_status_tells_what_could_not_be_read(sync: Run, cluster: ApiServer) -> None:
    """The servers are those that are live, and their source is unknown."""
    sync()
    is_gone(cluster)

    text, document = sync("status", "-o", "text").out, sync("status").document

    assert "    not read: EndpointSlices of namespace shop: the API server refuses the login (401)" in text
    assert "2 of 2 servers enabled (unknown)" in text
    assert [each["kind"] for each in document["cluster"]["unread"]] == ["Service", "EndpointSlice"]
    assert [each["servers_from"] for each in document["owners"]] == [["unknown"]]


def test_status_tells_how_old_a_file_is(sync: Run, tmp_path: Path) -> None:
    """That stands in for the cluster: its servers may have moved since."""
    sync()
    file = tmp_path / "cluster.json"
    sync("cluster", "export", "--out", str(file))
    then = datetime.now(UTC) - timedelta(minutes=42)
    text = file.read_text()
    now = text.partition('"avi-sync/read-at": "')[2].partition('"')[0]
    file.write_text(text.replace(now, then.isoformat()))

    assert "Cluster test: read 42 min ago" in sync("status", "-o", "text", "--cluster-state", str(file)).out


def test_without_a_cluster_status_says_nothing_of_one(sync: Run, tree: Tree) -> None:
    """Nor where its servers come from: Git tells all of them."""
    tree.commit(values=[VALUES], web=app())
    sync()

    text, document = sync("status", "-o", "text").out, sync("status").document

    assert "Cluster" not in text
    assert document["cluster"] is None
