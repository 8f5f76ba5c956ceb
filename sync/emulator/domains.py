"""Which domain names are taken, and which ones a cloud's DNS profile answers for."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sync.emulator.store import Entry, Store

LONGEST_LABEL, LONGEST_NAME = 63, 255  # RFC 1035
UNFIT = re.compile(r"[\s\x00-\x1f\x7f]").search


def domains_of(store: Store, cloud: Entry | None) -> tuple[str, ...] | None:
    """The domains of the cloud's DNS profile; None if it has no profile."""
    reference = cloud.body.get("dns_provider_ref") if cloud is not None else None
    if reference is None:
        return None
    internal: Mapping[str, Any] = store.entry(reference).body.get("internal_profile", {})
    return tuple(domain["domain_name"] for domain in internal.get("dns_service_domain", ()))


def is_within(name: str, domains: Iterable[str]) -> bool:
    """Whether a name is one of the domains or below one."""
    return any(f".{name.lower()}".endswith(f".{domain.lower().strip('.')}") for domain in domains)


def is_domain_name(name: str) -> bool:
    """Whether a text has the form of a name: labels of 1 to 63 characters without blanks, 255 together."""
    labels = name.removesuffix(".").split(".")
    return len(name) <= LONGEST_NAME and all(0 < len(label) <= LONGEST_LABEL for label in labels) and not UNFIT(name)


class Names:
    """Who holds which name in which cloud; kept up to date by watching the VsVips in the store."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str | None, str], str] = {}

    def changed(self, old: Entry | None, new: Entry | None) -> None:
        """Take note of a VsVip that came, changed or went."""
        if old is not None:
            for key in _keys(old):
                if self._holders.get(key) == old.uuid:
                    del self._holders[key]
        if new is not None:
            for key in _keys(new):
                self._holders.setdefault(key, new.uuid)

    def holder(self, cloud: str | None, name: str) -> str | None:
        """The uuid of the VsVip that has the name."""
        return self._holders.get((cloud, name.lower()))


def _keys(entry: Entry) -> list[tuple[str | None, str]]:
    return [(entry.cloud, record["fqdn"].lower()) for record in entry.body.get("dns_info", ()) if "fqdn" in record]
