"""What the Controller refuses, and in which words.

Clients match substrings of these texts, so each row says how sure we are of it. Evidence: *recorded* from a real
Controller, *client* = an official client depends on it, *reported* = a user quoted it, *inferred* = our choice.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class RefusedError(Exception):
    """An answer other than success; whatever the request had begun is undone."""

    def __init__(self, status: int, body: dict[str, Any] | str) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


LONGEST_PLACE = 256  # that of a name (objects.py)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One refusal: its status, its text with places to fill in, the JSON key it stands under, where we know it from."""

    status: int
    text: str
    evidence: str
    key: str | None = "error"  # None: the bare text is the whole body


class Refusal(Enum):
    """The refusals that the emulator knows."""

    # Login, session, tenant, version.
    BAD_CREDENTIALS = Wording(status=401, text="Invalid credentials", evidence="client: AKO dequeue_nodes.go:249")
    NOT_LOGGED_IN = Wording(
        status=401, text="Authentication credentials were not provided.", key="detail", evidence="inferred: DRF"
    )
    BAD_CSRF = Wording(
        status=401,
        text="CSRF token missing or incorrect.",
        key=None,
        evidence="recorded: alb-sdk test_retry_unauth_api, 20.1.1",
    )
    NO_REFERER = Wording(
        status=401, text="Referer checking failed - no Referer.", key=None, evidence="inferred: Django"
    )
    NO_SUCH_TENANT = Wording(
        status=403, text="Tenant '{tenant}' does not exist!", evidence="client: AKO constants.go:221"
    )
    WRITE_TO_ALL_TENANTS = Wording(
        status=400,
        text="{method} is not allowed for all tenants at once, name one in X-Avi-Tenant",
        evidence="inferred",
    )
    TENANT_DIFFERS = Wording(
        status=400, text="tenant_ref {given} is not the tenant of the request, {tenant}", evidence="inferred"
    )
    BAD_VERSION = Wording(
        status=400,
        text="Invalid version {version}: this Controller serves 16.4.2 to {served}",
        evidence="client: avisdk get_object_by_name matches 'Invalid version'",
    )
    FIELD_TOO_NEW = Wording(
        status=400,
        text="Incoming request (v{requested}) has field ({field}) introduced in later versions(v{since}).",
        evidence="reported: terraform-provider-avi #123",
    )
    # The request as such.
    METHOD_NOT_ALLOWED = Wording(
        status=405,
        text="Method '{method}' not allowed.",
        key="detail",
        evidence="reported: terraform-provider-avi #593",
    )
    NO_SUCH_PATH = Wording(
        status=404,
        text="<html><head><title>404 Not Found</title></head><body>No such resource</body></html>",
        key=None,
        evidence="reported: terraform-provider-avi #506, a body that is no JSON",
    )
    NOT_JSON = Wording(status=400, text="JSON parse error - {reason}", key="detail", evidence="inferred: DRF")
    BAD_PARAMETER = Wording(status=400, text="Invalid value for parameter {name}: {value}", evidence="inferred")
    # Values of fields.
    BAD_FIELD = Wording(
        status=400, text="Field check for {field} failed : {reason}", evidence="reported: terraform-provider-avi #525"
    )
    BAD_MESSAGE = Wording(
        status=500,
        text='Bad pb: uuid: "{uuid}" name: "{name}" {field} {{ }}',
        evidence="reported: AKO #1648, 22.1.6; an empty part without the fields that it needs",
    )
    NOT_LICENSED = Wording(
        status=400,
        text="Field check for {field} failed : {value} is not allowed in the license tier of this Controller{allowed}",
        evidence="inferred; which values: swagger 30.2.1, 'Allowed in … edition'",
    )
    DUPLICATE_IN_LIST = Wording(
        status=400,
        text="Field check for {field} failed: Unique constraints {key} has duplicated value",
        evidence="reported: AKO CHANGELOG.md:468",
    )
    BAD_CERTIFICATE = Wording(
        status=400,
        text="Import error: {name} holds no certificate whose common_name can be read",
        evidence="client: AKO constants.go:248-249 knows 'Import error' and common_name; the status is inferred",
    )
    # Objects and what binds them.
    NOT_FOUND = Wording(status=404, text="{model} object not found!", evidence="client: AKO dequeue_nodes.go:921-996")
    REFERENCE_NOT_FOUND = Wording(
        status=404, text="{model} object not found!", evidence="client: AKO dequeue_nodes.go:946, PoolGroup"
    )
    NETWORK_OR_VRF_NOT_FOUND = Wording(
        status=400, text="{model} object not found", evidence="client: AKO constants.go:219-220, VsVip"
    )
    DUPLICATE_NAME = Wording(
        status=409,
        text="{verbose} with this {labels} already exists.",
        evidence="reported: 31.1.1, VrfContext; the rule behind it is inferred",
    )
    STALE = Wording(status=412, text="Need to reload object data {model}", evidence="client: AKO constants.go:146")
    CANNOT_MODIFY = Wording(
        status=400, text="Cannot modify {model} {name} of another tenant", evidence="client: AKO constants.go:216"
    )
    SYSTEM_DEFAULT = Wording(
        status=403,
        text="Cannot delete system default object",
        evidence="client: Ansible SKIP_DELETE_ERROR; the status is inferred",
    )
    REFERRED_BY = Wording(
        status=403, text="Cannot delete, object is referred by: {referrers}", evidence="client: AKO CRD operator"
    )
    CLOUD_REFERRED_BY = Wording(
        status=400, text="Cannot delete, object is referred by: {referrers}", evidence="reported: an NSX-T deployment"
    )
    IMMUTABLE = Wording(
        status=400,
        text="Field check for {field} failed : it cannot be changed once the {model} exists",
        evidence="inferred from 'optional,readonly' in the inventory guide",
    )
    # Virtual addresses.
    VIP_ID_CHANGED = Wording(
        status=400,
        text="Changing an existing VIP's vip_id is not supported",
        evidence="client: AKO constants.go:129",
    )
    VIPS_CHANGED = Wording(
        status=400,
        text="Addition or deletion of VIP {vip_ids} is not supported",
        evidence="documented: VIPs of a live VsVip, since 18.2.8; its wording is the guide's",
    )
    VIP_CHANGED = Wording(
        status=400,
        text="Cannot change {what} of VIP {vip_id}. If a new preferred IP is needed, please recreate the VIP",
        evidence="client: AKO constants.go:130",
    )
    NO_FREE_ADDRESS = Wording(
        status=400,
        text="No available free IPs",
        evidence="client: AKO constants.go:144; documented: creation fails if the static pool is empty",
    )
    OUTSIDE_NETWORK = Wording(
        status=400, text="IP {address} is not in a subnet of network {network}", evidence="inferred"
    )
    OUTSIDE_RANGES = Wording(
        status=400,
        text="IP {address} is not in the static ranges of network {network}",
        evidence="documented: an address comes from the static pool; the wording is inferred",
    )
    NO_SUCH_SUBNET = Wording(status=400, text="Network {network} has no subnet {subnet}", evidence="inferred")
    ADDRESS_IN_USE = Wording(status=400, text="IP {address} is already in use by VsVip {holder}", evidence="inferred")
    FOREIGN_DOMAIN = Wording(
        status=400,
        text="FQDN {fqdn} is not in a domain of the DNS profile of the cloud, {domains}",
        evidence="inferred; AKO reads the domains before it writes a name",
    )
    FQDN_IN_USE = Wording(status=400, text="FQDN {fqdn} is already in use by VsVip {holder}", evidence="inferred")
    LABELS_WITHOUT_RHI = Wording(
        status=400,
        text="VirtualService {name} must advertise its VIPs through BGP (enable_rhi) for bgp_peer_labels of its VsVip",
        evidence="inferred from AKO avi_obj_vsvip.go:156",
    )
    # Virtual services.
    VRF_DIFFERS = Wording(
        status=400, text="VRF Context for {name} and {what} {other} different", evidence="reported: alb-sdk #2659"
    )
    SE_GROUP_DIFFERS = Wording(
        status=400,
        text="Service engine group for {name} and virtualservice {other} on VsVip {vsvip} different",
        evidence="documented: VirtualServices of one VIP are placed together; the wording is inferred",
    )
    PROFILES_DIFFER = Wording(
        status=400,
        text="Application profile {application} of VirtualService {name} does not work on network profile {network}",
        evidence="documented: HTTP and SSL need TCP proxy; the wording is inferred",
    )
    LAYER4_PERSISTENCE = Wording(
        status=400,
        text="Cannot change {model} because of referred {cause}. "
        "Only clien-ip persistence is applicable for Layer-4 virtual service.",
        evidence="documented: quoted for a pool that a virtual service refers to",
    )
    SHARED = Wording(
        status=400,
        text="{what} {other} is used by VirtualService {holder}, VirtualService {name} cannot use it, too",
        evidence="documented: a pool of DNS and a pool group of layer 4 are not shared; the wording is inferred",
    )
    NO_CERTIFICATE = Wording(
        status=400,
        text="VirtualService {name} enables SSL without ssl_key_and_certificate_refs",
        evidence="documented: SSL needs a certificate; the wording is inferred",
    )
    CLOUD_DIFFERS = Wording(status=400, text="Cloud for {name} and {what} {other} different", evidence="inferred")
    PORT_IN_USE = Wording(
        status=400,
        text="Port {port} ({protocol}) of VirtualService {name} is taken by VirtualService {holder} on VsVip {vsvip}",
        evidence="inferred",
    )

    def error(self, *, extra: dict[str, Any] | None = None, **places: object) -> RefusedError:
        """The refusal with its places filled in and `extra` keys beside the text."""
        wording: Wording = self.value
        text = wording.text.format(**{name: _shortened(place) for name, place in places.items()})
        return RefusedError(wording.status, text if wording.key is None else {wording.key: text, **(extra or {})})


def _shortened(place: object) -> object:
    """What a text prints of something that a client wrote: names have their whole length, anything longer is cut."""
    if isinstance(place, str) and len(place) > LONGEST_PLACE:
        return f"{place[:LONGEST_PLACE]}…"
    return place


class FieldError(RefusedError):
    """A field whose value cannot be; that of a part names the way to it, `{"vh_matches":"{"path":"Field check …"}"}`.

    Reported with these quotes, which are not escaped: terraform-provider-avi #525.
    """

    def __init__(self, field: str, reason: str) -> None:
        wording: Wording = Refusal.BAD_FIELD.value
        text = wording.text.format(field=_shortened(field), reason=_shortened(reason))
        super().__init__(wording.status, {"error": text})
        self._way = f'{{"{field}":"{text}"}}'

    def within(self, part: str) -> "FieldError":
        """The same refusal, one part further out."""
        self._way = f'{{"{part}":"{self._way}"}}'
        self.body = {"error": self._way}
        return self
