"""The ports that a VirtualService listens on."""

from collections.abc import Iterable

from sync.emulator.schema import Body
from sync.emulator.store import Store


def listeners_of(store: Store, body: Body) -> Iterable[tuple[int, int, str]]:
    """First port, last port and protocol of each service of a VirtualService."""
    for service in body.get("services", ()):
        profile = service.get("override_network_profile_ref") or body.get("network_profile_ref")
        yield service["port"], service["port_range_end"], _protocol(store, profile)


def _protocol(store: Store, network_profile: str | None) -> str:
    """`PROTOCOL_TYPE_UDP_FAST_PATH` → `UDP`."""
    kind = store.entry(network_profile).body["profile"]["type"] if network_profile else "PROTOCOL_TYPE_TCP_PROXY"
    return str(kind).split("_")[2]
