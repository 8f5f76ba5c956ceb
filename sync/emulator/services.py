"""VirtualServices: what is completed, and what they may refer to together.

A write may break a VirtualService from either side: its own, or that of a pool, group, policy or profile that it uses.
Both come to `check_service`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from sync.emulator.context import Context
from sync.emulator.errors import FieldError, Refusal
from sync.emulator.listeners import listeners_of
from sync.emulator.schema import Body
from sync.emulator.store import Entry, Store, uuid_of

CHILD = "VS_TYPE_VH_CHILD"  # has the VsVip of its parent
HTTP, SSL, DNS = "APPLICATION_PROFILE_TYPE_HTTP", "APPLICATION_PROFILE_TYPE_SSL", "APPLICATION_PROFILE_TYPE_DNS"
TCP_PROXY, UDP_PROXY = "PROTOCOL_TYPE_TCP_PROXY", "PROTOCOL_TYPE_UDP_PROXY"
# What an application profile needs below it (application profile guide: no fast path; UDP proxy is for HTTP/3).
NEEDED_PROTOCOLS: Mapping[str, frozenset[str]] = {HTTP: frozenset({TCP_PROXY, UDP_PROXY}), SSL: frozenset({TCP_PROXY})}
# Types of persistence that do without HTTP.
CLIENT_IP = frozenset({"PERSISTENCE_TYPE_CLIENT_IP_ADDRESS", "PERSISTENCE_TYPE_CLIENT_IPV6_ADDRESS"})
# Fields of what VirtualServices use, by type, whose change may break those that use it already.
BINDING: Mapping[str, tuple[str, ...]] = {
    "ApplicationPersistenceProfile": ("persistence_type",),
    "ApplicationProfile": ("type",),
    "L4PolicySet": ("l4_connection_policy",),
    "NetworkProfile": ("profile",),
    "Pool": ("application_persistence_profile_ref",),
    "PoolGroup": ("members",),
}
VIRTUAL_SERVICE = "VirtualService"


def check_services(context: Context) -> None:
    """The services of a VirtualService are ranges that do not overlap, with a certificate where they need one.

    Runs after the ends of the ranges are filled in.
    """
    draft = context.draft
    if "vsvip_ref" not in draft and draft["type"] != CHILD:
        raise FieldError("vsvip_ref", "it is required")
    for service in draft.get("services", ()):
        if service["port_range_end"] < service["port"]:
            reason = f"{service['port_range_end']} is below port {service['port']}"
            raise FieldError("port_range_end", reason).within("services")
    listeners = sorted((protocol, first, last) for first, last, protocol in listeners_of(context.store, draft))
    if any(one[0] == other[0] and other[1] <= one[2] for one, other in pairwise(listeners)):
        raise Refusal.DUPLICATE_IN_LIST.error(field="services", key="port")
    has_ssl = any(service["enable_ssl"] for service in draft.get("services", ()))
    if has_ssl and "ssl_key_and_certificate_refs" not in draft:
        raise Refusal.NO_CERTIFICATE.error(name=draft["name"])


def check_users(store: Store, entry: Entry, live: Entry | None) -> None:
    """Check the VirtualServices that use an object which has just been stored in place of `live`."""
    fields = BINDING.get(entry.message.name, ())
    if live is not None and any(entry.body.get(field) != live.body.get(field) for field in fields):
        for user in users_of(store, entry):
            check_service(store, user.body, changed=entry.message.name)


def check_service(store: Store, body: Body, changed: str = VIRTUAL_SERVICE) -> None:
    """Whether what a VirtualService refers to fits it and the others that use it; `changed` is the type written."""
    application = _application(store, body)
    behind = list(_pools_and_groups(store, body))
    _check_place(store, body, [target for target in behind if target.path == "pool"])
    _check_profiles(store, body)
    for target in behind:
        if target.path == "pool":
            _check_pool(store, body, target, application, changed)
        elif application != HTTP:
            _check_unshared(store, body, target, lambda other: other != HTTP)
    if "vsvip_ref" in body:
        _check_neighbours(store, body, store.entry(body["vsvip_ref"]))


def _check_place(store: Store, body: Body, pools: list[Entry]) -> None:
    """A VirtualService, its VsVip and its pools are in one cloud and VRF."""
    vsvip = [store.entry(body["vsvip_ref"])] if "vsvip_ref" in body else []
    for other in (*vsvip, *pools):
        if other.cloud != uuid_of(body.get("cloud_ref")):
            raise Refusal.CLOUD_DIFFERS.error(name=body["name"], what=other.path, other=other.name)
        vrf = other.body.get("vrf_ref" if other.path == "pool" else "vrf_context_ref")
        if vrf is not None and vrf != body.get("vrf_context_ref"):
            raise Refusal.VRF_DIFFERS.error(name=body["name"], what=other.path, other=other.name)


def _check_profiles(store: Store, body: Body) -> None:
    """The application profile of the VirtualService and of each service works on its network profile."""
    own = body.get("application_profile_ref"), body.get("network_profile_ref")
    pairs = {
        (service.get("override_application_profile_ref", own[0]), service.get("override_network_profile_ref", own[1]))
        for service in body.get("services", ())
    }
    for application, network in {own, *pairs}:
        needed = NEEDED_PROTOCOLS.get(store.entry(application).body["type"]) if application and network else None
        if needed is not None and store.entry(network).body["profile"]["type"] not in needed:
            raise Refusal.PROFILES_DIFFER.error(
                name=body["name"], application=store.entry(application).name, network=store.entry(network).name
            )


def _check_pool(store: Store, body: Body, pool: Entry, application: str | None, changed: str) -> None:
    persistence = pool.body.get("application_persistence_profile_ref")
    if persistence and application != HTTP and store.entry(persistence).body["persistence_type"] not in CLIENT_IP:
        cause = "pool" if changed == VIRTUAL_SERVICE else "virtual service"
        raise Refusal.LAYER4_PERSISTENCE.error(model=changed, cause=cause)
    if application == DNS:
        _check_unshared(store, body, pool, lambda other: other == DNS)


def _check_unshared(store: Store, body: Body, target: Entry, clashes: Callable[[str | None], bool]) -> None:
    """Refuse a pool or group that another VirtualService of such an application uses, too."""
    for user in users_of(store, target):
        if user.uuid != body["uuid"] and clashes(_application(store, user.body)):
            raise Refusal.SHARED.error(what=target.message.name, other=target.name, holder=user.name, name=body["name"])


def _application(store: Store, body: Body) -> str | None:
    """The type of a VirtualService's application profile."""
    profile = body.get("application_profile_ref")
    return store.entry(profile).body["type"] if profile else None


def users_of(store: Store, entry: Entry) -> Iterator[Entry]:
    """The VirtualServices that use an object, by way of pools, groups and policies, too."""
    waiting, seen = [entry], {entry.key}
    while waiting:
        for user in store.referrers(waiting.pop()):
            if user.key not in seen:
                seen.add(user.key)
                if user.path == "virtualservice":
                    yield user
                elif user.path in ("pool", "poolgroup", "l4policyset"):
                    waiting.append(user)


def _pools_and_groups(store: Store, body: Body) -> Iterator[Entry]:
    """The pools and groups that a VirtualService refers to itself or by its policies, and the pools of those groups."""
    for reference in _targets(store, body):
        target = store.entry(reference)
        yield target
        for member in target.body.get("members", ()):
            yield store.entry(member["pool_ref"])


def _targets(store: Store, body: Body) -> Iterator[str]:
    yield from _both(body, "pool_ref", "pool_group_ref")
    for select in body.get("service_pool_select", ()):
        yield from _both(select, "service_pool_ref", "service_pool_group_ref")
    for policy in body.get("l4_policies", ()):
        rules = store.entry(policy["l4_policy_set_ref"]).body.get("l4_connection_policy", {}).get("rules", ())
        for rule in rules:
            yield from _both(rule.get("action", {}).get("select_pool", {}), "pool_ref", "pool_group_ref")


def _both(body: Body, *fields: str) -> Iterable[str]:
    return (body[field] for field in fields if field in body)


def _check_neighbours(store: Store, body: Body, vsvip: Entry) -> None:
    """VirtualServices on one VsVip are in one SE group and listen on different ports, by protocol."""
    others = [one for one in store.referrers(vsvip) if one.path == "virtualservice" and one.uuid != body["uuid"]]
    for other in others:
        if other.body.get("se_group_ref") != body.get("se_group_ref"):
            raise Refusal.SE_GROUP_DIFFERS.error(name=body["name"], other=other.name, vsvip=vsvip.name)
    own = list(listeners_of(store, body)) if others else []
    for other in others:
        for first, last, protocol in listeners_of(store, other.body):
            for low, high, kind in own:
                if kind == protocol and low <= last and first <= high:
                    raise Refusal.PORT_IN_USE.error(
                        port=max(low, first),
                        protocol=protocol,
                        name=body["name"],
                        holder=other.name,
                        vsvip=vsvip.name,
                    )
