"""Live servers of Nodes without a usable address in Git: they stay unchanged."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sync.avi.addresses import usual_form
from sync.avi.markers import Marker, Markers
from sync.compare.managed import signed
from sync.compare.normal_form import normal_form
from sync.model.desired import AviObject

_FIELD = "servers"
NO_MARKERS = Markers()


def unknown_servers(desired: AviObject, live: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The live servers that Git does not request, and that may be some of which nobody can tell."""
    if desired.unknown_servers is None or _FIELD in desired.left_alone:
        return ()
    known = {usual_form(address) for address in desired.unknown_servers.known_addresses}
    requested = {_identity(server) for server in desired.body.get(_FIELD) or ()}
    return tuple(
        server
        for server in live.get(_FIELD) or ()
        if _identity(server)[0] not in known and _identity(server) not in requested
    )


def with_servers(desired: AviObject, servers: Iterable[Mapping[str, Any]], live: Markers = NO_MARKERS) -> AviObject:
    """The object with these servers added, marked as if Git had requested them: they are not edits.

    In a pool that follows the cluster they keep the fingerprints that it has live: whatever is an edit stays one.
    """
    body = {**desired.body, _FIELD: [*(desired.body.get(_FIELD) or ()), *servers]}
    normal = {**desired.normal, **normal_form(body, desired.key.kind, [_FIELD])}
    markers = desired.markers
    if desired.follows_cluster and live.servers is not None:
        markers = markers.with_values(Marker.SERVERS, *sorted(live.servers))
    body["markers"] = signed(markers, normal).to_json()
    return replace(desired, body=body, normal=normal)


def name_of(server: Mapping[str, Any]) -> str:
    """How messages name a server: `10.1.1.12:30080`."""
    address, port = _identity(server)
    return f"{address}:{port}" if port else address


def _identity(server: Mapping[str, Any]) -> tuple[str, str]:
    return usual_form(str((server.get("ip") or {}).get("addr", ""))), str(server.get("port") or "")
