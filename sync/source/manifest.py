"""One manifest of a kind that we read → a resource; or a broken one, with what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.registry import ManifestKind, Registry
from sync.model.resources.resource import Resource
from sync.source.empty_fields import empty_fields, problems_of_empty
from sync.source.own_keys import problems_of_keys, unknown_keys
from sync.source.reading import Reading, as_text, break_manifest, service_type, stands_alone, title_in
from sync.source.recognition import may_hold_ours
from sync.source.unknown_fields import (
    corrected,
    known_fields,
    lost_parents,
    problems_of_fields,
    problems_of_parents,
    unknown_fields,
)
from sync.source.validation import adapter_of, problems_of
from sync.source.yaml_documents import Document


def read_resource(
    kind: ManifestKind, written: Mapping[str, Any], origin: Origin, document: Document, reading: Reading
) -> None:
    """Add the manifest to `reading`: as a resource, as a broken manifest, or as one on which nothing depends."""
    has_gaps = _has_gaps(kind, written, origin, document, reading)
    value, has_slips = _with_fields_told(kind, written, origin, reading)
    adapter = adapter_of(kind.type)
    try:
        resource: Resource = adapter.validate_python({**value, "origin": origin})
    except ValidationError as error:
        found = problems_of(error, adapter, value, origin=origin, resource=title_in(kind, value))
        _read_invalid(kind, value, origin, found, reading)
        return
    if has_slips or has_gaps:
        break_manifest(kind, value, origin, reading)
    elif (first := reading.first.get(resource.manifest_key)) is not None:
        _read_again(kind, resource, first, value, reading)
    else:
        reading.first[resource.manifest_key] = resource
        if kind.type.NAMESPACED and "namespace" not in value["metadata"] and not stands_alone(resource):
            reading.problems.append(_without_namespace(resource))
        reading.resources.setdefault(resource.GROUP_KIND, []).append(resource)


def _read_invalid(
    kind: ManifestKind, value: Mapping[str, Any], origin: Origin, found: Sequence[Problem], reading: Reading
) -> None:
    """Record a manifest with values that its type refuses."""
    has_name = not any(problem.field[:2] in _IDENTITY for problem in found)
    is_nobodys = _is_nobodys(kind, value, reading.registry, has_name=has_name)
    for problem in found:
        if is_nobodys:
            reading.pass_over(problem)
        else:
            reading.problems.append(problem)
    if not has_name and not is_nobodys:
        reading.is_complete = False  # its identity is unknown: it may be anything that is live
    if has_name or not is_nobodys:
        break_manifest(kind, value, origin, reading)


_IDENTITY = frozenset({("metadata",), ("metadata", "name"), ("metadata", "namespace")})
"""The fields without which the identity of the manifest is unknown."""


def _has_gaps(
    kind: ManifestKind, value: Mapping[str, Any], origin: Origin, document: Document, reading: Reading
) -> bool:
    """Whether lists or mappings on which something depends are empty; each is a problem.

    Charts print `labels` and `annotations` also where there are none.
    """
    found = [
        path
        for path in empty_fields(value, known_fields(kind), document)
        if path[0] != "metadata" and ".".join(step for step in path if isinstance(step, str)) not in kind.nullable
    ]
    if not found or _is_nobodys(kind, value, reading.registry, has_name=True):
        return False
    reading.problems.extend(problems_of_empty(found, origin=origin, resource=title_in(kind, value)))
    return True


def _with_fields_told(
    kind: ManifestKind, value: Mapping[str, Any], origin: Origin, reading: Reading
) -> tuple[Mapping[str, Any], bool]:
    """The manifest with misspelt fields corrected, and whether there were any; unknown fields are problems.

    A manifest with a misspelt field is not used, but what depends on it is derived from the corrected one.
    """
    resource = title_in(kind, value)
    known = known_fields(kind)
    fields = tuple(unknown_fields(value, known))
    lost = lost_parents(value, fields, known)
    reading.problems.extend(problems_of_parents(lost, origin=origin, resource=resource))
    reading.problems.extend(problems_of_fields(fields, origin=origin, resource=resource))
    meant = corrected(value, fields)
    keys = tuple(unknown_keys(kind.group_kind, meant.get("metadata")))
    reading.problems.extend(problems_of_keys(keys, origin=origin, resource=resource))
    return corrected(meant, keys), bool(lost) or any(each.meant for each in (*fields, *keys))


def _is_nobodys(kind: ManifestKind, value: Mapping[str, Any], registry: Registry, *, has_name: bool) -> bool:
    """Whether nothing depends on a manifest that cannot be used.

    That is a plain Service (no back end of a Gateway, no VirtualService of its own), and, without a name, a Namespace
    or Pod that AKO and Antrea ignore.
    """
    if kind.type is Service:
        return _is_plain_service(value, registry)
    metadata = as_text(value.get("metadata"))
    return not has_name and kind.is_harmless and "ako.vmware.com/" not in metadata and _ANTREA not in metadata


def _is_plain_service(value: Mapping[str, Any], registry: Registry) -> bool:
    """Whether a Service clearly does not concern AKO: type and labels are legible, and nothing in it is AKO's."""
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return False
    is_legible = all(isinstance(metadata.get(part, {}), dict) for part in ("labels", "annotations"))
    return is_legible and service_type(spec) in _PLAIN_TYPES and not may_hold_ours(as_text(value).encode(), registry)


_PLAIN_TYPES = frozenset({"ClusterIP", "NodePort", "ExternalName"})


_ANTREA = "nodeportlocal.antrea.io"


def _without_namespace(resource: Resource) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message='metadata.namespace is missing, so "default" is used',
        fix="write the namespace that you would give to kubectl with -n",
        origin=resource.origin,
        resource=resource.title,
        field=("metadata",),
    )


def _read_again(
    kind: ManifestKind, resource: Resource, first: Resource, value: Mapping[str, Any], reading: Reading
) -> None:
    """A second manifest of the same name: one object, if both are equal or nothing depends on it."""
    place = f"{first.origin.file}:{first.origin.line}"
    if replace(resource, origin=first.origin) == first:
        said, fix, severity = "with the same content", "keep one of them", Severity.WARNING
    elif stands_alone(resource) and stands_alone(first):
        said, fix, severity = "and only the first is used", "keep one of them", Severity.WARNING
    else:
        said, fix, severity = "with different content", "keep one of them; until then neither is used", Severity.ERROR
        break_manifest(kind, value, resource.origin, reading)
    problem = Problem(
        severity=severity,
        message=f"{resource.title} is twice in the tree, {said}: first in {place}",
        fix=fix,
        origin=resource.origin,
        resource=resource.title,
        field=("metadata", "name"),
    )
    if stands_alone(resource) and stands_alone(first):
        reading.pass_over(problem)
    else:
        reading.problems.append(problem)
