"""What the Controller adds to a body and checks across objects, type by type.

`RULES` is the table; a rule completes `context.draft` in place or raises a refusal. Facts that the schema holds
(defaults, ranges, required fields) are not here.
"""

import ipaddress
import re
from collections.abc import Callable, Hashable, Mapping, Sequence

from sync.emulator.certificates import complete_certificate
from sync.emulator.context import Context
from sync.emulator.errors import FieldError, Refusal
from sync.emulator.schema import Body
from sync.emulator.services import check_service, check_services
from sync.emulator.store import reference
from sync.emulator.vsvip import complete_vsvip

Rule = Callable[[Context], None]

# What an action of a layer 4 rule needs.
SELECTED = {"L4_RULE_ACTION_SELECT_POOL": "pool_ref", "L4_RULE_ACTION_SELECT_POOLGROUP": "pool_group_ref"}
# Algorithms of the pools inside a GSLB service (load balancing guide).
GSLB_ALGORITHMS = frozenset({"LB_ALGORITHM_NEAREST_SERVER", "LB_ALGORITHM_TOPOLOGY"})

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
# tier-1 router, its documentation says to create the object again).
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


def check_pool(context: Context) -> None:
    """A server is there once, however its address is written; the algorithms of GSLB are for GSLB."""
    draft = context.draft
    port = draft["default_server_port"]
    servers = draft.get("servers", ())
    if len(servers) > 1:
        _check_unique("servers", "ip, port", [(_plain(one["ip"]["addr"]), one.get("port") or port) for one in servers])
    if draft["lb_algorithm"] in GSLB_ALGORITHMS:
        raise FieldError("lb_algorithm", f"{draft['lb_algorithm']} is for pools of GSLB services only")


def _plain(address: str) -> str:
    """An address, or the name in place of one, as all its spellings are written."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address.lower()


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
    """What the VirtualService refers to fits it and the others that use it."""
    check_service(context.store, context.draft)


def check_advertising(context: Context) -> None:
    """A VirtualService that stops advertising its VIPs must not leave BGP labels on its VsVip."""
    draft = context.draft
    if context.live is None or "vsvip_ref" not in draft or draft.get("enable_rhi"):
        return
    if context.live.body.get("enable_rhi") and context.store.entry(draft["vsvip_ref"]).body.get("bgp_peer_labels"):
        raise Refusal.LABELS_WITHOUT_RHI.error(name=draft["name"])


def check_policy_set(context: Context) -> None:
    """The rules of a policy set have indexes of their own, and each selects a pool or group."""
    rules = context.draft.get("l4_connection_policy", {}).get("rules", ())
    _check_unique("rules", "index", [rule["index"] for rule in rules])
    for rule in rules:
        select = rule.get("action", {}).get("select_pool")
        if select is None:
            raise (
                FieldError("action", f"rule {rule['index']} selects no pool")
                .within("rules")
                .within("l4_connection_policy")
            )
        wanted = SELECTED[select["action_type"]]
        if wanted not in select:
            raise FieldError(wanted, f"rule {rule['index']} needs it").within("rules").within("l4_connection_policy")


def keep_chosen_monitor(context: Context) -> None:
    """Only the settings of the chosen type stay (inferred; the system monitors hold no others)."""
    kind = context.draft["type"].removeprefix("HEALTH_MONITOR_").lower()
    for name in [name for name in context.draft if name.endswith("_monitor") and name != f"{kind}_monitor"]:
        del context.draft[name]


def check_indexes(context: Context) -> None:
    """Policies of a VirtualService and rules of a policy have indexes of their own."""
    for field in ("l4_policies", "rules"):
        _check_unique(field, "index", [one["index"] for one in context.draft.get(field, ())])


def check_routes(context: Context) -> None:
    """Static routes have distinct ids."""
    _check_unique("static_routes", "route_id", [one["route_id"] for one in context.draft.get("static_routes", ())])


def check_members(context: Context) -> None:
    """A pool is in a group once."""
    _check_unique("members", "pool_ref", [member["pool_ref"] for member in context.draft.get("members", ())])


def _check_unique(field: str, key: str, values: Sequence[Hashable]) -> None:
    if len(set(values)) < len(values):
        raise Refusal.DUPLICATE_IN_LIST.error(field=field, key=key)


RULES: dict[str, tuple[Rule, ...]] = {
    "HealthMonitor": (keep_chosen_monitor,),
    "L4PolicySet": (check_policy_set,),
    "NetworkSecurityPolicy": (check_indexes,),
    "Pool": (complete_pool, check_pool),
    "PoolGroup": (check_members,),
    "SSLKeyAndCertificate": (complete_certificate,),
    "VirtualService": (
        complete_virtual_service,
        check_indexes,
        check_services,
        check_virtual_service,
        check_advertising,
    ),
    "VrfContext": (check_routes,),
    "VsVip": (complete_vsvip,),
}


def verbose_name(model: str) -> str:
    """A type as refusals spell it: `VsVip` → `Vs vip`, `L4PolicySet` → `L4 policy set` (inferred)."""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z0-9]*|[A-Z0-9]+", model)
    return " ".join(words).capitalize()
