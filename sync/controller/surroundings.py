"""Which objects refer to what a plan deletes, and whether what it refers to itself exists.

Read only for a plan that deletes, in a number of requests that does not grow with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.avi.references import Reference, parse_reference, uuids_in
from sync.controller.client import ControllerClient
from sync.controller.errors import NotFoundError, RefusedError
from sync.controller.facts import FORBIDDEN, IN_CLOUD, TENANT, lookups, missing_tenants
from sync.controller.threads import threads
from sync.kinds import KINDS, USERS, User
from sync.model.desired import ObjectKey
from sync.model.live import LiveState, Surroundings, UserObject
from sync.model.plan import ChangeSet, Method
from sync.plan.obstacles import new_references

_Body = Mapping[str, Any]


def read_surroundings(client: ControllerClient, sets: Sequence[ChangeSet], live: LiveState) -> Surroundings:
    """What these change sets depend on besides objects of our kinds; empty if they delete nothing."""
    users, unreadable_users = _users(client, sets)
    needed = [*new_references(sets, live)]
    lookup = _Lookup(client, needed)
    missing: dict[ObjectKey, tuple[str, ...]] = {}
    for key, reference in needed:
        if not lookup.has(key, reference):
            missing[key] = (*missing.get(key, ()), f'{reference.type} "{reference}"')
    return Surroundings(
        users=users,
        unreadable_users=unreadable_users,
        missing=missing,
        unreadable=lookup.unreadable,
    )


# --- what is used -----------------------------------------------------------------------------------------------------


def _users(client: ControllerClient, sets: Sequence[ChangeSet]) -> tuple[tuple[UserObject, ...], frozenset[str]]:
    """The objects that refer to deleted ones, and the types that may not be read."""
    going = {write.uuid: write.key for item in sets for write in item.writes if write.method is Method.DELETE}
    types = sorted({path for key in going.values() for path in KINDS[key.kind].used_by})
    if not types:
        return (), frozenset()
    with threads(len(types)) as pool:
        found = dict(zip(types, pool.map(lambda path: _list(client, USERS[path]), types), strict=True))
    users = (
        _user(USERS[path], body, uuids)
        for path, bodies in found.items()
        for body in bodies or ()
        if (uuids := going.keys() & set(uuids_in(body.get(USERS[path].field))))
    )
    return tuple(users), frozenset(USERS[path].name for path, bodies in found.items() if bodies is None)


def _list(client: ControllerClient, user: User) -> list[dict[str, Any]] | None:
    """All objects of a type, with the field that holds references; None if the account may not read them."""
    try:
        parameters = {"fields": f"name,uuid,tenant_ref,{user.field}", "include_name": "true"}
        return client.list_all(f"/api/{user.path}", parameters)
    except NotFoundError:  # a release or license without such objects
        return []
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return None


def _user(user: User, body: _Body, uuids: Iterable[str]) -> UserObject:
    tenant = parse_reference(str(body.get("tenant_ref", "")))
    key = ObjectKey(kind=user.name, tenant=tenant.name if tenant else "", cloud="", name=str(body.get("name", "")))
    return UserObject(key=key, field=user.field, uuids=frozenset(uuids))


# --- what is needed ---------------------------------------------------------------------------------------------------


class _Lookup:
    """Looks references up, each in the form in which it is sent.

    One request per type and form. Of a type that the account may not read everything is assumed to exist.
    """

    def __init__(self, client: ControllerClient, needed: Iterable[tuple[ObjectKey, Reference]]) -> None:
        self._client = client
        self._unreadable: set[str] = set()
        wanted: dict[_Question, set[str]] = defaultdict(set)
        for key, reference in needed:
            wanted[_question(key, reference)].add(reference.uuid or reference.name)
        self._found = {question: self._answer(question, values) for question, values in sorted(wanted.items())}

    @property
    def unreadable(self) -> frozenset[str]:
        """The types that the account may not read."""
        return frozenset(self._unreadable)

    def has(self, key: ObjectKey, reference: Reference) -> bool:
        """Whether it exists for an object of that tenant: in the tenant itself or in admin (AVI-REFERENCE-TENANT)."""
        found = self._found[_question(key, reference)]
        return any((reference.uuid or reference.name, tenant) in found for tenant in (key.tenant, *_OF_ALL))

    def _answer(self, question: "_Question", values: Iterable[str]) -> frozenset[tuple[str, str]]:
        """What exists, each with its tenant."""
        try:
            if question.type_name == TENANT:
                there = frozenset(values) - missing_tenants(self._client, values)
                return frozenset((name, _ANY_TENANT) for name in there)
            return frozenset(
                (str(body.get(question.form, "")), tenant.name if tenant else _ANY_TENANT)
                for body in self._bodies(question, values)
                for tenant in (parse_reference(str(body.get("tenant_ref", ""))),)
            )
        except NotFoundError:  # no such type: a template can render any reference
            return frozenset()
        except RefusedError as error:
            if error.status != FORBIDDEN:
                raise
            self._unreadable.add(question.type_name)
            return frozenset((value, _ANY_TENANT) for value in values)

    def _bodies(self, question: "_Question", values: Iterable[str]) -> Iterator[dict[str, Any]]:
        parameters = {"fields": "name,uuid,tenant_ref", "include_name": "true"}
        if question.cloud:
            parameters["cloud_ref.name"] = question.cloud
        for lookup in lookups(question.form, values):
            yield from self._client.list_all(f"/api/{question.type_name}", parameters | lookup)


_ANY_TENANT = ""
_OF_ALL = ("admin", _ANY_TENANT)
"""The tenants whose objects others may refer to."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Question:
    """How some references are looked up."""

    type_name: str
    form: str
    cloud: str


def _question(key: ObjectKey, reference: Reference) -> _Question:
    return _Question(
        type_name=reference.type,
        form="uuid" if reference.uuid else "name",
        cloud=key.cloud if reference.type in IN_CLOUD else "",
    )
