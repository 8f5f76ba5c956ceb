"""References between objects: every form that clients send, resolved to what is stored.

Forms (API notes 2.5; recorded or seen in AKO, Terraform, Ansible): an absolute URL of any host with or without
`#name`, `/api/<type>/<uuid>`, `/api/<type>?name=` with or without a slash before the question mark, the portable
`/api/<type>/?tenant=&name=&cloud=` of a configuration export, and (inferred) a bare uuid.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from sync.emulator.errors import Refusal
from sync.emulator.schema import Message, Schema
from sync.emulator.store import MARK, Entry, Store, reference
from sync.emulator.tenancy import Scope, is_visible

# (type, uuid or None, name or None, cloud uuid or None) → a new object, or None if it is missing on purpose.
Assume = Callable[[Message, str | None, str | None, str | None], Entry | None]

# Checked by what they are used for instead of by the generic layer (AKO constants.go:215-220).
REFUSED_WITH_400 = frozenset({"Network", "VrfContext"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference as it was written: to a uuid, or to a name in perhaps another tenant or cloud."""

    path: str | None
    uuid: str | None = None
    name: str | None = None
    tenant: str | None = None
    cloud: str | None = None


@lru_cache(maxsize=8192)
def parse_reference(text: str) -> Reference | None:
    """The parts of a reference in any accepted form; None if it is none."""
    text = text.removeprefix(MARK)
    if text.startswith(("http://", "https://")):
        text = text[text.find("/", 8) :] if text.find("/", 8) > 0 else ""
    while text.startswith("//"):
        text = text[1:]
    if not text.startswith("/api/"):
        return Reference(path=None, uuid=text) if text and "/" not in text else None
    place, _, query = text[len("/api/") :].partition("?")
    if query:
        parts = dict(part.partition("=")[::2] for part in query.split("&"))
        return Reference(
            path=place.strip("/").lower(),
            name=unquote(parts["name"]) if parts.get("name") else None,
            uuid=parts.get("uuid"),
            tenant=unquote(parts["tenant"]) if parts.get("tenant") else None,
            cloud=unquote(parts["cloud"]) if parts.get("cloud") else None,
        )
    path, _, uuid = place.partition("/")
    return Reference(path=path.lower(), uuid=uuid.partition("#")[0].strip("/") or None)


class Resolver:
    """Finds what an object refers to, as seen from its tenant and cloud."""

    def __init__(self, store: Store, schema: Schema, scope: Scope, assume: Assume) -> None:
        self._store = store
        self._schema = schema
        self._scope = scope
        self._assume = assume
        self.cloud: str | None = None  # uuid of the referring object's cloud, once that is known

    def stored_form(self, field: str, target: str, text: str) -> str:
        """The reference as it is stored; a refusal if it is none, or of another type, or points to nothing."""
        found = self.find(field, target, text)
        return reference(found.path, found.uuid)

    def find(self, field: str, target: str, text: str) -> Entry:
        """The object that the reference in `field` points to."""
        wanted = parse_reference(text)
        message = self._schema.messages[target]
        if wanted is None or (wanted.uuid is None and wanted.name is None):
            raise Refusal.BAD_FIELD.error(field=field, reason=f"{text} is not a reference")
        if wanted.path not in (None, message.path):
            raise Refusal.BAD_FIELD.error(field=field, reason=f"{text} is not a reference to a {target}")
        found = self._lookup(message, wanted)
        if found is None and wanted.path is not None:
            found = self._assume(message, wanted.uuid, wanted.name, self._cloud_of(wanted))
        if found is None:
            refusal = Refusal.NETWORK_OR_VRF_NOT_FOUND if target in REFUSED_WITH_400 else Refusal.REFERENCE_NOT_FOUND
            raise refusal.error(model=target)
        return found

    def by_name(self, target: str, name: str) -> Entry | None:
        """The object of that name, if there is one."""
        message = self._schema.messages[target]
        return self._lookup(message, Reference(path=message.path, name=name))

    def _lookup(self, message: Message, wanted: Reference) -> Entry | None:
        path = message.path or ""
        if wanted.uuid is not None:
            found = self._store.get(path, wanted.uuid)
            return found if found is not None and is_visible(found, self._scope) else None
        cloud = self._cloud_of(wanted) if message.has_cloud else None
        found = None
        for entry in self._store.named(path, wanted.name or ""):
            if (cloud is None or entry.cloud in (None, cloud)) and self._is_meant(entry, wanted):
                if entry.tenant == self._scope.tenant:
                    return entry
                found = found or entry
        return found

    def _is_meant(self, entry: Entry, wanted: Reference) -> bool:
        """Whether the referring tenant sees the object and, if a tenant is named, that one does, too."""
        if not is_visible(entry, self._scope):
            return False
        if wanted.tenant is None:
            return True
        return any(is_visible(entry, Scope(tenant.uuid)) for tenant in self._store.named("tenant", wanted.tenant))

    def _cloud_of(self, wanted: Reference) -> str | None:
        if wanted.cloud is None:
            return self.cloud
        clouds = self._store.named("cloud", wanted.cloud)
        return clouds[0].uuid if clouds else wanted.cloud
