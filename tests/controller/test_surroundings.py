"""Who uses what a plan deletes: what is asked, how often, and what an account may not know."""

from collections.abc import Callable

import pytest

from sync.controller.client import ControllerClient
from sync.controller.errors import RefusedError
from sync.controller.surroundings import read_surroundings
from sync.model.live import NOTHING_AROUND, Surroundings
from sync.model.plan import ChangeSet, Method
from tests.controller.scripted import Answer, ScriptedController, page
from tests.plans import make_key, make_owner, make_write

Connect = Callable[..., ControllerClient]
TYPES_OF_POOLS = ("dnspolicy", "httppolicyset", "poolgroup", "vsdatascriptset")


def deleting(*kinds: str) -> list[ChangeSet]:
    """A change set that deletes an object of each kind, `<kind>-1`."""
    writes = [make_write(Method.DELETE, make_key(kind=kind), uuid=f"{kind.lower()}-1") for kind in kinds]
    return [ChangeSet(owners=(make_owner(),), changes=(), writes=tuple(writes))]


def read(connect: Connect, sets: list[ChangeSet]) -> Surroundings:
    """The surroundings of a plan with these change sets."""
    with connect(read_only=True) as client:
        return read_surroundings(client, sets)


def test_a_plan_that_deletes_nothing_asks_nothing(controller: ScriptedController, connect: Connect) -> None:
    """Runs that create and update cost what they did."""
    update = ChangeSet(owners=(make_owner(),), changes=(), writes=(make_write(Method.PUT, make_key(), uuid="u"),))

    assert read(connect, [update]) == NOTHING_AROUND
    assert controller.lines == []


def test_each_type_is_asked_for_once_however_much_is_deleted(controller: ScriptedController, connect: Connect) -> None:
    """A hundred owners cost as many requests as one."""
    for path in (*TYPES_OF_POOLS, "gslbservice", "ipamdnsproviderprofile"):
        controller.on(f"GET /api/{path}", page([]))

    found = read(connect, deleting("Pool", "VirtualService") * 100)

    assert found == NOTHING_AROUND
    assert len(controller.lines) == 6


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        pytest.param("poolgroup", {"members": [{"pool_ref": "https://h/api/pool/pool-1#p"}]}, "PoolGroup", id="group"),
        pytest.param(
            "httppolicyset",
            {"http_request_policy": {"rules": [{"switching_action": {"pool_ref": "https://h/api/pool/pool-1#p"}}]}},
            "HTTPPolicySet",
            id="layer 7 policy",
        ),
        pytest.param("vsdatascriptset", {"pool_refs": ["https://h/api/pool/pool-1#p"]}, "VSDataScriptSet", id="script"),
    ],
)
def test_who_refers_to_what_goes_is_found(
    controller: ScriptedController, connect: Connect, path: str, body: dict[str, object], kind: str
) -> None:
    """By uuid, at any depth; what refers to something else is none of it."""
    tenant = "https://h/api/tenant/tenant-7#blue"
    for each in TYPES_OF_POOLS:
        controller.on(f"GET /api/{each}", page([]))
    one = {"name": "theirs", "uuid": "u1", "tenant_ref": tenant, **body}
    other = {"name": "other", "uuid": "u2", "tenant_ref": tenant, "members": [{"pool_ref": "https://h/api/pool/p-2#p"}]}
    controller.on(f"GET /api/{path}", page([one, other]))

    (user,) = read(connect, deleting("Pool")).users

    assert (str(user.key), user.uuids) == (f"{kind} blue/theirs", frozenset({"pool-1"}))


def test_a_global_service_names_its_members_by_bare_uuid(controller: ScriptedController, connect: Connect) -> None:
    """GslbService.groups.members.vs_uuid is no reference, and refers all the same."""
    members = [{"vs_uuid": "virtualservice-1", "cluster_uuid": "c"}]
    service = {"name": "shop.example", "uuid": "g1", "groups": [{"members": members}]}
    controller.on("GET /api/gslbservice", page([service]))
    controller.on("GET /api/ipamdnsproviderprofile", page([]))

    (user,) = read(connect, deleting("VirtualService")).users

    assert (user.key.kind, user.uuids) == ("GslbService", frozenset({"virtualservice-1"}))


def test_what_may_not_be_read_is_told(controller: ScriptedController, connect: Connect) -> None:
    """403: nobody can tell. 404: this release has none."""
    controller.on("GET /api/gslbservice", Answer(status=404, body={"error": "not here"}))
    controller.on("GET /api/ipamdnsproviderprofile", Answer(status=403, body={"error": "no permission"}))

    assert read(connect, deleting("VirtualService")) == Surroundings(
        unreadable_users=frozenset({"IpamDnsProviderProfile"})
    )


def test_a_read_that_fails_otherwise_ends_the_plan(controller: ScriptedController, connect: Connect) -> None:
    """What could not be read is not taken for nothing."""
    controller.on("GET /api/gslbservice", page([]))
    controller.on("GET /api/ipamdnsproviderprofile", Answer(status=400, body={"error": "odd"}))

    with pytest.raises(RefusedError, match="odd"):
        read(connect, deleting("VirtualService"))
