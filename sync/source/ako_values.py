"""Keys of other AKO releases in values.yaml: each is a warning that names its replacement.

Sources: helm/ako/values.yaml of AKO 1.2 to 2.2.2 and of the forks of its repository, and the values of the VKS package
ako 2.2.1+vmware.1. What is not listed is unknown, and may be a typo.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.model.settings import VALUES_FILE
from sync.model.wording import did_you_mean, shown
from sync.source.unknown_fields import Fields, UnknownField

_LATER: Mapping[str, tuple[str, ...]] = {
    "AKOSettings": ("enableExternalNameService", "strictCrossNamespaceValidation", "useReadableObjectNames"),
    "NetworkSettings": ("enableAutogw",),
    "": (
        *("aiGateway", "akoCRDOperator", "akoCRDOperatorLogFile", "crdOperatorResources", "inferenceExtension"),
        *("namespace", "persistentVolumeClaimSpec", "priorityClassName", "statusStreamer", "vmciRelayResources"),
    ),
}
"""Section (empty for the root) → keys of releases after 2.2.1, and of the package for VKS."""

_RETIRED: Mapping[tuple[str, str], str] = {
    ("AKOSettings", "GRBAC"): "remove it",
    ("AKOSettings", "gatewayAPI"): "write AKOSettings.servicesAPI: {value}",
    ("AKOSettings", "multiNetwork"): "remove it",
    ("AKOSettings", "syncNamespace"): "write AKOSettings.namespaceSelector",
    ("ControllerSettings", "controllerIP"): "write ControllerSettings.controllerHost: {value}",
    ("ControllerSettings", "tenantsPerCluster"): "remove it; ControllerSettings.tenantName names the tenant",
    ("L4Settings", "advancedL4"): "remove it; Gateways are served with AKOSettings.servicesAPI: true",
    ("L7Settings", "l7ShardingScheme"): "remove it",
    ("L7Settings", "syncNamespace"): "write AKOSettings.namespaceSelector",
    ("NetworkSettings", "networkName"): "write NetworkSettings.vipNetworkList: {network}",
    ("NetworkSettings", "subnetIP"): "write NetworkSettings.vipNetworkList: {network}",
    ("NetworkSettings", "subnetPrefix"): "write NetworkSettings.vipNetworkList: {network}",
    ("", "configs"): "write its keys below AKOSettings, NetworkSettings, L4Settings, L7Settings and ControllerSettings",
    ("", "imagePullSecrets"): "remove it",
    ("", "service"): "remove it",
    ("", "serviceAccount"): "remove it",
}
"""Section and key of earlier releases → what to do now."""


def with_other_releases(fields: Fields) -> Fields:
    """The keys of values.yaml, with those of other releases: none of them is a misspelt one."""
    others = {section: frozenset(keys) for section, keys in _LATER.items()}
    for section, key in _RETIRED:
        others[section] = others.get(section, frozenset()) | {key}
    sections = {
        key: replace(below, others=others.get(key, frozenset())) if below else None
        for key, below in fields.read.items()
    }
    return Fields(read=sections, others=others[""])


def keys_of_other_releases(value: Any) -> Iterator[Problem]:
    """A warning for every key of another release, with the key that does the same now and its value."""
    root = value if isinstance(value, Mapping) else {}
    sections = {"": root, **{name: below for name, below in root.items() if isinstance(below, Mapping)}}
    for section, below in sections.items():
        for key in below:
            place = (section, key) if section else (key,)
            if key in _LATER.get(section, ()):
                yield _warning(place, f"{key} is a key of a later release of AKO, and has no effect here", "remove it")
            elif (fix := _RETIRED.get((section, key))) is not None:
                told = fix.format(value=shown(below[key]).strip('"'), network=_network(below)) if "{" in fix else fix
                yield _warning(place, f"{key} is a key of earlier releases of AKO, and has no effect", told)


def _network(section: Mapping[str, Any]) -> str:
    """The entry of vipNetworkList that says what networkName, subnetIP and subnetPrefix said."""
    name, address, prefix = (str(section.get(key, "")) for key in ("networkName", "subnetIP", "subnetPrefix"))
    try:
        cidr = str(ip_network(f"{address}/{prefix}", strict=False)) if address and prefix else ""
    except ValueError:
        cidr = f"{address}/{prefix}"
    said = {"networkName": name, "cidr": cidr}
    return f"[{{{', '.join(f'{key}: {text}' for key, text in said.items() if text)}}}]"


def problems_of_keys(found: Iterable[UnknownField]) -> Iterator[Problem]:
    """Problems for keys of values.yaml that no release has."""
    for each in found:
        if each.meant:
            problem = _warning(each.path, f'unknown key "{each.name}"', did_you_mean(each.name, (each.meant,)))
            yield replace(problem, severity=Severity.ERROR)
        else:
            message = f'unknown key "{each.name}": it has no effect here'
            yield _warning(each.path, message, "correct it, or remove it; a key of a newer AKO may stay")


def _warning(path: tuple[str | int, ...], message: str, fix: str) -> Problem:
    return Problem(severity=Severity.WARNING, message=message, fix=fix, origin=Origin(file=VALUES_FILE), field=path)
