"""DNS names of Services (ako-semantics §4; AKO 2.2.1, avi_model_l4_translator.go and lib/utils.go)."""

import re

from sync.model.facts import Facts
from sync.model.settings import Settings

MAX_LABEL_LENGTH = 63
_SHORTENED_NAMESPACE = 48
"""What AKO leaves of a namespace when neither name leaves room for the other."""

_LABEL = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")


def subdomain(settings: Settings, facts: Facts) -> str | None:
    """The domain under which names are formed; None where the cloud has none.

    The default domain counts only if the cloud's DNS profile has it; else the first after sorting is taken.
    """
    domains = sorted(facts.cloud.dns_domains)
    if not domains:
        return None
    wanted = settings.network.default_domain or settings.l4.default_domain
    chosen = wanted if wanted in domains else domains[0]
    return chosen.removeprefix(".")


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
