"""DNS names of Services (AKO-AUTO-FQDN, AKO-DNS-DOMAIN)."""

import re
from collections.abc import Iterable

from sync.avi.hostnames import usual_name
from sync.model.facts import Facts
from sync.model.provenance import Sourced, in_manifest, in_values, in_words
from sync.model.resources.core import Service
from sync.model.resources.resource import Resource
from sync.model.settings import Settings
from sync.model.wording import shown
from sync.translate.findings import Findings
from sync.translate.host_addresses import family_of

MAX_LABEL_LENGTH = 63
_MAX_NAME_LENGTH = 253
_SHORTENED_NAMESPACE = 48
"""What AKO leaves of a namespace when neither name leaves room for the other."""

_LABEL = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_LABEL_OF_A_HOST = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
"""RFC 1123, 2.1: a label may start with a digit, and case means nothing."""


def check_name(name: str, at: Resource, path: tuple[str | int, ...], findings: Findings) -> None:
    """An error for what is not the DNS name of a host: the Controller refuses the VIP."""
    if message := _why_no_name(name):
        findings.error(at, path, message, "write one full DNS name, such as web.example.com")


def _why_no_name(name: str) -> str:
    labels = name.removesuffix(".").split(".")
    if labels[0] == "*":
        return f"{shown(name)} is a wildcard; the name of a VIP must be complete"
    if len(name.removesuffix(".")) > _MAX_NAME_LENGTH:
        return f"{shown(name)} has more than {_MAX_NAME_LENGTH} characters"
    if family_of(name):
        return f"{shown(name)} is an address, not a DNS name"
    if not all(len(label) <= MAX_LABEL_LENGTH and _LABEL_OF_A_HOST.fullmatch(label) for label in labels):
        return f"{shown(name)} is not a DNS name"
    return ""


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in order, each once: one VIP cannot have a name twice, in whatever case."""
    found: dict[str, str] = {}
    for name in sorted(names):
        found.setdefault(usual_name(name), name)
    return tuple(found.values())


def subdomain(settings: Settings, facts: Facts) -> str | None:
    """The domain under which names are formed; None where the cloud has none.

    The default domain counts only if the cloud's DNS profile has it; else the first after sorting is taken.
    """
    domains = sorted(facts.cloud.dns_domains)
    if not domains:
        return None
    return (default_domain(settings, facts) or domains[0]).removeprefix(".")


def default_domain(settings: Settings, facts: Facts) -> str | None:
    """The domain of the cloud that values.yaml names, in the cloud's own spelling; None if it names none of them."""
    wanted = usual_name(settings.network.default_domain or settings.l4.default_domain)
    return next((domain for domain in sorted(facts.cloud.dns_domains) if wanted and usual_name(domain) == wanted), None)


def auto_fqdn(service: str, namespace: str, settings: Settings, facts: Facts) -> str | None:
    """The name AKO gives a Service without being asked; None where it gives none."""
    domain = subdomain(settings, facts)
    if domain is None:
        return None
    service, namespace = _label(service, "s"), _label(namespace, "n")
    match settings.l4.auto_fqdn:
        case "default":
            return f"{service}.{namespace}.{domain}"
        case "flat":
            return f"{_flat_label(service, namespace)}.{domain}"
        case _:
            return None


def automatic_name(service: Service, settings: Settings, facts: Facts) -> Sourced[str] | None:
    """The same of a Service, with what it is made of."""
    name = auto_fqdn(service.name, service.namespace, settings, facts)
    if name is None:
        return None
    section = "NetworkSettings" if settings.network.default_domain else "L4Settings"
    return Sourced(
        value=name,
        sources=(
            in_manifest(service, "metadata", "name", said="named automatically"),
            in_values("L4Settings", "autoFQDN"),
            *((in_values(section, "defaultDomain"),) if default_domain(settings, facts) else ()),
            in_words("the DNS domains of the cloud"),
        ),
    )


def _label(name: str, prefix: str) -> str:
    """A name that is no DNS label gets a letter in front, if that helps."""
    if _is_label(name):
        return name
    return prefix + name if _is_label(prefix + name) else name


def _is_label(name: str) -> bool:
    return len(name) <= MAX_LABEL_LENGTH and bool(_LABEL.match(name))


def _flat_label(service: str, namespace: str) -> str:
    room = MAX_LABEL_LENGTH - len(namespace) - 1
    if room <= 0:
        room_for_namespace = MAX_LABEL_LENGTH - len(service) - 1
        namespace = namespace[: room_for_namespace if room_for_namespace > 0 else _SHORTENED_NAMESPACE].rstrip("-")
        room = MAX_LABEL_LENGTH - len(namespace) - 1
    return f"{service[:room]}-{namespace}"
