"""What the Controller makes of a VsVip: identities of VIPs, addresses, DNS records; and what it refuses to change."""

import ipaddress
import secrets
from collections.abc import Mapping, Sequence

from sync.emulator.allocation import (
    ASSUMED_SUBNETS,
    FAMILIES,
    Address,
    Pool,
    Subnet,
    address_body,
    address_space,
    addresses_of,
    hosts,
    parse_address,
    parse_prefix,
    prefix_body,
    whole_pool,
)
from sync.emulator.context import Context
from sync.emulator.domains import domains_of, is_domain_name, is_within
from sync.emulator.errors import FieldError, Refusal
from sync.emulator.schema import Body
from sync.emulator.store import MARK, Entry, reference

# auto_allocate_ip_type → the address fields to fill, with the IP version and the subnet field that goes with it.
V4, V6 = ("ip_address", 4, "subnet"), ("ip6_address", 6, "subnet6")
ALLOCATED_FIELDS = {"V4_ONLY": (V4,), "V6_ONLY": (V6,), "V4_V6": (V4, V6)}
# Where a cloud writes the network that it chose, besides `ipam_network_subnet`: public clouds beside the address
# (recorded, AWS 20.1.6, full.json), the others as discovered networks (AKO mock of a vCenter VsVip).
PUBLIC_CLOUDS = frozenset({"CLOUD_AWS", "CLOUD_AZURE", "CLOUD_GCP"})
COMPUTED = (
    "availability_zone",
    "avi_allocated_vip",
    "network_ref",
    "port_uuid",
    "subnet",
    "subnet6",
    "subnet_uuid",
)
DISCOVERED = "discovered_networks"
FLOATING = ("avi_allocated_fip", "floating_ip")
AWS = "CLOUD_AWS"
ZONE = "us-west-2a"  # one for all networks: which zone a network is in is known to the cloud alone
# Where floating addresses come from: the low bits of the private one, in the addresses kept for carriers (RFC 6598).
FLOATING_SUBNET = ipaddress.ip_network("100.64.0.0/10")


def complete_vsvip(context: Context) -> None:
    """Fill in what the Controller computes for a VsVip, or refuse it."""
    vips = context.draft.get("vip", [])
    live = {vip["vip_id"]: vip for vip in (context.live.body.get("vip", ()) if context.live else ())}
    _check_ids([vip["vip_id"] for vip in vips])
    if context.live is not None:
        _check_same_vips(vips, live)
    taken: set[Address] = set()
    for vip in vips:
        _check_families(vip)
        old = live.get(vip["vip_id"])
        if old is not None and old["auto_allocate_ip"]:
            _keep_allocation(vip, old)
        elif vip["auto_allocate_ip"]:
            _allocate(context, vip, taken)
        for address in addresses_of(vip):
            _check_free(context, address, taken)
            taken.add(address)
        _float(context, vip)
    _check_names(context)
    _complete_dns(context)
    _check_labels(context)


def fill_vip_ids(raw: object) -> object:
    """The body with `vip_id` "0", "1", … where a client left it out (recorded, test_basic_vs#1)."""
    vips = raw.get("vip") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(vips, list):
        return raw
    filled = [
        {"vip_id": str(index), **vip} if isinstance(vip, dict) and not vip.get("vip_id") else vip
        for index, vip in enumerate(vips)
    ]
    return {**raw, "vip": filled}


def _check_families(vip: Body) -> None:
    """The addresses of a VIP stand in the fields of their families."""
    for name, family, _ in (V4, V6):
        if name in vip and vip[name]["type"] != f"V{family}":
            raise FieldError(name, f"{vip[name]['addr'][:80]} is not of type V{family}").within("vip")


def _check_ids(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise Refusal.DUPLICATE_IN_LIST.error(field="vip", key="vip_id")


def _check_same_vips(vips: list[Body], live: Mapping[str, Body]) -> None:
    """A live VsVip keeps its VIPs if the Controller allocates any of them; fixed ones may come and go."""
    ids = {vip["vip_id"] for vip in vips}
    gone, new = live.keys() - ids, ids - live.keys()
    if gone and new:
        raise Refusal.VIP_ID_CHANGED.error()
    if (gone or new) and any(vip["auto_allocate_ip"] for vip in (*vips, *live.values())):
        raise Refusal.VIPS_CHANGED.error(vip_ids=", ".join(sorted(gone or new)))


def _keep_allocation(vip: Body, old: Body) -> None:
    """An allocated VIP stays what it is; a client may repeat it, but not change it.

    What was requested before may be left out. The networks that the Controller found are gone if they are left out: AKO
    and Ansible write so, and the VirtualService is down then (AKO pull request 1027).
    """
    if not vip["auto_allocate_ip"] and "ip_address" not in vip and "ip6_address" not in vip:
        raise _changed("auto_allocate_ip", vip)
    if vip["auto_allocate_ip_type"] != old["auto_allocate_ip_type"]:
        raise _changed("auto_allocate_ip_type", vip)
    for name in ("ip_address", "ip6_address"):
        if name in vip and (name not in old or _address(name, vip) != _address(name, old)):
            raise _changed(name, vip)
        if name in old:
            vip[name] = old[name]
    _check_place(vip, old)
    if "ipam_network_subnet" in old:
        vip["ipam_network_subnet"] = {**vip.get("ipam_network_subnet", {}), **old["ipam_network_subnet"]}
    kept_fields = (*COMPUTED, *FLOATING) if vip["auto_allocate_floating_ip"] else COMPUTED
    vip.update({name: old[name] for name in kept_fields if name in old})
    if DISCOVERED in vip and DISCOVERED in old:
        vip[DISCOVERED] = old[DISCOVERED]


def _check_place(vip: Body, old: Body) -> None:
    """Refuse another network than that of the allocated VIP, and a subnet that its addresses are not in."""
    requested, kept = vip.get("ipam_network_subnet", {}), old.get("ipam_network_subnet", {})
    if requested.get("network_ref", kept.get("network_ref")) != kept.get("network_ref"):
        raise _changed("ipam_network_subnet.network_ref", vip)
    for address_name, _, subnet_name in (V4, V6):
        within = requested.get(subnet_name)
        if within and (address_name not in old or _address(address_name, old) not in parse_prefix(subnet_name, within)):
            raise _changed(f"ipam_network_subnet.{subnet_name}", vip)


def _allocate(context: Context, vip: Body, taken: set[Address]) -> None:
    """Give the VIP its addresses: the preferred ones, or the lowest free ones of the requested network."""
    networks = _networks(context, vip)
    fields = ALLOCATED_FIELDS[vip["auto_allocate_ip_type"]]
    for network in networks:
        found = {field: _find(context, network, vip, field, taken) for field in fields}
        if all(found.values()):
            _write_allocation(context, vip, network, {field: one for field, one in found.items() if one})
            return
    raise Refusal.NO_FREE_ADDRESS.error()


def _networks(context: Context, vip: Body) -> list[Entry]:
    """The network that the VIP names, else those it may choose from."""
    requested = vip.get("ipam_network_subnet", {})
    named = requested.get("network_ref") or vip.get("network_ref")
    if named:
        return [context.store.entry(named)]
    subnet_uuid = requested.get("subnet_uuid") or vip.get("subnet_uuid")  # public clouds name a network so
    if subnet_uuid:
        return [context.resolver.find("subnet_uuid", "Network", reference("network", subnet_uuid))]
    usable = _usable_networks(context)
    within = requested.get("subnet") or vip.get("subnet")
    if within:
        wanted = parse_prefix("subnet", within)
        usable = [network for network in usable if wanted in context.addresses.subnets(network)]
    if not usable and context.facts.assume_exists:
        usable = [context.resolver.find("network_ref", "Network", "/api/network?name=vip-network")]
    return usable


def _usable_networks(context: Context) -> list[Entry]:
    """The usable networks of the cloud's IPAM profile; without any, the networks of the cloud (inferred)."""
    cloud = context.store.get("cloud", context.cloud or "")
    profile = cloud.body.get("ipam_provider_ref") if cloud else None
    listed = context.store.entry(profile).body.get("internal_profile", {}).get("usable_networks") if profile else None
    if listed:
        return [context.store.entry(one["nw_ref"]) for one in listed]
    return [one for one in context.store.all("network") if one.cloud == context.cloud]


def _find(
    context: Context, network: Entry, vip: Body, field: tuple[str, int, str], taken: set[Address]
) -> tuple[Address, Subnet] | None:
    """One address of the network, with its subnet; None if none is free."""
    name, family, subnet_name = field
    within = vip_subnet(vip, subnet_name)
    wanted = parse_prefix(subnet_name, within) if within else None
    preferred = parse_address(name, vip[name]) if name in vip else None
    if context.facts.assume_exists and not context.addresses.subnets(network):
        pools: Sequence[Pool] = [_assumed_pool(wanted, preferred, family)]
        subnets = [pools[0].subnet]
    else:
        subnets = [subnet for subnet in context.addresses.subnets(network) if subnet.version == family]
        pools = [pool for pool in context.addresses.pools(network) if pool.subnet.version == family]
    if wanted is not None:
        if wanted not in subnets:
            raise Refusal.NO_SUCH_SUBNET.error(network=network.name, subnet=wanted)
        subnets, pools = [wanted], [pool for pool in pools if pool.subnet == wanted]
    if preferred is None or not pools:
        return context.addresses.lowest_free(address_space(context.draft), pools, taken)
    if not any(preferred in subnet for subnet in subnets):
        raise Refusal.OUTSIDE_NETWORK.error(address=preferred, network=network.name)
    for pool in pools:
        if preferred in pool.subnet and pool.first <= int(preferred) <= pool.last:
            return preferred, pool.subnet
    raise Refusal.OUTSIDE_RANGES.error(address=preferred, network=network.name)


def _assumed_pool(wanted: Subnet | None, preferred: Address | None, family: int) -> Pool:
    """The addresses of a network that was created on first use, without subnets."""
    assumed = wanted or ASSUMED_SUBNETS[family]
    if preferred is None:
        return whole_pool(assumed)
    return hosts(assumed if wanted or preferred in assumed else _around(preferred))


def vip_subnet(vip: Body, subnet_name: str) -> Body | None:
    """The subnet that a VIP requests, an `IpAddrPrefix`."""
    requested: Body | None = vip.get("ipam_network_subnet", {}).get(subnet_name) or vip.get(subnet_name)
    return requested


def _around(address: Address) -> Subnet:
    """A subnet for an address of a network without subnets, so that the answer can name one."""
    length = {4: 24, 6: 64}[address.version]
    return parse_prefix("subnet", {"ip_addr": address_body(address), "mask": length})


def _write_allocation(
    context: Context, vip: Body, network: Entry, found: dict[tuple[str, int, str], tuple[Address, Subnet]]
) -> None:
    cloud = context.store.get("cloud", context.cloud or "")
    subnets = {subnet_name: prefix_body(subnet) for (_, _, subnet_name), (_, subnet) in found.items()}
    place = {"network_ref": reference("network", network.uuid)}
    vip.update({name: address_body(address) for (name, _, _), (address, _) in found.items()})
    vip["avi_allocated_vip"] = True
    vip["ipam_network_subnet"] = {**vip.get("ipam_network_subnet", {}), **place, **subnets}
    if cloud is not None and cloud.body["vtype"] in PUBLIC_CLOUDS:
        vip.update({**place, **subnets})
        _write_public_place(cloud, vip, network)
    else:
        vip[DISCOVERED] = [{**place, **{name: [subnet] for name, subnet in subnets.items()}}]


def _write_public_place(cloud: Entry, vip: Body, network: Entry) -> None:
    """Subnet, port and zone that AWS gives an address (recorded, AWS 20.1.6, full.json)."""
    if cloud.body["vtype"] != AWS:
        return
    vip["subnet_uuid"] = vip["ipam_network_subnet"]["subnet_uuid"] = network.uuid
    vip["port_uuid"] = f"eni-{secrets.token_hex(9)[:17]}"
    vip["availability_zone"] = ZONE


def _float(context: Context, vip: Body) -> None:
    """A VIP of a public cloud gets a floating address if it requests one (recorded, AWS 20.1.6, full.json)."""
    cloud = context.store.get("cloud", context.cloud or "")
    is_public = cloud is not None and cloud.body["vtype"] in PUBLIC_CLOUDS
    if not is_public or not vip["auto_allocate_floating_ip"] or "ip_address" not in vip or "floating_ip" in vip:
        return
    host = int(parse_address("ip_address", vip["ip_address"])) & int(FLOATING_SUBNET.hostmask)
    vip["floating_ip"] = address_body(FLOATING_SUBNET[host])
    vip["avi_allocated_fip"] = True


def _check_free(context: Context, address: Address, taken: set[Address]) -> None:
    holder = context.addresses.holder(address_space(context.draft), address)
    if address in taken:
        raise Refusal.ADDRESS_IN_USE.error(address=address, holder=context.draft["name"])
    if holder is not None and holder != context.uuid:
        other = context.store.entry(f"{MARK}/api/vsvip/{holder}")
        raise Refusal.ADDRESS_IN_USE.error(address=address, holder=other.name)


def _check_names(context: Context) -> None:
    """DNS records are within the domains of the cloud's DNS profile, and no two VsVips have one name."""
    domains = domains_of(context.store, context.store.get("cloud", context.cloud or ""))
    records = context.draft.get("dns_info", ())
    if len({record.get("fqdn", "").lower() for record in records}) < len(records):
        raise Refusal.DUPLICATE_IN_LIST.error(field="dns_info", key="fqdn")
    for record in records:
        fqdn = record.get("fqdn", "")
        if not is_domain_name(fqdn):
            raise FieldError("fqdn", f"{fqdn[:80]!r} is not a domain name").within("dns_info")
        if domains and not is_within(fqdn, domains):
            raise Refusal.FOREIGN_DOMAIN.error(fqdn=fqdn, domains=", ".join(domains))
        holder = context.names.holder(context.cloud, fqdn) if domains is not None else None
        if holder not in (None, context.uuid):
            other = context.store.entry(f"{MARK}/api/vsvip/{holder}")
            raise Refusal.FQDN_IN_USE.error(fqdn=fqdn, holder=other.name)


def _complete_dns(context: Context) -> None:
    """DNS records get the time to live of the cloud's DNS profile, and 0 where there is none.

    `{"ttl": 30, "num_records_in_response": 1}` with an internal profile: AKO's mock of a VsVip; zeros without one:
    recorded on AWS, 20.1.6.
    """
    cloud = context.store.get("cloud", context.cloud or "")
    profile = cloud.body.get("dns_provider_ref") if cloud else None
    ttl = context.store.entry(profile).body.get("internal_profile", {}).get("ttl", 30) if profile else 0
    for record in context.draft.get("dns_info", ()):
        record.setdefault("ttl", ttl)
        record.setdefault("num_records_in_response", 1 if profile else 0)


def _check_labels(context: Context) -> None:
    """BGP labels need VirtualServices that advertise their VIPs."""
    if not context.draft.get("bgp_peer_labels") or context.live is None:
        return
    for user in context.store.referrers(context.live):
        if user.path == "virtualservice" and not user.body.get("enable_rhi"):
            raise Refusal.LABELS_WITHOUT_RHI.error(name=user.name)


def _address(name: str, vip: Body) -> Address | str:
    value = vip[name]
    return parse_address(name, value) if value["type"] in FAMILIES else str(value["addr"])


def _changed(what: str, vip: Body) -> Exception:
    return Refusal.VIP_CHANGED.error(what=what, vip_id=vip["vip_id"])
