"""What the markers of a live object leave open about its owner, Git tells."""

import pytest

from sync.model.desired import Owner, OwnerKind
from sync.model.live import Backup, LiveState
from sync.plan.make import make_plan
from sync.plan.naming import with_owners_of_git
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.tree import Manifest, gateway, load_balancer

GATEWAY = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="k")
SHARED_VIP = Owner(kind=OwnerKind.SHARED_VIP, namespace="shop", name="k")


def live_of(manifest: Manifest, *, is_marked: bool) -> LiveState:
    """A live owner, as it is written now or as it was before shared VIPs had a marker; one object is kept."""
    desired = desired_for(manifest)
    for item in desired.objects.values():
        if not is_marked:
            item.body["markers"][:] = [each for each in item.body["markers"] if each["key"] != "OwnerKind"]
    controller = PerfectController()
    controller.apply(make_plan(desired, LiveState(), make_options()))
    first = next(iter(controller.live))
    return LiveState(objects=controller.live.objects, backups=(Backup(group="g", before=first),))


@pytest.mark.parametrize(
    ("live", "in_git", "expected"),
    [
        pytest.param(live_of(load_balancer("a", shared_vip="k"), is_marked=True), [], SHARED_VIP, id="marked"),
        pytest.param(
            live_of(load_balancer("a", shared_vip="k"), is_marked=False),
            [load_balancer("b", shared_vip="k")],
            SHARED_VIP,
            id="Git has a shared VIP",
        ),
        pytest.param(live_of(load_balancer("a", shared_vip="k"), is_marked=False), [], GATEWAY, id="Git has neither"),
        pytest.param(live_of(gateway("k"), is_marked=True), [gateway("k")], GATEWAY, id="Git has a Gateway"),
        pytest.param(
            live_of(gateway("k"), is_marked=True),
            [gateway("k"), load_balancer("a", shared_vip="k")],
            GATEWAY,
            id="Git has both",
        ),
    ],
)
def test_the_owner_of_what_is_live(live: LiveState, in_git: list[Manifest], expected: Owner) -> None:
    """Live and kept alike; a marker is not doubted."""
    found = with_owners_of_git(live, desired_for(*in_git).in_git.named)

    assert {item.owner for item in (*found, *(backup.before for backup in found.backups))} == {expected}
