"""What nobody could look at is said in the plan."""

from dataclasses import replace

from sync.model.live import LiveState
from sync.plan.make import make_plan
from tests.shared.builders import make_options
from tests.shared.perfect_controller import converged, desired_for
from tests.shared.tree import app

OLD, NEW = "10.10.10.11", "10.10.10.12"


def _warnings(
    *, address: str, only_tenants: tuple[str, ...] | None = None, unreadable: frozenset[str] = frozenset()
) -> list[str]:
    controller = converged(*app("web", address=OLD))
    live = LiveState(objects=controller.live.objects, only_tenants=only_tenants)
    desired = replace(desired_for(*app("web", address=address)), unreadable=unreadable)
    return [problem.message for problem in make_plan(desired, live, make_options()).problems]


def test_an_account_that_sees_some_tenants_cannot_tell_whether_an_address_is_free() -> None:
    """The plan names the address and the tenants that were seen."""
    assert _warnings(address=NEW, only_tenants=("admin", "blue")) == [
        f"before its VIP is deleted, it is not checked whether {NEW} is taken in another tenant than admin, blue"
    ]


def test_what_is_not_replaced_needs_no_such_warning() -> None:
    """Nothing is deleted, so nobody can be stranded."""
    assert _warnings(address=OLD, only_tenants=("admin",)) == []


def test_types_that_cannot_be_read_are_named() -> None:
    """For networks it is also said what that means for the VIP."""
    assert _warnings(address=NEW, unreadable=frozenset({"network"})) == [
        "the account may not read network: whether the ones that Git refers to exist is not checked",
        'before its VIP is deleted, it is not checked whether network "vip-network" exists and has the address',
    ]
