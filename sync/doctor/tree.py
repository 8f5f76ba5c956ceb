"""The source tree, and what it refers to on the Controller."""

from collections.abc import Iterator, Mapping

from sync.avi.hostnames import is_under
from sync.desired import Source
from sync.doctor.findings import not_checked, ok, problem, some, warning
from sync.model.checkup import Finding
from sync.model.desired import DesiredState
from sync.model.facts import Facts
from sync.model.problem import Problem, Severity
from sync.model.settings import Settings
from sync.model.wording import short
from sync.report.words import counted
from sync.translate.fqdn import default_domain

WORDS: Mapping[str, str] = {
    "network": "network",
    "serviceenginegroup": "Service Engine group",
    "vrfcontext": "VRF",
}
"""The usual names of types that manifests refer to; others have their API name."""


def check_source(source: Source) -> Iterator[Finding]:
    """The commit that was read."""
    commit = source.snapshot.commit
    yield ok("source", f"{source.snapshot.location} read, commit {short(commit)}" if commit else "read")


def check_manifests(desired: DesiredState) -> Iterator[Finding]:
    """The number of problems that `validate` would report."""
    errors = [item for item in desired.problems if item.severity is Severity.ERROR]
    warnings = [item for item in desired.problems if item.severity is Severity.WARNING]
    owners = len({item.owner for item in desired})
    if errors:
        first = place_of(errors[0])
        yield problem("manifests", f"{counted(len(errors), 'error')}; the first: {first}", "see avi-sync validate")
    elif warnings:
        first = place_of(warnings[0])
        yield warning("manifests", f"{counted(len(warnings), 'warning')}; the first: {first}", "see avi-sync validate")
    else:
        yield ok("manifests", f"{counted(owners, 'owner')} with {counted(len(desired.objects), 'object')}")


def place_of(item: Problem) -> str:
    """The problem with its file and line."""
    return f"{item.file}:{item.line}: {item.message}" if item.file else item.message


def check_references(references: Mapping[str, frozenset[str]], facts: Facts) -> Iterator[Finding]:
    """Networks, Service Engine groups, profiles: each name exists, and is unique where that matters."""
    named = [(type_name, name) for type_name, names in references.items() for name in sorted(names)]
    for type_name, name in named:
        what = WORDS.get(type_name, type_name)
        if not facts.has(type_name, name):
            message = f'the Controller has no {what} "{name}" in cloud {facts.cloud.name}'
            yield problem(what, message, "correct the name in Git, or create it on the Controller")
        elif f"{type_name}/{name}" in facts.shared_names:
            yield problem(what, f'several are named "{name}"', "refer to it by networkUUID")
    for type_name, what in WORDS.items():
        if good := [name for name in references.get(type_name, ()) if facts.has(type_name, name)]:
            yield ok(what, f"exists: {some(good)}")
    others = [name for type_name, name in named if type_name not in WORDS and facts.has(type_name, name)]
    if others:
        yield ok("profiles", f"exist: {some(others)}")


def check_vip_networks(desired: DesiredState) -> Iterator[Finding]:
    """Whether the VIP networks have the subnets and addresses that a new VIP would need."""
    for doubt in dict.fromkeys(item for found in desired.doubts.values() for item in found):
        yield warning("vip addresses", place_of(doubt), doubt.fix)


def check_dns(desired: DesiredState, settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Whether the cloud's DNS serves the names that VIPs would get."""
    domains = tuple(domain.removeprefix(".") for domain in facts.cloud.dns_domains)
    domain = settings.network.default_domain or settings.l4.default_domain
    names = {str(row.get("fqdn", "")) for item in desired for row in item.body.get("dns_info") or ()}
    if not domains:
        yield not_checked("dns", f"cloud {facts.cloud.name} serves no DNS domain, so no VIP gets a name automatically")
    elif domain and default_domain(settings, facts) is None:
        message = f'defaultDomain "{domain}" is none of the cloud\'s DNS domains ({", ".join(domains)})'
        yield warning("dns", message, f"names are made under {sorted(domains)[0]} instead: correct it in values.yaml")
    else:
        yield ok("dns", f"the cloud serves {some(domains)}")
    if strange := [name for name in names if domains and not is_under(name, domains)]:
        yield warning("dns", f"under none of these domains: {some(strange)}", "use one of the cloud's DNS domains")
