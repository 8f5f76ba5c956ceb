"""The way of a connection to an owner, before and after: Gateway, VirtualService and VIP, listeners, pools, servers.

Bodies may come from users' templates and from a Controller of any version: unexpected shapes are left out of the
picture and are never an error.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.kinds import Part
from sync.model.desired import ObjectKey
from sync.model.plan import Action, Change
from sync.plan.serving import Bodies, Body, addresses_of, as_list, as_map, listeners_of, names_of
from sync.report.owners import OwnerReport
from sync.report.words import HELD_SYMBOL, SYMBOLS

COMES, GOES, DIFFERS = SYMBOLS[Action.CREATE], SYMBOLS[Action.DELETE], SYMBOLS[Action.UPDATE]

ALLOCATED = "allocated by the Controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line inside a box; `sign` as for an action, empty where nothing changes."""

    text: str
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box. `column` is its place on the way, from 0; `key` names the object that it stands for, if any."""

    column: int
    kind: str
    title: str
    sign: str = ""
    key: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line between two boxes, by their positions."""

    start: int
    end: int
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All boxes and lines of an owner."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One owner's objects, live and desired, and their changes."""

    before: Bodies
    after: Bodies
    changes: Mapping[ObjectKey, Change]

    def keys(self, part: Part) -> tuple[ObjectKey, ...]:
        """Its objects that do this."""
        return tuple(key for key in sorted({*self.before, *self.after}) if key.part is part)

    def sign(self, key: ObjectKey) -> str:
        """The change of an object."""
        return SYMBOLS[self.changes[key].action] if key in self.changes else ""


@dataclass(slots=True)
class _Drawing:
    """Nodes by an id of their own, and lines between ids, while a picture is made."""

    boxes: dict[Any, Box] = field(default_factory=dict)
    edges: dict[tuple[Any, Any], str] = field(default_factory=dict)

    def picture(self) -> Picture:
        position = {identity: number for number, identity in enumerate(self.boxes)}
        edges = (
            Edge(start=position[start], end=position[end], sign=sign)
            for (start, end), sign in self.edges.items()
            if start in position and end in position
        )
        return Picture(boxes=tuple(self.boxes.values()), edges=tuple(edges))


_OWNER = "owner"


def picture_of(report: OwnerReport, before: Bodies, after: Bodies) -> Picture:
    """The picture of one owner from its live objects and from those that there will be."""
    sides = Sides(before=before, after=after, changes={change.key: change for change in report.changes})
    sign = HELD_SYMBOL if report.is_held else _sign(was=bool(before) or not after, will=bool(after) or not before)
    title = f"{report.owner.namespace}/{report.owner.name}"
    drawing = _Drawing()
    drawing.boxes[_OWNER] = Box(column=0, kind=report.owner.kind.value, title=title, sign=sign)
    for key in sides.keys(Part.ENTRANCE):
        _draw_entrance(drawing, sides, key)
    for key in sides.keys(Part.ADDRESS):
        _draw_address(drawing, sides, key)
    for key in sides.keys(Part.BACK_ENDS):
        _draw_back_ends(drawing, sides, key)
    return drawing.picture()


def _sign(*, was: bool, will: bool) -> str:
    if was and will:
        return ""
    return COMES if will else GOES


# --- VirtualService and its listeners ---------------------------------------------------------------------------------


def _draw_entrance(drawing: _Drawing, sides: Sides, key: ObjectKey) -> None:
    """The VirtualService with its policies as rows, and its listeners with lines to their pools."""
    policies = (policy for policy in sides.keys(Part.RULES) if policy.tenant == key.tenant)
    rows = tuple(
        Row(text=policy.kind if policy.name == key.name else f"{policy.kind} {policy.name}", sign=sides.sign(policy))
        for policy in policies
    )
    drawing.boxes[key] = Box(column=1, kind=key.kind, title=key.name, sign=sides.sign(key), key=str(key), rows=rows)
    drawing.edges[_OWNER, key] = _sign(was=key in sides.before, will=key in sides.after)
    was = listeners_of(key, sides.before)
    will = was if sides.after is sides.before else listeners_of(key, sides.after)
    for listener in sorted({*was, *will}):
        sign = _sign(was=listener in was, will=listener in will)
        is_other = not sign and was[listener] != will[listener]
        box = Box(column=2, kind="Listener", title=listener.title, sign=DIFFERS if is_other else sign)
        drawing.boxes[key, listener] = box
        drawing.edges[key, (key, listener)] = sign
        old, new = was.get(listener, ()), will.get(listener, ())
        for pool in dict.fromkeys((*old, *new)):
            drawing.edges[(key, listener), pool] = _sign(was=pool in old, will=pool in new)


# --- VsVip ------------------------------------------------------------------------------------------------------------


def _draw_address(drawing: _Drawing, sides: Sides, key: ObjectKey) -> None:
    """The VsVip with its addresses and names as rows, hanging from the VirtualServices of its tenant."""
    was, will = addresses_of(sides.before.get(key)), addresses_of(sides.after.get(key))
    if key in sides.after and not will:
        is_made = key not in sides.before or sides.sign(key) == SYMBOLS[Action.REPLACE]
        will = (ALLOCATED,) if is_made else was
    names = _rows(names_of(sides.before.get(key)), names_of(sides.after.get(key)))
    rows = (*_rows(was, will), *names)
    drawing.boxes[key] = Box(column=1, kind=key.kind, title=key.name, sign=sides.sign(key), key=str(key), rows=rows)
    for entrance in sides.keys(Part.ENTRANCE):
        if entrance.tenant == key.tenant:
            both_before = entrance in sides.before and key in sides.before
            both_after = entrance in sides.after and key in sides.after
            if both_before or both_after:
                drawing.edges[entrance, key] = _sign(was=both_before, will=both_after)


# --- Pool and its servers ---------------------------------------------------------------------------------------------


def _draw_back_ends(drawing: _Drawing, sides: Sides, key: ObjectKey) -> None:
    """The Pool, and its servers as the rows of a box of their own."""
    drawing.boxes[key] = Box(column=3, kind=key.kind, title=key.name, sign=sides.sign(key), key=str(key))
    was, will = dict(_servers(sides.before.get(key))), dict(_servers(sides.after.get(key)))
    rows = []
    for server in sorted({*was, *will}, key=_order):
        sign = _sign(was=server in was, will=server in will)
        is_other = not sign and was[server] != will[server]
        note = will[server] if server in will else was[server]
        rows.append(Row(text=f"{server}{note}", sign=DIFFERS if is_other else sign))
    title = "" if rows else "no servers"
    drawing.boxes[key, "servers"] = Box(column=4, kind="Servers", title=title, rows=tuple(rows))
    drawing.edges[key, (key, "servers")] = _sign(was=key in sides.before, will=key in sides.after)


def _servers(body: Body | None) -> Iterator[tuple[str, str]]:
    """Each server as text, with its peculiarities."""
    for server in as_list(_get(body, "servers")):
        address = as_map(as_map(server).get("ip")).get("addr")
        port = as_map(server).get("port")
        if address is not None:
            shown = f"[{address}]" if ":" in str(address) else str(address)
            yield (
                f"{shown}:{port}" if port is not None else shown,
                "" if as_map(server).get("enabled", True) else " off",
            )


def _order(server: str) -> tuple[int, int, str]:
    """Servers in the order of their addresses."""
    host = server.rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return 9, 0, server
    return address.version, int(address), server


def _rows(was: tuple[str, ...], will: tuple[str, ...]) -> Iterator[Row]:
    before, after = set(was), set(will)
    for text in dict.fromkeys((*was, *will)):
        yield Row(text=text, sign=_sign(was=text in before, will=text in after))


def _get(body: Body | None, name: str) -> Any:
    return body.get(name) if body is not None else None
