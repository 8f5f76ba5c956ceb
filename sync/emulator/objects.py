"""Create, replace, patch and delete: the way of every object into the store and out of it."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from enum import Enum, auto

from sync.emulator.allocation import Addresses
from sync.emulator.assumed import assumed_body
from sync.emulator.context import Context
from sync.emulator.domains import Names
from sync.emulator.errors import Refusal
from sync.emulator.normal_form import NormalForm, keep_secrets
from sync.emulator.patches import patched
from sync.emulator.references import Resolver
from sync.emulator.rules import complete, verbose_name
from sync.emulator.schema import IDENTITY, Body, Message, Schema
from sync.emulator.seed import Facts
from sync.emulator.services import check_users
from sync.emulator.sessions import portal_configuration
from sync.emulator.store import Entry, Store, make_entry, reference, uuid_of
from sync.emulator.tenancy import ADMIN, Scope, is_visible
from sync.emulator.versions import Version, underscored
from sync.emulator.vsvip import fill_vip_ids

CLOUD = "cloud_ref"
DEFAULT_CLOUD = "Default-Cloud"
LONGEST_NAME = 256  # 20.1.6 and later (avidevops show_object_name_more_than_256_chars.py)
SLUG = re.compile(r"[A-Za-z0-9._:-]{1,255}")
SINGLETONS = frozenset({"systemconfiguration"})  # one object, at the path itself
# Clouds whose networks are subnets, known by their id alone; VIPs name them by it (recorded for AWS, full.json).
SUBNET_CLOUDS = frozenset({"CLOUD_AWS", "CLOUD_AZURE", "CLOUD_GCP", "CLOUD_OPENSTACK"})
# What a body is given before it is checked, where the Controller demands less than the schema says.
PREPARED: Mapping[str, Callable[[object], object]] = {"VsVip": fill_vip_ids}
# What a new cloud comes with (full export, 20.1.6: both clouds of it have these).
PARTS_OF_CLOUD: tuple[tuple[str, Body], ...] = (
    ("VrfContext", {"name": "global", "system_default": True}),
    ("VrfContext", {"name": "management", "system_default": True}),
    ("ServiceEngineGroup", {"name": "Default-Group"}),
)


class Origin(Enum):
    """Who made an object. What the system made cannot be deleted; discovered networks may share a name.

    Only what clients write is held to the license.

    Networks of one name in one cloud: AKO CHANGELOG.md:392, :407.
    """

    CLIENT = auto()
    SEED = auto()
    SYSTEM = auto()
    DISCOVERY = auto()


class Objects:
    """Writes objects. Every write is one transaction; a refusal leaves nothing behind."""

    def __init__(self, store: Store, schema: Schema, facts: Facts, *, name_hold_seconds: float = 0) -> None:
        self._store = store
        self._name_hold_seconds = name_hold_seconds
        self._held_names: dict[tuple[str, str, str | None, str | None], float] = {}  # until when, on the steady clock
        self._schema = schema
        self._facts = facts
        self._addresses = Addresses()
        self._names = Names()
        store.watch("vsvip", self._addresses.changed)
        store.watch("vsvip", self._names.changed)

    def create(
        self,
        message: Message,
        raw: object,
        scope: Scope,
        *,
        requested: Version | None = None,
        slug: str | None = None,
        origin: Origin = Origin.CLIENT,
    ) -> Entry:
        """Store a new object of the tenant and return it as stored; `slug` is the uuid that the client wants."""
        tenant = _tenant_to_write(message, scope)
        with self._store.transaction():
            slug = slug or self._uuid_from_input(raw)
            if slug and (not SLUG.fullmatch(slug) or self._store.get(message.path or "", slug)):
                raise Refusal.BAD_FIELD.error(field="uuid", reason=f"{slug} cannot be used")
            new_uuid = slug or f"{message.path}-{uuid.uuid4()}"
            entry = self._write(message, raw, Scope(tenant), requested, new_uuid, None, origin)
            if message.name == "Cloud":
                self._create_parts(entry)
        return entry

    def replace(
        self,
        live: Entry,
        raw: object,
        scope: Scope,
        *,
        requested: Version | None = None,
        origin: Origin = Origin.CLIENT,
    ) -> Entry:
        """Store the body in place of the live one: what is not sent returns to its default."""
        with self._store.transaction():
            current = self._for_writing(live, scope)
            sent = raw.get("_last_modified") if isinstance(raw, dict) else None
            if sent is not None and str(sent) != current.body["_last_modified"]:
                raise Refusal.STALE.error(model=live.message.name)
            body = merged(current.body, raw) if current.path in SINGLETONS else raw
            return self._rewrite(current, body, requested, origin)

    def patch(self, live: Entry, raw: object, scope: Scope, *, requested: Version | None = None) -> Entry:
        """Store what the patch makes of the live body."""
        with self._store.transaction():
            current = self._for_writing(live, scope)
            _check_age(live.message, raw, requested)
            return self._rewrite(current, self._patched(current, raw), None, Origin.CLIENT)

    def _patched(self, live: Entry, patch: object) -> Body:
        resolver = Resolver(self._store, self._schema, Scope(live.tenant or ADMIN), self.assume)
        resolver.cloud = live.cloud
        normal = NormalForm(self._schema, resolver.stored_form, None, is_partial=True)
        return patched(live.body, patch, lambda name, entries: normal.entries(live.message, name, entries))

    def delete(self, live: Entry, scope: Scope) -> None:
        """Forget an object that nothing refers to."""
        with self._store.transaction():
            current = self._for_writing(live, scope)
            if current.is_system:
                raise Refusal.SYSTEM_DEFAULT.error()
            going = {entry.key: entry for entry in (*self._parts(current), current)}
            found = {other.key: other for entry in going.values() for other in self._store.referrers(entry)}
            referrers = [other for key, other in found.items() if key not in going]
            if referrers:
                names = [f"{other.message.name} {other.name}" for other in referrers]
                refusal = Refusal.CLOUD_REFERRED_BY if current.path == "cloud" else Refusal.REFERRED_BY
                raise refusal.error(referrers=names, extra={"obj_name": current.name})
            for entry in going.values():
                self._store.remove(entry)
                self._hold_name(entry)

    def _hold_name(self, entry: Entry) -> None:
        """Keep the name of what is deleted for a while (reported: terraform-provider-avi #606)."""
        if self._name_hold_seconds:
            now = time.monotonic()
            self._held_names = {place: until for place, until in self._held_names.items() if until > now}
            place = (entry.path, entry.name, entry.tenant, entry.cloud)
            self._held_names[place] = now + self._name_hold_seconds

    def assume(self, message: Message, wanted: str | None, name: str | None, cloud: str | None) -> Entry | None:
        """An infrastructure object that was looked up and not found, if the seed says that such objects exist."""
        key = f"{message.path}/{name or wanted}"
        if not self._facts.assume_exists or key in self._facts.missing or key in self._facts.seeded:
            return None
        if wanted is not None and self._is_of_own_making(message, wanted):
            return None  # the object is gone
        body = assumed_body(self._schema, message, name or wanted or "")
        if body is None:
            return None
        if message.has_cloud:
            body[CLOUD] = reference("cloud", cloud or self._default_cloud().uuid)
        if message.path == "network" and self._facts.vtype in SUBNET_CLOUDS and SLUG.fullmatch(body["name"]):
            wanted = wanted or body["name"]
        if message.path == "network" and body["name"] in self._facts.network_vrf:
            body["vrf_context_ref"] = f"/api/vrfcontext?name={self._facts.network_vrf[body['name']]}"
        return self.create(message, body, Scope(ADMIN), slug=wanted, origin=Origin.SEED)

    def _is_of_own_making(self, message: Message, object_uuid: str) -> bool:
        """Whether the emulator makes such uuids itself; those of port groups end with the uuid of their cloud."""
        clouds = tuple(cloud.uuid for cloud in self._store.all("cloud"))
        return object_uuid.startswith(f"{message.path}-") or object_uuid.endswith(clouds)

    def _for_writing(self, entry: Entry, scope: Scope) -> Entry:
        """The object as it is now, if the tenant may change it."""
        current = self._store.get(entry.path, entry.uuid)
        if current is None or not is_visible(current, scope):
            raise Refusal.NOT_FOUND.error(model=entry.message.name)
        if scope.tenant is not None and current.tenant not in (None, scope.tenant):
            raise Refusal.CANNOT_MODIFY.error(model=entry.message.name, name=entry.name)
        return current

    def _rewrite(self, live: Entry, raw: object, requested: Version | None, origin: Origin) -> Entry:
        scope = Scope(live.tenant or ADMIN)
        kept = Origin.SYSTEM if live.is_system else origin
        return self._write(live.message, raw, scope, requested, live.uuid, live, kept)

    def _uuid_from_input(self, raw: object) -> str | None:
        """The uuid in a body, if the system configuration lets clients choose it so (swagger 30.2.1)."""
        portal = portal_configuration(self._store)
        given = raw.get("uuid") if isinstance(raw, dict) and portal.get("use_uuid_from_input") else None
        return given if isinstance(given, str) and given else None

    def _write(
        self,
        message: Message,
        raw: object,
        scope: Scope,
        requested: Version | None,
        object_uuid: str,
        live: Entry | None,
        origin: Origin,
    ) -> Entry:
        resolver = Resolver(self._store, self._schema, scope, self.assume)
        resolver.cloud = self._cloud(message, raw, resolver, live)
        prepared = PREPARED[message.name](raw) if message.name in PREPARED else raw
        is_free = origin is not Origin.CLIENT
        draft = NormalForm(self._schema, resolver.stored_form, requested, is_free=is_free, uuid=object_uuid).of(
            message, prepared, live=live.body if live else {}
        )
        if live is not None and message.secrets:
            keep_secrets(self._schema, message, draft, live.body)
        draft = self._identified(message, draft, object_uuid, scope, resolver.cloud)
        if origin is not Origin.DISCOVERY and (live is None or live.name != draft.get("name")):
            self._check_name(message, draft, scope, resolver.cloud)
        complete(
            Context(
                message=message,
                uuid=object_uuid,
                cloud=resolver.cloud,
                draft=draft,
                live=live,
                store=self._store,
                resolver=resolver,
                addresses=self._addresses,
                names=self._names,
                facts=self._facts,
            )
        )
        draft["_last_modified"] = self._store.next_last_modified()
        if "configpb_attributes" in message.fields:
            written = live.body.get("configpb_attributes", {}).get("version", 0) if live else 0
            draft["configpb_attributes"] = {"version": written + 1}
        entry = make_entry(message, draft, is_system=origin is Origin.SYSTEM)
        self._check_clouds(entry)
        self._store.put(entry)
        check_users(self._store, entry, live)
        return entry

    def _check_clouds(self, entry: Entry) -> None:
        """What belongs to a cloud refers to what belongs to the same one, or to none."""
        for key in sorted(entry.refers_to) if entry.cloud is not None else ():
            path, _, target_uuid = key.partition("/")
            target = self._store.get(path, target_uuid)
            if target is not None and target.cloud not in (None, entry.cloud):
                raise Refusal.CLOUD_DIFFERS.error(name=entry.name, what=path, other=target.name)

    def _cloud(self, message: Message, raw: object, resolver: Resolver, live: Entry | None) -> str | None:
        """The cloud of the object: the one it has, the one it names, or the default one."""
        if message.path == "cloud":
            return None
        given = raw.get(CLOUD) if isinstance(raw, dict) and message.has_cloud else None
        named = resolver.find(CLOUD, "Cloud", given).uuid if isinstance(given, str) and given else None
        if live is not None and live.cloud is not None:
            if named not in (None, live.cloud):
                raise Refusal.IMMUTABLE.error(field=CLOUD, model=message.name)
            return live.cloud
        if not message.has_cloud:
            return None
        return named or self._default_cloud().uuid

    def _default_cloud(self) -> Entry:
        named = self._store.named("cloud", DEFAULT_CLOUD)
        return named[0] if named else self._store.all("cloud")[0]

    def _identified(self, message: Message, draft: Body, object_uuid: str, scope: Scope, cloud: str | None) -> Body:
        """The draft with its identity in front, as answers show it."""
        identity: Body = {"url": reference(message.path or "", object_uuid), "uuid": object_uuid}
        if message.path in SINGLETONS:
            identity["url"] = f"{reference(message.path or '', '')}".rstrip("/")
        if "name" in draft:
            identity["name"] = draft["name"]
            if len(draft["name"]) > LONGEST_NAME:
                raise Refusal.BAD_FIELD.error(field="name", reason=f"it is longer than {LONGEST_NAME} characters")
        if message.has_tenant:
            tenant = reference("tenant", scope.tenant or ADMIN)
            if draft.get("tenant_ref", tenant) != tenant:
                given = self._store.entry(draft["tenant_ref"]).name
                raise Refusal.TENANT_DIFFERS.error(given=given, tenant=self._store.entry(tenant).name)
            identity["tenant_ref"] = tenant
        if message.has_cloud and cloud is not None:
            identity[CLOUD] = reference("cloud", cloud)
        return {**identity, **draft, **identity}

    def _check_name(self, message: Message, draft: Body, scope: Scope, cloud: str | None) -> None:
        """Names are unique per tenant and, where the type has one, cloud."""
        name = draft.get("name")
        held_until = self._held_names.get(
            (message.path or "", name or "", uuid_of(draft.get("tenant_ref")), cloud), 0.0
        )
        if time.monotonic() < held_until:
            raise Refusal.DUPLICATE_NAME.error(verbose=verbose_name(message.name), labels=_unique_labels(message))
        for other in self._store.named(message.path or "", name) if name else ():
            same_place = other.tenant in (None, scope.tenant) and other.cloud in (None, cloud)
            if same_place and other.uuid != draft["uuid"]:
                raise Refusal.DUPLICATE_NAME.error(verbose=verbose_name(message.name), labels=_unique_labels(message))

    def _parts(self, entry: Entry) -> list[Entry]:
        """What is deleted with a cloud."""
        if entry.path != "cloud":
            return []
        return [other for other in self._store.referrers(entry) if other.is_system]

    def _create_parts(self, cloud: Entry) -> None:
        for type_name, body in PARTS_OF_CLOUD:
            message = self._schema.messages[type_name]
            if f"{message.path}/{body['name']}" not in self._facts.missing:
                raw = {**body, CLOUD: reference("cloud", cloud.uuid)}
                self.create(message, raw, Scope(ADMIN), origin=Origin.SYSTEM)


def merged(live: object, sent: object) -> object:
    """What a PUT makes of a singleton: what it does not name stays, however deep (recorded, test_user_login#5)."""
    if not isinstance(live, dict) or not isinstance(sent, dict):
        return sent
    return {**live, **{name: merged(live.get(name), value) for name, value in sent.items()}}


def _unique_labels(message: Message) -> str:
    """The fields that say which object it is: `Name, Tenant ref and Cloud ref`."""
    if not message.has_tenant:
        return "Name"
    return "Name, Tenant ref and Cloud ref" if message.has_cloud else "Name and Tenant ref"


def _tenant_to_write(message: Message, scope: Scope) -> str:
    """The tenant of a new object; it must be named, unless objects of the type belong to none (inferred)."""
    if scope.tenant is None and message.has_tenant:
        raise Refusal.WRITE_TO_ALL_TENANTS.error(method="POST")
    return scope.tenant or ADMIN


def _check_age(message: Message, patch: object, requested: Version | None) -> None:
    """Refuse a patch of a field that is newer than the request; the fields that it leaves alone may be."""
    parts = patch.values() if isinstance(patch, dict) and requested is not None else ()
    for name in {name for part in parts if isinstance(part, dict) for name in part} & message.fields.keys():
        since = message.fields[name].since
        if requested is not None and since > requested and name not in IDENTITY:
            raise Refusal.FIELD_TOO_NEW.error(requested=underscored(requested), field=name, since=underscored(since))
