"""What Prometheus learns of a run: the file, the Pushgateway, and that neither changes how the run ends."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync.report.metrics import FAMILIES
from tests.end_to_end.listener import Listener
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, gateway

Samples = Mapping[tuple[str, ...], float]
"""Name and label values (but the target) → value."""


def samples_in(text: str) -> Samples:
    """Every sample, by its name and the values of its labels in the order of their names."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels.keys() - {"target"}))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that node_exporter reads."""
    path = tmp_path / "avi_sync.prom"
    monkeypatch.setenv("SYNC_METRICS_FILE", str(path))
    return path


@pytest.fixture
def gateway_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Something that takes pushes."""
    with Listener() as listener:
        monkeypatch.setenv("SYNC_PUSHGATEWAY", listener.url)
        yield listener


def test_a_run_writes_every_metric(sync: Run, tree: Tree, controller: Controller, file: Path) -> None:
    """After a first sync the file tells of each metric, and nothing else is left beside it."""
    commit = tree.commit(web=app())

    result = sync()

    found = samples_in(file.read_text())
    requests = sum(value for sample, value in found.items() if sample[0] == "avi_sync_api_requests_total")
    absent = {"avi_sync_api_retries_total", "avi_sync_cluster_last_read_timestamp_seconds"}
    assert {sample[0] for sample in found} == {family.name for family in FAMILIES} - absent
    assert found["avi_sync_run_exit_code",] == result.code == 0
    assert found["avi_sync_last_success_timestamp_seconds",] == found["avi_sync_last_run_timestamp_seconds",]
    assert found["avi_sync_git_commit_info", commit] == 1
    assert found["avi_sync_changes", "create", "Pool", "applied"] == 1
    assert found["avi_sync_pending_changes", "create", "Pool"] == 0
    assert [found["avi_sync_objects", "VirtualService", state] for state in ("desired", "live", "orphan", "owned")] == [
        *(1, 1, 0, 1)
    ]
    assert found["avi_sync_limit_headroom_ratio", "servers_per_pool"] == 1 - 2 / 2000
    assert found["avi_sync_limit_headroom_ratio", "pools_per_virtualservice"] == 1 - 1 / 1000
    assert requests == len(controller.requests())
    assert list(file.parent.glob("avi_sync.prom*")) == [file]


def test_a_dry_run_tells_what_is_pending(sync: Run, tree: Tree, file: Path) -> None:
    """Nothing was to be applied, so nothing is said about that."""
    tree.commit(web=app())

    sync("--dry-run")

    found = samples_in(file.read_text())
    assert found["avi_sync_pending_changes", "create", "VsVip"] == 1
    assert found["avi_sync_objects", "VsVip", "owned"] == 0
    assert not any(sample[0] == "avi_sync_changes" for sample in found)


def test_a_live_edit_is_counted_as_drift(sync: Run, tree: Tree, controller: Controller, file: Path) -> None:
    """Found by the run that puts it right, and gone in the one after it."""
    tree.commit(web=app())
    sync()
    controller.change("pool", "test--shop-web-svc-web-TCP-80", servers=[])

    drifted = []
    for _ in range(2):
        sync()
        found = samples_in(file.read_text())
        drifted.append([found["avi_sync_drifted_objects", kind] for kind in ("Pool", "VirtualService")])

    assert drifted == [[1, 0], [0, 0]]


def test_what_is_held_and_what_is_wrong_is_counted(sync: Run, tree: Tree, file: Path) -> None:
    """One healthy Gateway, and one whose listeners name another."""
    tree.commit(web=app(), odd=[gateway("odd", label_name="other")])

    result = sync()

    found = samples_in(file.read_text())
    assert result.code == found["avi_sync_run_exit_code",] == 5
    assert found["avi_sync_blocked", "held"] == 1
    assert found["avi_sync_blocked", "refused"] == 0
    assert found["avi_sync_problems", "error"] >= 1
    assert ("avi_sync_last_success_timestamp_seconds",) not in found


def test_a_failing_run_keeps_the_last_success_and_says_nothing_it_does_not_know(
    sync: Run, tree: Tree, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Controller goes away: exit code and time are new, the last success is old, objects are unknown."""
    tree.commit(web=app())
    sync()
    before = samples_in(file.read_text())
    monkeypatch.setenv("SYNC_PASSWORD", "wrong")

    result = sync()

    after = samples_in(file.read_text())
    assert result.code == after["avi_sync_run_exit_code",] == 6
    assert after["avi_sync_last_success_timestamp_seconds",] == before["avi_sync_last_success_timestamp_seconds",]
    assert after["avi_sync_last_run_timestamp_seconds",] > before["avi_sync_last_run_timestamp_seconds",]
    assert not {"avi_sync_objects", "avi_sync_pending_changes", "avi_sync_changes"} & {sample[0] for sample in after}
    assert after["avi_sync_api_requests_total", "POST", "401"] == 1


def test_counters_go_on_from_run_to_run(sync: Run, tree: Tree, controller: Controller, file: Path) -> None:
    """A counter that started again with each run would hide most of what happened from `rate()`."""
    tree.commit(web=app())
    totals = []

    for _ in range(2):
        sync()
        found = samples_in(file.read_text())
        totals.append(sum(value for sample, value in found.items() if sample[0] == "avi_sync_api_requests_total"))

    assert totals[1] == len(controller.requests()) > totals[0]


def test_metrics_that_cannot_be_written_are_said_and_change_nothing(
    sync: Run, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is as good as without them."""
    tree.commit(web=app())
    monkeypatch.setenv("SYNC_METRICS_FILE", str(tmp_path / "missing" / "avi_sync.prom"))

    result = sync("--quiet")

    assert (result.code, result.document["summary"]["create"]) == (0, 4)
    assert "the metrics cannot be written: No such file or directory" in result.err


def test_a_push_goes_to_the_group_of_the_target(sync: Run, tree: Tree, gateway_url: Listener) -> None:
    """Added, not replaced: a failing run leaves the last success where it is."""
    tree.commit(web=app())

    sync("--target-name", "north")
    tree.commit(values="no: settings")
    failed = sync("--target-name", "north")

    good, bad = (samples_in(heard.body) for heard in gateway_url.heard)
    assert [(heard.method, heard.path) for heard in gateway_url.heard] == [
        ("POST", "/metrics/job/avi-sync/target/north")
    ] * 2
    assert failed.code == bad["avi_sync_run_exit_code",] == 3
    assert good["avi_sync_pending_changes", "create", "Pool"] == 0
    assert not any(sample[0] == "avi_sync_pending_changes" for sample in bad)


@pytest.mark.parametrize(
    ("status", "said"), [pytest.param(500, "answered 500", id="refused"), pytest.param(None, "refused", id="gone")]
)
def test_a_push_that_fails_is_said_and_changes_nothing(
    sync: Run, tree: Tree, gateway_url: Listener, monkeypatch: pytest.MonkeyPatch, status: int | None, said: str
) -> None:
    """Whether the Pushgateway says no or is not there."""
    tree.commit(web=app())
    gateway_url.status = status or 200
    if status is None:
        monkeypatch.setenv("SYNC_PUSHGATEWAY", "http://127.0.0.1:9")

    result = sync()

    assert result.code == 0
    assert "the Pushgateway" in result.err
    assert said in result.err


def test_the_target_is_the_host_and_the_path_unless_it_is_named(sync: Run, tree: Tree, file: Path) -> None:
    """Two clusters on one Controller differ in their path."""
    tree.commit(web=app())

    sync("--dry-run")
    first = file.read_text()
    sync("--dry-run", "--path", "clusters/prod")
    second = file.read_text()

    assert 'avi_sync_run_exit_code{target="127.0.0.1"} 0.0' in first
    assert 'avi_sync_run_exit_code{target="127.0.0.1/clusters/prod"} 3.0' in second


def test_a_state_that_cannot_be_kept_is_said_and_changes_nothing(
    sync: Run, tree: Tree, file: Path, tmp_path: Path
) -> None:
    """The folder for it is a file: the metrics are written all the same."""
    tree.commit(web=app())
    (tmp_path / "state").write_text("")

    result = sync()

    assert result.code == 0
    assert f"the state for the next run could not be saved in {tmp_path / 'state'}" in result.err
    assert samples_in(file.read_text())["avi_sync_run_exit_code",] == 0
