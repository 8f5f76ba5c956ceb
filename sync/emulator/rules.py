"""What the Controller adds to a body and checks across objects, type by type.

`RULES` is the table; a rule completes `context.draft` in place or raises a refusal. Facts that the schema holds
(defaults, ranges, required fields) are not here.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from sync.emulator.context import Context
from sync.emulator.errors import Refusal
from sync.emulator.listeners import listeners_of
from sync.emulator.schema import Body
from sync.emulator.store import Entry, reference
from sync.emulator.vsvip import complete_vsvip

Rule = Callable[[Context], None]

# References that a body gets when it has none (recorded, 20.1.1: test_basic_vs#0-#2, test_ssl_vs#4), with what a lower
# license tier has instead (`tier_default` of the swagger, 30.2.1).
ESSENTIALS = "ESSENTIALS"
DEFAULT_REFERENCES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "VirtualService": (
        ("application_profile_ref", "ApplicationProfile", "System-HTTP"),
        ("network_profile_ref", "NetworkProfile", "System-TCP-Proxy"),
        ("se_group_ref", "ServiceEngineGroup", "Default-Group"),
        ("analytics_profile_ref", "AnalyticsProfile", "System-Analytics-Profile"),
    ),
    "VsVip": (("vrf_context_ref", "VrfContext", "global"),),
    "Pool": (
        ("vrf_ref", "VrfContext", "global"),
        ("analytics_profile_ref", "AnalyticsProfile", "System-Analytics-Profile"),
    ),
    "Network": (("vrf_context_ref", "VrfContext", "global"),),
}
ESSENTIALS_REFERENCES = {"System-HTTP": "System-L4-Application", "System-TCP-Proxy": "System-TCP-Fast-Path"}
TLS_PROFILE = ("ssl_profile_ref", "SSLProfile", "System-Standard-PFS")
# Messages without a field of their own that a Controller returns all the same (recorded, test_multiple_tenants#0).
ALWAYS_PRESENT: Mapping[str, tuple[tuple[str, Body], ...]] = {
    "Tenant": (
        (
            "config_settings",
            {"tenant_vrf": False, "se_in_provider_context": True, "tenant_access_to_provider_se": True},
        ),
    ),
}
# Fields beyond those marked immutable in the schema data that a PUT cannot change (inferred: AKO never sends another
# tier-1 router, its documentation says to create the object anew).
ALSO_IMMUTABLE: Mapping[str, tuple[str, ...]] = {"VsVip": ("tier1_lr",)}


def complete(context: Context) -> None:
    """Apply the rules of the object's type, the general ones first."""
    _keep_immutable(context)
    _add_default_references(context)
    for name, body in ALWAYS_PRESENT.get(context.message.name, ()):
        context.draft.setdefault(name, dict(body))
    for rule in RULES.get(context.message.name, ()):
        rule(context)


def _keep_immutable(context: Context) -> None:
    """What is fixed at creation stays if it is not sent, and must be the same if it is."""
    if context.live is None:
        return
    for name in (*context.message.immutable, *ALSO_IMMUTABLE.get(context.message.name, ())):
        kept = context.live.body.get(name)
        if context.draft.get(name, kept) != kept:
            raise Refusal.IMMUTABLE.error(field=name, model=context.message.name)
        if kept is not None:
            context.draft[name] = kept


def _add_default_references(context: Context) -> None:
    draft = context.draft
    for field, target, name in DEFAULT_REFERENCES.get(context.message.name, ()):
        if field not in draft and field in context.message.fields:
            wanted = ESSENTIALS_REFERENCES.get(name, name) if context.facts.license == ESSENTIALS else name
            _refer(context, field, target, wanted)


def _refer(context: Context, field: str, target: str, name: str) -> None:
    found = context.resolver.by_name(target, name)
    if found is not None:
        context.draft[field] = reference(found.path, found.uuid)


def complete_pool(context: Context) -> None:
    """Servers get a hostname: the text of their address (recorded, test_basic_vs#0)."""
    for server in context.draft.get("servers", ()):
        server.setdefault("hostname", server["ip"]["addr"])


def complete_virtual_service(context: Context) -> None:
    """Ports, cloud type and VRF of a VirtualService (recorded, test_basic_vs#2)."""
    draft = context.draft
    for service in draft.get("services", ()):
        service["port_range_end"] = service.get("port_range_end") or service["port"]
    if any(service["enable_ssl"] for service in draft.get("services", ())) and TLS_PROFILE[0] not in draft:
        _refer(context, *TLS_PROFILE)
    cloud = context.store.get("cloud", context.cloud or "")
    if cloud is not None:
        draft["cloud_type"] = cloud.body["vtype"]
    vsvip = context.store.entry(draft["vsvip_ref"]) if "vsvip_ref" in draft else None
    if "vrf_context_ref" not in draft:
        if vsvip is not None and "vrf_context_ref" in vsvip.body:
            draft["vrf_context_ref"] = vsvip.body["vrf_context_ref"]
        else:
            _refer(context, "vrf_context_ref", "VrfContext", "global")


def check_virtual_service(context: Context) -> None:
    """A VirtualService, its VsVip and its pools are in one cloud and VRF; ports on one VsVip do not overlap."""
    draft = context.draft
    for what, other in _behind(context, draft):
        if other.cloud != context.cloud:
            raise Refusal.CLOUD_DIFFERS.error(name=draft["name"], what=what, other=other.name)
        vrf = other.body.get("vrf_ref" if other.path == "pool" else "vrf_context_ref")
        if vrf is not None and vrf != draft.get("vrf_context_ref"):
            raise Refusal.VRF_DIFFERS.error(name=draft["name"], what=what, other=other.name)
    if "vsvip_ref" in draft:
        _check_ports(context, context.store.entry(draft["vsvip_ref"]))


def _behind(context: Context, body: Body) -> Iterable[tuple[str, Entry]]:
    """The VsVip of a VirtualService and the pools that it refers to itself, by a group or by its policies."""
    entry = context.store.entry
    if "vsvip_ref" in body:
        yield "vsvip", entry(body["vsvip_ref"])
    if "pool_ref" in body:
        yield "pool", entry(body["pool_ref"])
    groups = [body["pool_group_ref"]] if "pool_group_ref" in body else []
    for policy in body.get("l4_policies", ()):
        for kind, target in _selected(entry(policy["l4_policy_set_ref"]).body):
            if kind == "pool_ref":
                yield "pool", entry(target)
            else:
                groups.append(target)
    for group in groups:
        for member in entry(group).body.get("members", ()):
            yield "pool", entry(member["pool_ref"])


def _selected(policy_set: Body) -> Iterable[tuple[str, str]]:
    for rule in policy_set.get("l4_connection_policy", {}).get("rules", ()):
        select = rule.get("action", {}).get("select_pool", {})
        for kind in ("pool_ref", "pool_group_ref"):
            if kind in select:
                yield kind, select[kind]


def _check_ports(context: Context, vsvip: Entry) -> None:
    """Refuse a port and protocol that another VirtualService listens on already at that VsVip.

    One that names a port twice itself is let through: AKO writes such, and no refusal of it is known.
    """
    taken = {
        (port, protocol): user.name
        for user in context.store.referrers(vsvip)
        if user.path == "virtualservice" and user.uuid != context.uuid
        for first, last, protocol in listeners_of(context.store, user.body)
        for port in _ports_within(first, last, context)
    }
    for first, last, protocol in listeners_of(context.store, context.draft) if taken else ():
        for port in range(first, last + 1):
            if (port, protocol) in taken:
                raise Refusal.PORT_IN_USE.error(
                    port=port,
                    protocol=protocol,
                    name=context.draft["name"],
                    holder=taken[port, protocol],
                    vsvip=vsvip.name,
                )


def _ports_within(first: int, last: int, context: Context) -> Iterable[int]:
    """The ports of a range that the draft listens on, too; a range may cover all 65,535."""
    for service in context.draft.get("services", ()):
        yield from range(max(first, service["port"]), min(last, service["port_range_end"]) + 1)


def check_advertising(context: Context) -> None:
    """A VirtualService that stops advertising its VIPs must not leave BGP labels on its VsVip."""
    draft = context.draft
    if context.live is None or "vsvip_ref" not in draft or draft.get("enable_rhi"):
        return
    if context.live.body.get("enable_rhi") and context.store.entry(draft["vsvip_ref"]).body.get("bgp_peer_labels"):
        raise Refusal.LABELS_WITHOUT_RHI.error(name=draft["name"])


def check_policy_set(context: Context) -> None:
    """A policy set selects pools of the VRF of the VirtualServices that use it already."""
    if context.live is None:
        return
    pools = [context.store.entry(target) for kind, target in _selected(context.draft) if kind == "pool_ref"]
    for user in context.store.referrers(context.live):
        for pool in pools if user.path == "virtualservice" else ():
            if pool.body.get("vrf_ref") != user.body.get("vrf_context_ref"):
                raise Refusal.VRF_DIFFERS.error(name=user.name, what="pool", other=pool.name)


def keep_chosen_monitor(context: Context) -> None:
    """Only the settings of the chosen type stay (inferred; the system monitors hold no others)."""
    kind = context.draft["type"].removeprefix("HEALTH_MONITOR_").lower()
    for name in [name for name in context.draft if name.endswith("_monitor") and name != f"{kind}_monitor"]:
        del context.draft[name]


def check_routes(context: Context) -> None:
    """Static routes have distinct ids."""
    ids = [route["route_id"] for route in context.draft.get("static_routes", ())]
    if len(set(ids)) < len(ids):
        raise Refusal.DUPLICATE_IN_LIST.error(field="static_routes", key="route_id")


RULES: dict[str, tuple[Rule, ...]] = {
    "HealthMonitor": (keep_chosen_monitor,),
    "L4PolicySet": (check_policy_set,),
    "Pool": (complete_pool,),
    "VirtualService": (complete_virtual_service, check_virtual_service, check_advertising),
    "VrfContext": (check_routes,),
    "VsVip": (complete_vsvip,),
}


def verbose_name(model: str) -> str:
    """A type as refusals spell it: `VsVip` → `Vs vip`, `L4PolicySet` → `L4 policy set` (inferred)."""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z0-9]*|[A-Z0-9]+", model)
    return " ".join(words).capitalize()
