"""Whether a run would create again, under other names, what is live already."""

from dataclasses import replace

import pytest

from sync.guard.naming import may_be_renamed, other_cluster_name, other_encoding
from sync.guard.writer import Writer
from sync.model.desired import Owner
from sync.model.live import Backup, LiveState, Ownership
from sync.model.lock import LastRun, Record
from sync.plan.make import make_plan
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.plans import make_owner
from tests.shared.tree import app

LAST = LastRun(source="https://git.example.com/net", path="", commit="1" * 40, time="2026-03-01", run_id="one")
WRITER = Writer(source=LAST.source, path=LAST.path, commit="2" * 40)


def live_of(*names: str) -> LiveState:
    """Gateways that are live for the cluster `test`."""
    controller = PerfectController()
    desired = desired_for(*(item for name in names for item in app(name)))
    controller.apply(make_plan(desired, controller.live, make_options()))
    return controller.live


def as_seen_from(live: LiveState, ownership: Ownership) -> LiveState:
    """The same objects, as a run with other names sees them."""
    return LiveState(
        objects={
            key: replace(item, ownership=ownership, owner=None, owner_name="") for key, item in live.objects.items()
        }
    )


OLD = as_seen_from(live_of("web", "api"), Ownership.FOREIGN)
TAKEN_DOWN = Backup(group="one", before=next(iter(live_of("web"))))


@pytest.mark.parametrize(
    ("live", "record", "expected"),
    [
        pytest.param(OLD, Record(), True, id="nothing of this name is live"),
        pytest.param(live_of("api"), Record(), False, id="something of this name is live"),
        pytest.param(OLD, Record(last=LAST), True, id="nothing is left of what this name has made"),
        pytest.param(OLD, Record(last=LAST, backups=(TAKEN_DOWN,)), False, id="a replace of this name was interrupted"),
    ],
)
def test_a_name_of_which_nothing_is_live_can_be_a_renaming(live: LiveState, record: Record, expected: bool) -> None:
    """Other runs belong to a cluster like any other. A name comes back where somebody takes a renaming back."""
    assert may_be_renamed(live, record) is expected


@pytest.mark.parametrize(
    ("live", "last", "wanted", "expected"),
    [
        pytest.param(OLD, LAST, ["web"], "run one of 2026-03-01 made Gateway shop/web", id="the same source"),
        pytest.param(OLD, LAST, ["new"], "run one of 2026-03-01 made Gateway shop/api and 1 more", id="other owners"),
        pytest.param(OLD, None, ["api", "web"], "an earlier run made Gateway shop/api and 1 more", id="no record"),
        pytest.param(OLD, None, ["new"], "", id="no record, other owners"),
        pytest.param(OLD, replace(LAST, path="west"), ["web"], "", id="another source"),
        pytest.param(LiveState(), LAST, ["web"], "", id="nothing left of the other name"),
    ],
)
def test_another_cluster_name(live: LiveState, last: LastRun | None, wanted: list[str], expected: str) -> None:
    """What the same source has made under another name, or what looks so where nobody can tell the source."""
    named = frozenset(map(make_owner, wanted))

    found = [*other_cluster_name(live, named, "edge2", WRITER, {"test": last} if last else {})]

    assert [expected in item.message and "clusterName test" in item.message for item in found] == [True] * bool(
        expected
    )


WEB = frozenset({make_owner("web")})


@pytest.mark.parametrize("ownership", [Ownership.RENAMED, Ownership.AKO_RENAMED])
def test_another_encoding(ownership: Ownership) -> None:
    """Refused with the setting that fits what is live."""
    (found,) = other_encoding(as_seen_from(live_of("web"), ownership), WEB, is_encoded=True)

    assert found.message.startswith(
        "AKOSettings.enableEVH is true, but Gateway shop/web was made with enableEVH: false"
    )
    assert found.fix.startswith("set enableEVH back to false")


@pytest.mark.parametrize(
    ("present", "named"),
    [
        pytest.param(live_of("web"), WEB, id="live under its present names as well"),
        pytest.param(LiveState(), frozenset(), id="not in Git"),
    ],
)
def test_what_is_left_of_the_other_encoding_stops_nothing(present: LiveState, named: frozenset[Owner]) -> None:
    """Setting the switch back would not help, or nobody requests it."""
    left = as_seen_from(live_of("web"), Ownership.RENAMED).objects
    both = LiveState(
        objects={**{replace(key, name=f"old-{key.name}"): item for key, item in left.items()}, **present.objects}
    )

    assert [*other_encoding(both, named, is_encoded=True)] == []
