"""Infrastructure that comes into being because somebody looked it up (`assume_exists` of the seed)."""

from collections.abc import Mapping
from typing import Any

from sync.emulator.schema import Body, Field, Message, Schema

# What a tree of manifests makes itself, what says who somebody is, or what clients keep notes in is never assumed.
NEVER_ASSUMED = frozenset(
    {
        "AkoAmkoCluster",
        "Cloud",
        "L4PolicySet",
        "Pool",
        "PoolGroup",
        "Role",
        "StringGroup",
        "SystemConfiguration",
        "Tenant",
        "User",
        "VirtualService",
        "VsVip",
    }
)
# Field of a type → its value by what the object is called: the first part of a name that is found counts.
# The names of system objects are the pattern: System-SSL-Application, System-UDP-Fast-Path, System-SCTP.
BY_NAME: Mapping[str, Mapping[str, tuple[tuple[str, Any], ...]]] = {
    "ApplicationProfile": {
        "type": (
            ("SSL", "APPLICATION_PROFILE_TYPE_SSL"),
            ("HTTP", "APPLICATION_PROFILE_TYPE_HTTP"),
            ("DNS", "APPLICATION_PROFILE_TYPE_DNS"),
            ("SIP", "APPLICATION_PROFILE_TYPE_SIP"),
            ("SYSLOG", "APPLICATION_PROFILE_TYPE_SYSLOG"),
            ("", "APPLICATION_PROFILE_TYPE_L4"),
        )
    },
    "NetworkProfile": {
        "profile": (
            ("SCTP-FAST-PATH", {"type": "PROTOCOL_TYPE_SCTP_FAST_PATH", "sctp_fast_path_profile": {}}),
            ("SCTP", {"type": "PROTOCOL_TYPE_SCTP_PROXY", "sctp_proxy_profile": {}}),
            ("UDP-PROXY", {"type": "PROTOCOL_TYPE_UDP_PROXY", "udp_proxy_profile": {}}),
            ("UDP", {"type": "PROTOCOL_TYPE_UDP_FAST_PATH", "udp_fast_path_profile": {}}),
            ("FAST-PATH", {"type": "PROTOCOL_TYPE_TCP_FAST_PATH", "tcp_fast_path_profile": {}}),
            ("", {"type": "PROTOCOL_TYPE_TCP_PROXY", "tcp_proxy_profile": {}}),
        )
    },
    "HealthMonitor": {
        "type": (
            ("SCTP", "HEALTH_MONITOR_SCTP"),
            ("UDP", "HEALTH_MONITOR_UDP"),
            ("PING", "HEALTH_MONITOR_PING"),
            ("HTTPS", "HEALTH_MONITOR_HTTPS"),
            ("HTTP", "HEALTH_MONITOR_HTTP"),
            ("DNS", "HEALTH_MONITOR_DNS"),
            ("", "HEALTH_MONITOR_TCP"),
        )
    },
    "ApplicationPersistenceProfile": {
        "persistence_type": (
            ("COOKIE", "PERSISTENCE_TYPE_HTTP_COOKIE"),
            ("TLS", "PERSISTENCE_TYPE_TLS"),
            ("", "PERSISTENCE_TYPE_CLIENT_IP_ADDRESS"),
        )
    },
    "IpamDnsProviderProfile": {"type": (("", "IPAMDNS_TYPE_INTERNAL"),)},
}
FILLERS: Mapping[str, Any] = {"string": "assumed", "integer": 1, "number": 1.0, "boolean": False}


def assumed_body(schema: Schema, message: Message, name: str) -> Body | None:
    """A body with that name and everything required; None if such objects are never assumed."""
    if message.name in NEVER_ASSUMED:
        return None
    spelled = name.upper().replace("_", "-")
    named = {
        field: next(value for part, value in values if part in spelled)
        for field, values in BY_NAME.get(message.name, {}).items()
    }
    return {**_required(schema, message), **named, "name": name}


def _required(schema: Schema, message: Message) -> Body:
    return {name: _filler(schema, message.fields[name]) for name in sorted(message.required)}


def _filler(schema: Schema, field: Field) -> Any:
    if field.message is not None:
        value: Any = _required(schema, schema.messages[field.message])
    elif field.enum is not None:
        value = min(field.enum)
    elif field.minimum is not None:
        value = int(field.minimum)
    else:
        value = FILLERS[field.kind]
    return [value] if field.repeated else value
