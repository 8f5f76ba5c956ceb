"""Profiles and health monitors by protocol (AKO-NETWORK-PROFILE, AKO-HEALTH-MONITORS)."""

from collections.abc import Iterable, Mapping

from sync.model.facts import Facts

L4_APPLICATION_PROFILE = "System-L4-Application"
TCP_PROXY = "System-TCP-Proxy"
TCP_FAST_PATH = "System-TCP-Fast-Path"
UDP_FAST_PATH = "System-UDP-Fast-Path"
SCTP_PROXY = "System-SCTP-Proxy"

L4_PROTOCOLS = ("TCP", "UDP", "SCTP")

HEALTH_MONITORS: Mapping[str, str] = {"TCP": "System-TCP", "UDP": "System-UDP", "SCTP": "System-SCTP"}

_OVERRIDES: Mapping[str, str] = {"UDP": UDP_FAST_PATH, "SCTP": SCTP_PROXY}


def transports(protocols: Iterable[str]) -> frozenset[str]:
    """The layer 4 protocols among these; an empty one counts as TCP, any other not at all (AKO-LISTENER-PROTOCOLS)."""
    return frozenset(protocol or "TCP" for protocol in protocols) & frozenset(L4_PROTOCOLS)


def network_profile(protocols: Iterable[str], facts: Facts) -> str:
    """The profile of a VirtualService with ports of these protocols; TCP decides where it is among several."""
    given = frozenset(protocols)
    present = transports(given)
    if "TCP" in given or present == {"TCP"}:
        return TCP_PROXY if facts.has_tcp_proxy else TCP_FAST_PATH
    return SCTP_PROXY if present == {"SCTP"} else UDP_FAST_PATH


def override_profile(protocol: str, protocols: Iterable[str]) -> str | None:
    """The profile of a single port, where the VirtualService mixes protocols."""
    return _OVERRIDES.get(protocol) if len(transports(protocols)) > 1 else None
