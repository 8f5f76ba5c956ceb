"""What the account may do, as far as the Controller shows it: by the login, its roles, and harmless reads.

Nothing is written to find out. If the account may not read users and roles, it is unknown what it may write; what it
may read, a read shows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sync.avi.references import parse_reference
from sync.controller.client import ControllerClient
from sync.controller.errors import ControllerError, NotFoundError, RefusedError
from sync.kinds import KINDS, USERS


class Access(IntEnum):
    """What a role grants for a resource; more includes less (schema 30.2.1, Permission.type)."""

    NO_ACCESS = 0
    READ_ACCESS = 1
    WRITE_ACCESS = 2


LOCK_TYPE = "stringgroup"

PERMISSIONS: Mapping[str, str] = {
    **{kind.path: kind.permission for kind in KINDS.values()},
    LOCK_TYPE: "PERMISSION_STRINGGROUP",
    "analyticsprofile": "PERMISSION_ANALYTICSPROFILE",
    "applicationpersistenceprofile": "PERMISSION_APPLICATIONPERSISTENCEPROFILE",
    "applicationprofile": "PERMISSION_APPLICATIONPROFILE",
    **{user.path: user.permission for user in USERS.values()},
    "cloud": "PERMISSION_CLOUD",
    "healthmonitor": "PERMISSION_HEALTHMONITOR",
    "ipamdnsproviderprofiledomainlist": "PERMISSION_IPAMDNSPROVIDERPROFILE",
    "network": "PERMISSION_NETWORK",
    "networkprofile": "PERMISSION_NETWORKPROFILE",
    "networksecuritypolicy": "PERMISSION_NETWORKSECURITYPOLICY",
    "pkiprofile": "PERMISSION_PKIPROFILE",
    "securitypolicy": "PERMISSION_SECURITYPOLICY",
    "serviceenginegroup": "PERMISSION_SERVICEENGINEGROUP",
    "sslkeyandcertificate": "PERMISSION_SSLKEYANDCERTIFICATE",
    "sslprofile": "PERMISSION_SSLPROFILE",
    "systemconfiguration": "PERMISSION_SYSTEMCONFIGURATION",
    "tenant": "PERMISSION_TENANT",
    "vrfcontext": "PERMISSION_VRFCONTEXT",
}
"""Type as in `/api/<type>` → the permission that it falls under (schema 30.2.1, Permission.resource)."""

WRITTEN_TYPES = frozenset({*(kind.path for kind in KINDS.values()), LOCK_TYPE})
"""What a run writes."""

ALWAYS_READ_TYPES = frozenset({"systemconfiguration", "cloud", "vrfcontext"})
"""What every run reads, beside what the tree refers to (`sync/controller/facts.py`)."""


def needed_access(read_types: Iterable[str]) -> dict[str, Access]:
    """Permission → what a run needs of it that reads these types."""
    needed = {PERMISSIONS[type_name]: Access.READ_ACCESS for type_name in {*ALWAYS_READ_TYPES, *read_types}}
    return needed | {PERMISSIONS[type_name]: Access.WRITE_ACCESS for type_name in WRITTEN_TYPES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role of the account in one tenant, or in all (`*`)."""

    role: str
    tenant: str
    privileges: Mapping[str, Access]
    is_filtered: bool = False
    """Whether the role also filters by labels of objects (Role.filters): then privileges alone are not enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """All grants of the account."""

    grants: tuple[Grant, ...]

    def in_tenant(self, tenant: str) -> tuple[Grant, ...]:
        """The grants for a tenant."""
        return tuple(grant for grant in self.grants if grant.tenant in (tenant, "*"))

    def lacking(self, tenant: str, needed: Mapping[str, Access]) -> dict[str, Access]:
        """What is needed in a tenant and not granted there."""
        grants = self.in_tenant(tenant)
        return {
            permission: access
            for permission, access in sorted(needed.items())
            if max((grant.privileges.get(permission, Access.NO_ACCESS) for grant in grants), default=0) < access
        }


def read_rights(client: ControllerClient, username: str) -> Rights | None:
    """The rights that the account's roles grant; None if it may not read them, or is not a local user.

    An account of a directory may get its roles from mapping rules, which the user object does not show.
    """
    try:
        users = client.list_all("/api/user", {"name": username, "include_name": "true"}, tenant="admin")
        rows = [row for user in users if user.get("name") == username for row in user.get("access") or ()]
        grants = tuple(_grant(client, row) for row in rows if row.get("role_ref"))
    except (RefusedError, NotFoundError):
        return None
    return Rights(grants=grants) if grants else None


def _grant(client: ControllerClient, row: Mapping[str, Any]) -> Grant:
    role_reference, tenant = parse_reference(str(row["role_ref"])), parse_reference(str(row.get("tenant_ref", "")))
    role = client.get(f"/api/role/{role_reference.uuid}", tenant="admin") if role_reference else {}
    return Grant(
        role=str(role.get("name", "")),
        tenant="*" if row.get("all_tenants") else tenant.name if tenant else "",
        privileges={
            str(item.get("resource", "")): Access.__members__.get(str(item.get("type")), Access.NO_ACCESS)
            for item in role.get("privileges") or ()
        },
        is_filtered=bool(role.get("filters")),
    )


def unreadable_types(client: ControllerClient, tenant: str, types: Iterable[str]) -> dict[str, str]:
    """Type → the Controller's words, for each type whose list the account may not read in a tenant.

    One object is requested and ignored. Raises NoAnswerError.
    """
    found = {}
    for type_name in types:
        path = f"/api/{type_name}"
        try:
            client.get(path, {"page_size": "1", "fields": "name"}, tenant=tenant)
        except ControllerError as error:
            if error.status is None:
                raise
            found[type_name] = error.said or f"answered {error.status}"
    return found
