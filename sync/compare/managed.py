"""Which fields of an object are ours: those that we render, and those of our last write (docs/safety.md#comparison)."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sync.avi.markers import Marker, Markers
from sync.avi.schema import SCHEMA
from sync.compare.normal_form import digest
from sync.kinds import COMPUTED, KINDS


def signed(markers: Markers, normal: Mapping[str, Any]) -> Markers:
    """Markers with the digest of an object: of its normal form, and of what its other markers request.

    The servers of a pool that follows the cluster are no part of it: it tells what Git requests.
    """
    requested = markers.without({Marker.DIGEST, Marker.FIELDS, Marker.SERVERS})
    if Marker.SERVERS in markers:
        normal = {name: value for name, value in normal.items() if name != "servers"}
    return markers.with_values(Marker.DIGEST, digest([requested.entries, normal]))


def written_fields(kind: str, managed: Iterable[str], body: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of `Fields` for a body: its managed fields, then those computed ones that it sets all the same.

    The latter stand as `=dns_info.ttl`, whatever the number of items. What the Controller computes counts only while
    we set it, so this is how a later run knows that it has to be reset. Fields of VIPs, and those that cannot be
    changed in place, are not among them: dropped, they stay as they are.
    """
    set_by_us = [name for name in sorted(COMPUTED.get(kind, ())) if name in body and name not in KINDS[kind].replace]
    for name, computed in _LISTS_WITH_COMPUTED[kind].items():
        items = body.get(name)
        if type(items) is list:
            set_by_us += [f"{name}.{key}" for key in sorted(computed & set().union(*items))]
    return (*sorted(managed), *(f"={path}" for path in set_by_us))


_LISTS_WITH_COMPUTED: Mapping[str, Mapping[str, frozenset[str]]] = {
    kind: {
        name: COMPUTED[field.message]
        for name, field in SCHEMA[kind].items()
        if field.message in COMPUTED and name not in KINDS[kind].replace
    }
    for kind in KINDS
}


def names_written(markers: Markers) -> tuple[str, ...]:
    """The managed fields of an object's last write."""
    return tuple(name for name in markers.fields if not name.startswith("="))


def computed_fields(kind: str, markers: Markers) -> Mapping[str, frozenset[str]]:
    """`COMPUTED` for an object with these markers: less what our last write set."""
    return _computed(kind, tuple(name[1:] for name in markers.fields if name.startswith("=")))


@lru_cache(maxsize=256)
def _computed(kind: str, set_by_us: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    found = dict(COMPUTED)
    for path in set_by_us:
        name, _, inner = path.rpartition(".")
        message = SCHEMA[kind][name].message if name in SCHEMA[kind] else kind
        found[message] = found.get(message, frozenset()) - {inner}
    return found


def managed_fields(kind: str, rendered: Iterable[str], written_before: Iterable[str]) -> frozenset[str]:
    """The top-level fields that are ours in this comparison (docs/safety.md#comparison)."""
    row = KINDS[kind]
    return row.managed | frozenset(rendered) | frozenset(written_before)
