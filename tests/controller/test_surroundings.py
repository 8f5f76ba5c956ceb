"""Who uses what a plan deletes: what is asked, how often, and what an account may not know."""

from collections.abc import Callable

import pytest

from sync.controller.client import ControllerClient
from sync.controller.errors import RefusedError
from sync.controller.surroundings import read_surroundings
from sync.kinds import KINDS
from sync.model.live import NOTHING_AROUND, LiveState, Surroundings
from sync.model.plan import ChangeSet, Method
from tests.shared.plans import make_key, make_owner, make_write
from tests.shared.scripted_controller import Answer, ScriptedController, logged_in, page

Connect = Callable[..., ControllerClient]
TYPES_OF_POOLS = KINDS["Pool"].used_by
TYPES = {*TYPES_OF_POOLS, *KINDS["VirtualService"].used_by}


def deleting(*kinds: str) -> list[ChangeSet]:
    """A change set that deletes an object of each kind, `<kind>-1`."""
    writes = [make_write(Method.DELETE, make_key(kind=kind), uuid=f"{kind.lower()}-1") for kind in kinds]
    return [ChangeSet(owners=(make_owner(),), changes=(), writes=tuple(writes))]


def read(connect: Connect, sets: list[ChangeSet]) -> Surroundings:
    """The surroundings of a plan with these change sets."""
    with connect(read_only=True) as client:
        return read_surroundings(client, sets, LiveState())


def test_a_plan_that_deletes_nothing_asks_nothing(controller: ScriptedController, connect: Connect) -> None:
    """Runs that create and update cost what they did."""
    update = ChangeSet(owners=(make_owner(),), changes=(), writes=(make_write(Method.PUT, make_key(), uuid="u"),))

    assert read(connect, [update]) == NOTHING_AROUND
    assert controller.lines == []


def test_each_type_is_asked_for_once_however_much_is_deleted(controller: ScriptedController, connect: Connect) -> None:
    """A hundred owners cost as many requests as one."""
    for path in TYPES:
        controller.on(f"GET /api/{path}", page([]))

    found = read(connect, deleting("Pool", "VirtualService") * 100)

    assert found == NOTHING_AROUND
    assert len(controller.lines) == len(TYPES)


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        pytest.param(
            "dnspolicy",
            {"rule": [{"action": {"pool_switching": {"pool_ref": "https://h/api/pool/pool-1#p"}}}]},
            "DnsPolicy",
            id="DNS policy",
        ),
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
    other = {"name": "other", "uuid": "u2", "tenant_ref": tenant, "pool_refs": ["https://h/api/pool/p-2#p"]}
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


# --- what new objects refer to ----------------------------------------------------------------------------------------


def moving(tenant: str, **body: object) -> list[ChangeSet]:
    """A change set that deletes a VsVip and creates it in a tenant."""
    writes = (
        make_write(Method.DELETE, make_key(kind="VsVip"), uuid="vsvip-1"),
        make_write(Method.POST, make_key(kind="VsVip", tenant=tenant), body=body),
    )
    return [ChangeSet(owners=(make_owner(),), changes=(), writes=writes)]


def test_each_reference_is_looked_up_as_it_is_sent(controller: ScriptedController, connect: Connect) -> None:
    """By name or by uuid: a network that has the uuid for its name is another one."""
    named = {"name": "subnet-1", "uuid": "n-1", "tenant_ref": "https://h/api/tenant/admin#admin"}
    controller.on_each(
        "GET /api/network",
        lambda seen: page([named] if seen.query.get("name.in") == "subnet-1" else []),
    )

    def missing(**vip: object) -> list[tuple[str, ...]]:
        return list(read(connect, moving("admin", vip=[vip])).missing.values())

    assert missing(ipam_network_subnet={"network_ref": "/api/network?name=subnet-1"}) == []
    assert missing(subnet_uuid="subnet-1") == [('network "subnet-1"',)]
    assert {seen.query.get("cloud_ref.name") for seen in controller.seen if seen.path == "/api/network"} == {
        "Default-Cloud"
    }


@pytest.mark.parametrize(
    ("tenant", "is_there"),
    [
        pytest.param("blue", True, id="in the tenant itself"),
        pytest.param("admin", True, id="in admin"),
        pytest.param("red", False, id="in a third tenant"),
    ],
)
def test_an_object_must_be_within_reach_of_the_tenant(
    controller: ScriptedController, connect: Connect, tenant: str, is_there: bool
) -> None:
    """A name is looked for in the tenant of the object, and in admin."""
    found = {"name": "x", "uuid": "u", "tenant_ref": f"https://h/api/tenant/tenant-1#{tenant}"}
    controller.on("GET /api/ipaddrgroup", page([found]))

    missing = read(connect, moving("blue", group_ref="/api/ipaddrgroup?name=x")).missing

    assert (missing == {}) == is_there


def test_types_that_may_not_be_read_are_told_and_types_that_do_not_exist_are_missing(
    controller: ScriptedController, connect: Connect
) -> None:
    """A template may render anything."""
    controller.on("GET /api/ipaddrgroup", Answer(status=403, body={"error": "no permission"}))
    controller.on("GET /api/nonsense", Answer(status=404, body={"error": "not here"}))

    found = read(connect, moving("admin", a_ref="/api/ipaddrgroup?name=x", b_ref="/api/nonsense?name=y"))

    assert found.unreadable == {"ipaddrgroup"}
    assert [*found.missing.values()] == [('nonsense "y"',)]


def test_a_tenant_that_the_login_does_not_name_is_missing(controller: ScriptedController, connect: Connect) -> None:
    """No request is needed for an account that is no superuser."""
    controller.on("POST /login", logged_in(tenants=[{"name": "admin"}], user={"is_superuser": False}))

    found = read(connect, moving("nobodys", tenant_ref="/api/tenant?name=nobodys"))

    assert [*found.missing.values()] == [('tenant "nobodys"',)]
    assert controller.lines == []
