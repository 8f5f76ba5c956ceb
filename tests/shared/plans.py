"""Plans, live objects and what became of them, with defaults, for tests that need no tree and no Controller.

Objects of one owner share its name: `make_live("web", "Pool")` is the pool `north--shop-web` of the Gateway shop/web.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sync.kinds import KINDS
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.outcome import Outcome, SetState, WriteOutcome, WriteState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, Write
from tests.shared.builders import markers

DIGEST = "3844249bf9ae00112233445566778899"
METHODS: Mapping[Action, tuple[Method, ...]] = {
    Action.CREATE: (Method.POST,),
    Action.UPDATE: (Method.PUT,),
    Action.REPLACE: (Method.DELETE, Method.POST),
    Action.DELETE: (Method.DELETE,),
    Action.ADOPT: (Method.PUT,),
    Action.RELEASE: (Method.PUT,),
}


def make_owner(name: str = "web", namespace: str = "shop") -> Owner:
    """A Gateway."""
    return Owner(kind=OwnerKind.GATEWAY, namespace=namespace, name=name)


def make_key(name: str = "web", kind: str = "VirtualService", *, tenant: str = "admin", suffix: str = "") -> ObjectKey:
    """The key of an object of the Gateway shop/`name`."""
    cloud = "Default-Cloud" if KINDS[kind].has_cloud else ""
    return ObjectKey(kind=kind, tenant=tenant, cloud=cloud, name=f"north--shop-{name}{suffix}")


def make_live(
    name: str = "web",
    kind: str = "VirtualService",
    *,
    tenant: str = "admin",
    suffix: str = "",
    ownership: Ownership = Ownership.OURS,
    marks: Mapping[str, str] | None = None,
    **body: Any,
) -> LiveObject:
    """An object of the Gateway shop/`name`, ours unless told otherwise."""
    key = make_key(name, kind, tenant=tenant, suffix=suffix)
    is_ours = ownership is Ownership.OURS
    uuid = f"{KINDS[kind].path}-{tenant}-{key.name}"
    return LiveObject(
        key=key,
        uuid=uuid,
        body={"uuid": uuid, "name": key.name, "markers": markers(**(marks or {})), **body},
        ownership=ownership,
        owner=make_owner(name) if is_ours else None,
        owner_name=f"north--shop-{name}" if is_ours else "",
    )


def make_pool(name: str = "web", number: int = 2, **arguments: Any) -> LiveObject:
    """A live pool with so many servers."""
    return make_live(name, "Pool", servers=servers(number), **arguments)


def servers(number: int) -> list[dict[str, Any]]:
    """So many servers."""
    return [{"ip": {"addr": f"192.0.2.{each + 1}", "type": "V4"}, "port": 8080} for each in range(number)]


def live_of(*items: LiveObject) -> LiveState:
    """These objects."""
    return LiveState(objects={item.key: item for item in items})


def live_services(*names: str) -> LiveState:
    """The VirtualServices of these Gateways."""
    return live_of(*(make_live(name) for name in names))


def make_change(
    action: Action,
    name: str = "web",
    kind: str = "VirtualService",
    *,
    tenant: str = "admin",
    suffix: str = "",
    fields: Iterable[str] = (),
    is_disruptive: bool | None = None,
) -> Change:
    """A change of an object of the Gateway shop/`name`; a delete and a replace break connections."""
    breaks = action in (Action.DELETE, Action.REPLACE)
    return Change(
        action=action,
        key=make_key(name, kind, tenant=tenant, suffix=suffix),
        owner=make_owner(name),
        reason="changed",
        fields=tuple(FieldChange(path=path, before=1, after=2) for path in fields),
        is_disruptive=breaks if is_disruptive is None else is_disruptive,
    )


def make_write(
    method: Method,
    key: ObjectKey | None = None,
    *,
    uuid: str = "",
    body: Mapping[str, Any] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Write:
    """A request for an object of the Gateway shop/web."""
    return Write(method=method, key=key or make_key(), owner=make_owner(), uuid=uuid, body=body, seen=seen)


def writes_of(change: Change, body: Mapping[str, Any] | None = None) -> tuple[Write, ...]:
    """The requests of a change."""
    return tuple(
        Write(method=method, key=change.key, owner=change.owner, body=None if method is Method.DELETE else body or {})
        for method in METHODS[change.action]
    )


def make_set(*changes: Change, bodies: Mapping[ObjectKey, Mapping[str, Any]] | None = None) -> ChangeSet:
    """One change set of these changes, with their requests."""
    return ChangeSet(
        owners=tuple(dict.fromkeys(change.owner for change in changes)),
        changes=changes,
        writes=tuple(write for change in changes for write in writes_of(change, (bodies or {}).get(change.key))),
    )


def make_plan_of(
    *changes: Change,
    bodies: Mapping[ObjectKey, Mapping[str, Any]] | None = None,
    switched_off: Iterable[Owner] = (),
    digest: str = DIGEST,
) -> Plan:
    """A plan of these changes, a set for each owner."""
    by_owner: dict[Owner, list[Change]] = defaultdict(list)
    for change in changes:
        by_owner[change.owner].append(change)
    return Plan(
        commit="c0ffee",
        change_sets=tuple(make_set(*items, bodies=bodies) for items in by_owner.values()),
        unchanged=0,
        foreign=(),
        held=(),
        problems=(),
        digest=digest,
        switched_off=tuple(switched_off),
    )


def make_outcome(
    change_set: ChangeSet, *ends: WriteState, state: SetState = SetState.APPLIED, said: str = "", **fields: Any
) -> Outcome:
    """A set whose writes ended so, all applied unless told otherwise."""
    states = ends or (WriteState.APPLIED,) * len(change_set.writes)
    writes = zip(change_set.writes, states, strict=True)
    return Outcome(
        change_set=change_set,
        state=state,
        writes=tuple(WriteOutcome(write=write, state=end) for write, end in writes),
        said=said,
        **fields,
    )
