"""The DNS names that a VsVip requests or has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.kinds import KINDS, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostname:
    """A DNS name in its cloud, in lower case: where the cloud has a DNS profile, no two VsVips can have it."""

    name: str
    cloud: str

    def __str__(self) -> str:
        return self.name

    @classmethod
    def all_of(cls, kind: str, cloud: str, body: Mapping[str, Any]) -> "frozenset[Hostname]":
        """All that a body of this kind requests or has; nothing for a kind that has no VIPs."""
        if KINDS[kind].part is not Part.ADDRESS:
            return frozenset()
        names = (str(record.get("fqdn", "")) for record in body.get("dns_info") or ())
        return frozenset(cls(name=usual_name(name), cloud=cloud) for name in names if name)


def usual_name(text: str) -> str:
    """The DNS name as it is compared: without regard to case, and a dot at its end means nothing."""
    return text.lower().removesuffix(".")


def is_under(name: str, domains: Iterable[str]) -> bool:
    """Whether a DNS name is one of the domains or below one; a dot that a domain starts with means nothing."""
    return any(f".{usual_name(name)}".endswith(f".{usual_name(domain).removeprefix('.')}") for domain in domains)
