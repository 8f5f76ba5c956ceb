"""A perfect Controller without HTTP: applies the writes of a plan, and completes what a real one completes."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sync.avi.references import Reference, parse_reference
from sync.avi.schema import SCHEMA
from sync.config import read_settings
from sync.controller.live import live_object
from sync.desired import Source, make_desired
from sync.kinds import KINDS
from sync.model.desired import DesiredState, ObjectKey
from sync.model.facts import Facts
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Method, Plan, Write
from sync.model.source import Snapshot, SourceFile
from sync.plan.make import make_plan
from sync.source.manifests import parse_manifests
from sync.template_files import read_templates
from sync.translate.names import Names
from tests.shared.builders import make_options
from tests.shared.tree import GATEWAY_CLASS, VALUES, Manifest

NAMES = Names(cluster="test")


def desired_for(*manifests: Manifest, values: Manifest = VALUES, facts: Facts | None = None) -> DesiredState:
    """What some manifests ask for."""
    return desired_for_files({"all.yaml": [GATEWAY_CLASS, *manifests], "values.yaml": [values]}, facts=facts)


def desired_for_files(
    files: Mapping[str, Iterable[Manifest]], commit: str = "c0ffee", facts: Facts | None = None
) -> DesiredState:
    """What a tree of files requests."""
    texts = {path: yaml.safe_dump_all(items).encode() for path, items in files.items()}
    return desired_of_texts(texts, commit=commit, facts=facts)


def desired_of_texts(files: Mapping[str, bytes], commit: str = "c0ffee", facts: Facts | None = None) -> DesiredState:
    """What a tree requests, file by file as it is written."""
    found_files = tuple(SourceFile(path=path, content=content) for path, content in sorted(files.items()))
    snapshot = Snapshot(location="tree", commit=commit, files=found_files)
    settings, problems = read_settings(snapshot, max_aliases=1000)
    resources, found = parse_manifests(snapshot, exclude=(), max_aliases=1000)
    source = Source(
        snapshot=snapshot,
        settings=settings,
        resources=resources,
        templates=read_templates(snapshot),
        problems=(*problems, *found),
    )
    return make_desired(source, facts)


def plan_for(
    live: LiveState, *manifests: Manifest, values: Manifest = VALUES, facts: Facts | None = None, **options: Any
) -> Plan:
    """The plan for some manifests."""
    return make_plan(desired_for(*manifests, values=values, facts=facts), live, make_options(**options))


def converged(*manifests: Manifest, values: Manifest = VALUES, facts: Facts | None = None) -> "PerfectController":
    """A Controller on which some manifests are live."""
    controller = PerfectController()
    controller.apply(plan_for(controller.live, *manifests, values=values, facts=facts))
    return controller


class PerfectController:
    """Holds objects, and refuses what a Controller refuses.

    Every reference must exist when it is written, nothing that is referred to may be deleted, a name must be free, and
    no two VsVips have one address or DNS name. An address that nobody requests is the lowest free one.
    `names` are those of others' objects by uuid, of all types; an object that is not there has a uuid of its name.
    """

    def __init__(self, names: Mapping[str, str] | None = None, *, has_dns: bool = True) -> None:
        self.live = LiveState()
        self._has_dns = has_dns
        self._made = 0
        self._names = names or {}

    def apply(self, plan: Plan) -> None:
        """All writes of the plan, set by set."""
        for change_set in plan.change_sets:
            for write in change_set.writes:
                self._write(write)

    def put(self, body: Mapping[str, Any], kind: str, tenant: str = "admin") -> None:
        """Somebody else creates an object."""
        key = ObjectKey(kind=kind, tenant=tenant, cloud="Default-Cloud", name=str(body["name"]))
        found = self._stored(key, body, f"{kind.lower()}-theirs-{body['name']}")
        self.live = LiveState(objects={**self.live.objects, found.key: found})

    def _write(self, write: Write) -> None:
        objects = dict(self.live.objects)
        if write.method is Method.DELETE:
            assert objects[write.key].uuid == write.uuid
            gone = objects.pop(write.key)
            for other in objects.values():
                assert gone.uuid not in _uuids(other.body), f"{other.key} refers to {gone.key}"
        else:
            assert (write.key in objects) == (write.method is Method.PUT), f"{write.method} {write.key}"
            self._check_references(write)
            self._made += write.method is Method.POST
            uuid = write.uuid or f"{write.key.kind.lower()}-{self._made}"
            objects[write.key] = self._stored(write.key, write.body or {}, uuid)
            self._check_exclusive(objects[write.key])
        self.live = LiveState(objects=objects)

    def _check_exclusive(self, item: LiveObject) -> None:
        for other in self.live:
            if other.key.kind == item.key.kind == "VsVip" and other.key != item.key:
                shared = _addresses(item.body) & _addresses(other.body) if _space(item) == _space(other) else set()
                shared |= _fqdns(item.body) & _fqdns(other.body) if self._has_dns else set()
                assert not shared, f"{item.key} and {other.key} both have {shared}"

    def _check_references(self, write: Write) -> None:
        ours = {kind.path: kind.name for kind in KINDS.values()}
        for reference in _references(write.body):
            if reference.type in ours:
                known = [k for k in self.live.objects if k.kind == ours[reference.type] and k.name == reference.name]
                assert known, f"{write.key} refers to {reference}, which is not there"

    def _stored(self, key: ObjectKey, body: Mapping[str, Any], uuid: str) -> LiveObject:
        """As a GET with include_name shows it: references as URLs, defaults filled in, an address allocated."""
        shown = self._shown({**_defaults(key.kind), **body})
        shown |= {
            "uuid": uuid,
            "url": f"https://c/api/{KINDS[key.kind].path}/{uuid}#{key.name}",
            "tenant_ref": f"https://c/api/tenant/{key.tenant}#{key.tenant}",
            "_last_modified": "1",
        }
        if KINDS[key.kind].has_cloud:
            shown.setdefault("cloud_ref", "https://c/api/cloud/cloud-1#Default-Cloud")
        if "vrf_context_ref" in KINDS[key.kind].managed:
            vrf = str(shown.get("tier1_lr") or "global").rpartition("/")[2]  # a T1 router has a VRF of its own
            shown.setdefault("vrf_context_ref", f"https://c/api/vrfcontext/vrfcontext-{vrf}#{vrf}")
        for number, vip in enumerate(shown.get("vip", [])):
            if "ip_address" not in vip and "ip6_address" not in vip:
                vip["ip_address"] = {"addr": self._free_address(shown, number), "type": "V4"}
            vip["avi_allocated_vip"] = True
        return live_object(shown, KINDS[key.kind], NAMES)

    def _free_address(self, body: Mapping[str, Any], number: int) -> str:
        found = live_object(body, KINDS["VsVip"], NAMES)
        taken = {address for other in self.live if _space(other) == _space(found) for address in _addresses(other.body)}
        free = (f"10.10.10.{last}" for last in range(1, 255))
        return [address for address in free if address not in taken][number]

    def _shown(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key == "name" else self._shown(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._shown(item) for item in value]
        if isinstance(value, str) and value.startswith("/api/") and (reference := parse_reference(value)) is not None:
            uuid, name = self._identity(reference)
            return f"https://c/api/{reference.type}/{uuid}#{name}"
        return value

    def _identity(self, reference: Reference) -> tuple[str, str]:
        """The uuid and the name of what is referred to."""
        if reference.uuid:
            return reference.uuid, self._names.get(reference.uuid) or reference.name
        ours = [item.uuid for item in self.live if _is(item, reference.type, reference.name)]
        theirs = [uuid for uuid, name in self._names.items() if name == reference.name]
        return next(iter((*ours, *theirs)), f"{reference.type}-of-{reference.name}"), reference.name


def _space(item: LiveObject) -> tuple[str, str]:
    """Within what addresses are unique, on a Controller: each T1 router has a VRF of its own."""
    return item.key.cloud, str(item.body.get("vrf_context_ref", "")).partition("#")[2]


def _addresses(body: Mapping[str, Any]) -> set[str]:
    return {vip[name]["addr"] for vip in body.get("vip", ()) for name in ("ip_address", "ip6_address") if name in vip}


def _fqdns(body: Mapping[str, Any]) -> set[str]:
    return {record["fqdn"].lower() for record in body.get("dns_info", ())}


def _is(item: LiveObject, type_name: str, name: str) -> bool:
    return KINDS[item.key.kind].path == type_name and item.key.name == name


def _defaults(kind: str) -> dict[str, Any]:
    return {name: field.default for name, field in SCHEMA[kind].items() if field.default is not None}


def _references(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [found for key, item in value.items() if key != "name" for found in _references(item)]
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    found = parse_reference(value) if isinstance(value, str) and "/api/" in value else None
    return [found] if found else []


def _uuids(value: Any) -> set[str]:
    return {reference.uuid for reference in _references(value)}
