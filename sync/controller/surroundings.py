"""Who else uses what a plan deletes: read only for a plan that deletes, in a number of requests that does not grow."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.avi.references import parse_reference, uuids_in
from sync.controller.client import ControllerClient
from sync.controller.errors import NotFoundError, RefusedError
from sync.controller.facts import FORBIDDEN
from sync.controller.threads import threads
from sync.kinds import KINDS, USERS, User
from sync.model.desired import ObjectKey
from sync.model.live import NOTHING_AROUND, Surroundings, UserObject
from sync.model.plan import ChangeSet, Method

_Body = Mapping[str, Any]


def read_surroundings(client: ControllerClient, sets: Iterable[ChangeSet]) -> Surroundings:
    """What these change sets depend on beside the objects of our kinds; nothing where they delete nothing."""
    going = {write.uuid: write.key for item in sets for write in item.writes if write.method is Method.DELETE}
    types = sorted({path for key in going.values() for path in KINDS[key.kind].used_by})
    if not types:
        return NOTHING_AROUND
    with threads(len(types)) as pool:
        found = dict(zip(types, pool.map(lambda path: _list(client, USERS[path]), types), strict=True))
    return Surroundings(
        users=tuple(
            _user(USERS[path], body, uuids)
            for path, bodies in found.items()
            for body in bodies or ()
            if (uuids := going.keys() & set(uuids_in(body.get(USERS[path].field))))
        ),
        unreadable_users=frozenset(USERS[path].name for path, bodies in found.items() if bodies is None),
    )


def _list(client: ControllerClient, user: User) -> list[dict[str, Any]] | None:
    """All objects of a type, with the field that counts; None if the account may not read them."""
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
