"""A facts file → Facts, for `render` and `validate` without a Controller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sync.errors import SourceError
from sync.model.facts import CloudFacts, Facts
from sync.model.problem import Origin
from sync.model.types import AddressRange, SubnetText, Text
from sync.source.places import line_in
from sync.source.validation import problems_of
from sync.source.yaml_documents import YamlError, parse_only_document

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Controller:
    """`controller`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    version: Text = ""
    license: Text = "ENTERPRISE"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cloud:
    """`cloud`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: Text = "Default-Cloud"
    vtype: Text = "CLOUD_VCENTER"
    ipam_type: Text = "IPAMDNS_TYPE_INTERNAL"
    dns_domains: tuple[Text, ...] = ()
    transport_zone: Literal["", "OVERLAY", "VLAN"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FactsFile:
    """The whole file. The keys without effect seed the emulator from the same file."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    controller: _Controller = field(default_factory=_Controller)
    cloud: _Cloud = field(default_factory=_Cloud)
    network_vrf: Mapping[Text, Text] = field(default_factory=dict)
    network_subnets: Mapping[Text, tuple[SubnetText, ...]] = field(default_factory=dict)
    network_ranges: Mapping[Text, tuple[AddressRange, ...]] = field(default_factory=dict)
    network_uuids: Mapping[Text, Text] = field(default_factory=dict)
    profile_types: Mapping[Text, Text] = field(default_factory=dict)
    static_routes: Mapping[Text, tuple[Text, ...]] | None = None
    missing: tuple[Text, ...] = ()
    shared_names: tuple[Text, ...] = ()
    assume_exists: Annotated[object, Field(repr=False)] = None
    networks: Annotated[object, Field(repr=False)] = None
    serviceenginegroups: Annotated[object, Field(repr=False)] = None
    tenants: Annotated[object, Field(repr=False)] = None
    akoamkoclusters: Annotated[object, Field(repr=False)] = None


def read_facts_file(path: Path) -> Facts:
    """The facts in a file; raises SourceError with every line that is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"the facts file cannot be read: {error.strerror}", where=str(path)) from None
    try:
        value = parse_only_document(content, max_aliases=100).value
    except YamlError as error:
        raise SourceError(error.message, where=f"{path}:{error.line}", fix=error.fix) from None
    try:
        found = _adapter().validate_python(value)
    except ValidationError as error:
        problem = problems_of(error, _adapter(), value, origin=Origin(file=str(path)))[0]
        where = f"{path}:{line_in(content, problem)}: {problem.field_text}"
        raise SourceError(problem.message, where=where, fix=problem.fix) from None
    return Facts(
        version=found.controller.version,
        license=found.controller.license,
        cloud=CloudFacts(
            name=found.cloud.name,
            vtype=found.cloud.vtype,
            ipam_type=found.cloud.ipam_type,
            dns_domains=found.cloud.dns_domains,
            transport_zone=found.cloud.transport_zone,
        ),
        network_vrf=found.network_vrf,
        network_subnets=found.network_subnets,
        network_ranges=found.network_ranges,
        network_uuids=found.network_uuids,
        profile_types=found.profile_types,
        static_routes=_routes(found.static_routes),
        missing=frozenset(found.missing),
        shared_names=frozenset(found.shared_names),
    )


@cache
def _adapter() -> TypeAdapter[_FactsFile]:
    return TypeAdapter(_FactsFile)


def _routes(found: Mapping[str, tuple[str, ...]] | None) -> Mapping[str, frozenset[str]] | None:
    return None if found is None else {vrf: frozenset(prefixes) for vrf, prefixes in found.items()}
