"""Which tenant a request speaks for, and what that tenant sees."""

from dataclasses import dataclass

from sync.emulator.errors import Refusal
from sync.emulator.schema import Message
from sync.emulator.store import Entry, Store

ADMIN = "admin"
ALL_TENANTS = "*"

# Objects of the admin tenant that other tenants do not see; all other types of admin are shared with them.
# Recorded: a pool made in a new tenant refers to admin's cloud, VRF and analytics profile; admin's pool of a name is
# not found from there (alb-sdk test_multiple_tenants, 20.1.1). The list itself is inferred.
SHARED_EXCEPT = frozenset(
    {
        "DnsPolicy",
        "HTTPPolicySet",
        "L4PolicySet",
        "NetworkSecurityPolicy",
        "Pool",
        "PoolGroup",
        "PoolGroupDeploymentPolicy",
        "PriorityLabels",
        "SecurityPolicy",
        "ServerAutoScalePolicy",
        "TrafficCloneProfile",
        "VSDataScriptSet",
        "VirtualService",
        "VsVip",
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant of a request, by uuid; None for all tenants at once."""

    tenant: str | None


EVERYTHING = Scope(None)


def find_scope(store: Store, name: str | None, uuid: str | None) -> Scope:
    """The scope that `X-Avi-Tenant` (a name, a uuid or `*`) or `X-Avi-Tenant-UUID` selects; admin without either."""
    requested = uuid or name or ADMIN
    if requested == ALL_TENANTS:
        return EVERYTHING
    if store.get("tenant", requested) is not None:
        return Scope(requested)
    named = store.named("tenant", requested)
    if not named or uuid:
        raise Refusal.NO_SUCH_TENANT.error(tenant=requested)
    return Scope(named[0].uuid)


def visible_tenants(message: Message, scope: Scope) -> frozenset[str | None] | None:
    """Whose objects of a type the tenant sees: its own, those of no tenant, and what admin shares; None for all."""
    if scope.tenant is None:
        return None
    shared = () if message.name in SHARED_EXCEPT else (ADMIN,)
    return frozenset({None, scope.tenant, *shared})


def is_visible(entry: Entry, scope: Scope) -> bool:
    """Whether the tenant sees the object: like `visible_tenants`, for one object, and faster."""
    if scope.tenant is None or entry.tenant in (None, scope.tenant):
        return True
    return entry.tenant == ADMIN and entry.message.name not in SHARED_EXCEPT
