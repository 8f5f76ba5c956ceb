"""Who else writes there."""

import pytest

from sync.controller.live import live_object
from sync.doctor.others import check_ako
from sync.kinds import KINDS
from sync.model.checkup import Health
from sync.model.live import LiveState
from sync.translate.names import Names
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

NOW = 1_800_000_000.0


def make_live(*, seconds_ago: float, created_by: str = "ako-test", cluster: str = "test", **more: str) -> LiveState:
    """One VirtualService, written so long ago."""
    markers = {"clustername": cluster, "Namespace": "shop", "GatewayName": "web"} | more
    body = {
        "name": f"{cluster}--shop-web",
        "uuid": "virtualservice-1",
        "tenant_ref": "/api/tenant/admin#admin",
        "cloud_ref": "/api/cloud/cloud-1#Default-Cloud",
        "created_by": created_by,
        "markers": [{"key": key, "values": [value]} for key, value in markers.items()],
        "_last_modified": str(int((NOW - seconds_ago) * 1e6)),
    }
    item = live_object(body, KINDS["VirtualService"], Names(cluster="test", is_encoded=False))
    return LiveState(objects={item.key: item})


@pytest.mark.parametrize(
    ("live", "health"),
    [
        pytest.param(LiveState(), Health.OK, id="nothing there"),
        pytest.param(make_live(seconds_ago=600), Health.PROBLEM, id="written a moment ago"),
        pytest.param(make_live(seconds_ago=86_400), Health.WARNING, id="written yesterday"),
        pytest.param(make_live(seconds_ago=-5), Health.PROBLEM, id="the answer took its time"),
        pytest.param(
            make_live(seconds_ago=600, created_by="ako-other", cluster="other"), Health.OK, id="of another cluster"
        ),
    ],
)
def test_what_ako_wrote_tells_whether_it_runs(live: LiveState, health: Health) -> None:
    """By the Controller's clock; what belongs to another cluster is none of our business."""
    (finding,) = check_ako(live, "test", NOW)

    assert finding.health is health


def test_a_lock_that_somebody_holds_is_a_warning(
    sync: Run, tree: Tree, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crashed run left it: the next one takes it over, and a person may want to know."""
    tree.commit(web=app())
    assert sync().code == 0
    record = controller.find("stringgroup", "avi-sync-test")
    holder = '{"name": "alice@laptop", "pid": 4711, "run_id": "r1", "ttl_seconds": 60, "beats": 3}'
    entries = [item for item in record.get("kv", ()) if item["key"] != "holder"]
    controller.change("stringgroup", "avi-sync-test", kv=[*entries, {"key": "holder", "value": holder}])

    result = sync("doctor")

    (lock,) = (item for item in result.document["checks"] if item["check"] == "lock")
    assert (result.code, lock["health"]) == (0, "warning")
    assert "alice@laptop" in lock["message"]
