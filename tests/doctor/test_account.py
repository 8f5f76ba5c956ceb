"""What the account may do: from its roles, or from harmless reads, and never from a write."""

from collections.abc import Callable, Mapping

import pytest

from sync.controller.client import ControllerClient
from sync.controller.rights import WRITTEN_TYPES, Access, needed_access
from sync.doctor.account import check_rights
from sync.model.checkup import Finding, Health
from tests.shared.scripted_controller import Answer, ScriptedController, logged_in, page

Connect = Callable[..., ControllerClient]

READ_TYPES = ["network", "serviceenginegroup"]
NEEDED = {permission: access.name for permission, access in needed_access(READ_TYPES).items()}
FORBIDDEN = Answer(status=403, body={"detail": "You do not have permission to perform this action."})


@pytest.fixture
def account(scripted: ScriptedController) -> Callable[..., None]:
    """Make the account that logs in, with its roles per tenant (`*` for all)."""

    def make(
        roles: Mapping[str, Mapping[str, str]] | None, *, tenants: tuple[str, ...] = ("admin", "blue"), **role: object
    ) -> None:
        names = [{"name": tenant} for tenant in tenants]
        user = {"is_superuser": False, "username": "avi-sync"}
        scripted.on("POST /login", logged_in(user=user, tenants=names))
        if roles is None:
            scripted.on("GET /api/user", FORBIDDEN)
            return
        rows = [
            {
                "role_ref": f"https://avi/api/role/role-{number}#role-{number}",
                "all_tenants": tenant == "*",
                **({} if tenant == "*" else {"tenant_ref": f"https://avi/api/tenant/t-{tenant}#{tenant}"}),
            }
            for number, tenant in enumerate(roles)
        ]
        scripted.on("GET /api/user", page([{"name": "avi-sync", "uuid": "user-2", "access": rows}]))
        for number, privileges in enumerate(roles.values()):
            body = [{"resource": resource, "type": access} for resource, access in privileges.items()]
            scripted.on(
                f"GET /api/role/role-{number}",
                Answer(body={"name": f"role-{number}", "privileges": body, **role}),
            )

    return make


def found(connect: Connect, *tenants: str) -> list[Finding]:
    """What is said of the account in each tenant."""
    with connect(read_only=True) as client:
        return list(check_rights(client, "avi-sync", tenants, READ_TYPES))


def test_a_role_with_all_that_is_needed_is_enough(account: Callable[..., None], connect: Connect) -> None:
    """In every tenant, if it counts in all."""
    account({"*": NEEDED})

    findings = found(connect, "admin", "blue")

    assert [(item.check, item.health) for item in findings] == [
        ("rights in admin", Health.OK),
        ("rights in blue", Health.OK),
    ]


def test_what_a_role_lacks_is_named_for_the_tenant_where_it_counts(
    account: Callable[..., None], connect: Connect
) -> None:
    """Pools may be read only, the lock is not mentioned at all; the other tenant is fine."""
    lesser = NEEDED | {"PERMISSION_POOL": "READ_ACCESS"}
    del lesser["PERMISSION_STRINGGROUP"]
    account({"admin": NEEDED, "blue": lesser})

    good, bad = found(connect, "admin", "blue")

    assert (good.health, bad.health) == (Health.OK, Health.PROBLEM)
    assert bad.message == ("role-1 does not grant PERMISSION_POOL WRITE_ACCESS, PERMISSION_STRINGGROUP WRITE_ACCESS")
    assert "deploy/avi-role.json" in bad.fix


def test_roles_of_several_kinds_add_up(account: Callable[..., None], connect: Connect) -> None:
    """One for all tenants, and one for this tenant."""
    shared = {name: access for name, access in NEEDED.items() if access == "READ_ACCESS"}
    own = {name: access for name, access in NEEDED.items() if access == "WRITE_ACCESS"}
    account({"*": shared, "blue": own})

    admin, blue = found(connect, "admin", "blue")

    assert (admin.health, blue.health) == (Health.PROBLEM, Health.OK)


def test_a_role_that_looks_at_labels_cannot_be_judged(account: Callable[..., None], connect: Connect) -> None:
    """Its privileges are enough, and its filters may still keep objects away."""
    account({"*": NEEDED}, filters=[{"match_label": {"key": "team", "values": ["net"]}}])

    findings = found(connect, "admin")

    assert [item.health for item in findings] == [Health.OK, Health.WARNING]
    assert "label" in findings[1].message


def test_a_tenant_that_the_account_may_not_use_is_a_problem(account: Callable[..., None], connect: Connect) -> None:
    """The login lists those that it may."""
    account({"*": NEEDED}, tenants=("admin",))

    findings = found(connect, "admin", "blue")

    assert {item.check: item.health for item in findings} == {
        "rights in admin": Health.OK,
        "rights in blue": Health.PROBLEM,
    }


def test_an_account_that_may_not_read_its_roles_is_tried_by_reading(
    account: Callable[..., None], scripted: ScriptedController, connect: Connect
) -> None:
    """Each kind is read in that tenant, one object of it; of writes nothing is known, and none is tried."""
    account(None)
    for type_name in WRITTEN_TYPES:
        scripted.on(f"GET /api/{type_name}", page([]))

    read, writes = found(connect, "blue")

    reads = [seen for seen in scripted.seen if seen.path.rpartition("/")[2] in WRITTEN_TYPES]
    assert (read.health, writes.health) == (Health.OK, Health.NOT_CHECKED)
    assert {seen.path for seen in reads} == {f"/api/{type_name}" for type_name in WRITTEN_TYPES}
    assert {(seen.headers["x-avi-tenant"], seen.query["page_size"]) for seen in reads} == {("blue", "1")}
    assert {seen.method for seen in scripted.seen if seen.path.startswith("/api")} == {"GET"}


def test_a_kind_that_cannot_be_read_is_a_problem_with_the_words_of_the_controller(
    account: Callable[..., None], scripted: ScriptedController, connect: Connect
) -> None:
    """The others are tried all the same."""
    account(None)
    for type_name in WRITTEN_TYPES:
        scripted.on(f"GET /api/{type_name}", FORBIDDEN if type_name in ("pool", "stringgroup") else page([]))

    read, _ = found(connect, "admin")

    assert read.health is Health.PROBLEM
    assert read.message == "may not read pool, stringgroup: You do not have permission to perform this action."


def test_an_account_without_roles_of_its_own_is_tried_by_reading(
    account: Callable[..., None], scripted: ScriptedController, connect: Connect
) -> None:
    """That of a directory has them from mapping rules."""
    account({})
    for type_name in WRITTEN_TYPES:
        scripted.on(f"GET /api/{type_name}", page([]))

    assert [item.health for item in found(connect, "admin")] == [Health.OK, Health.NOT_CHECKED]


def test_a_superuser_needs_no_role(scripted: ScriptedController, connect: Connect) -> None:
    """Nothing is asked, and the role file is mentioned."""
    scripted.on("POST /login", logged_in(user={"is_superuser": True}, tenants=[{"name": "admin"}]))

    (finding,) = found(connect, "admin")

    assert finding.health is Health.OK
    assert scripted.lines == []


def test_more_access_includes_less() -> None:
    """Whoever may write may read."""
    assert Access.WRITE_ACCESS > Access.READ_ACCESS > Access.NO_ACCESS
