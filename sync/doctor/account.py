"""What the account may do in each tenant of the tree, as far as that is known without writing."""

from collections.abc import Iterator, Mapping, Sequence

from sync.controller.client import ControllerClient
from sync.controller.rights import (
    WRITTEN_TYPES,
    Access,
    Rights,
    needed_access,
    read_rights,
    unreadable_types,
)
from sync.doctor.findings import ROLE_FIX, not_checked, ok, problem, some, warning
from sync.model.checkup import Finding


def check_rights(
    client: ControllerClient, username: str, tenants: Sequence[str], read_types: Sequence[str]
) -> Iterator[Finding]:
    """One finding per tenant, from the first source that answers: superuser, roles, harmless reads."""
    usable = client.account.tenants
    missing = [tenant for tenant in tenants if usable is not None and tenant not in usable]
    for tenant in missing:
        message = "the tenant does not exist, or the account may not use it"
        yield problem(_check(tenant), message, f"create the tenant, or {ROLE_FIX}")
    present = [tenant for tenant in tenants if tenant not in missing]
    if client.account.is_superuser:
        for tenant in present:
            yield ok(_check(tenant), f"{username} is a superuser; the role in deploy/avi-role.json would be enough")
        return
    rights = read_rights(client, username)
    for tenant in present:
        if rights is None:
            yield from _by_reading(client, tenant)
        else:
            yield from _by_roles(rights, tenant, needed_access(read_types))


def _by_roles(rights: Rights, tenant: str, needed: Mapping[str, Access]) -> Iterator[Finding]:
    roles = some({grant.role for grant in rights.in_tenant(tenant)}) or "no role"
    if lacking := rights.lacking(tenant, needed):
        missing = [f"{permission} {access.name}" for permission, access in lacking.items()]
        yield problem(_check(tenant), f"{roles} does not grant {', '.join(missing)}", ROLE_FIX)
    else:
        yield ok(_check(tenant), f"{roles} grants all that is needed")
    if filtered := {grant.role for grant in rights.in_tenant(tenant) if grant.is_filtered}:
        message = f"{some(filtered)} filters objects by label; whether ours pass cannot be checked in advance"
        yield warning(_check(tenant), message, "make the role include objects without labels, or watch the first run")


def _by_reading(client: ControllerClient, tenant: str) -> Iterator[Finding]:
    """The account may not read its own roles, so each kind is read once; writes are never tried."""
    unreadable = unreadable_types(client, tenant, sorted(WRITTEN_TYPES))
    if unreadable:
        words = some(set(unreadable.values()))
        yield problem(_check(tenant), f"may not read {', '.join(sorted(unreadable))}: {words}", ROLE_FIX)
    else:
        yield ok(_check(tenant), f"may read {', '.join(sorted(WRITTEN_TYPES))}")
    yield not_checked(
        f"writes in {tenant}",
        "the account may not read its own roles, and doctor never writes to find out: compare them with "
        "deploy/avi-role.json, or grant read access to PERMISSION_USER and PERMISSION_ROLE once",
    )


def _check(tenant: str) -> str:
    return f"rights in {tenant}"
