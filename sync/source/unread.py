"""Documents that are not read: without a head, templates, kustomizations, kinds and versions that are not served."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.registry import ManifestKind, group_of
from sync.model.resources.resource import GroupKind
from sync.model.resources.tree import Namesake
from sync.source.kustomize import kustomization_of
from sync.source.reading import (
    Reading,
    as_text,
    break_manifest,
    identity_in,
    problem_at,
    title_in,
)
from sync.source.recognition import is_in, kind_meant, may_hold_ours, resembles_ours


def template_in(kind: ManifestKind, value: Mapping[str, Any]) -> str:
    """The kind of template that the manifest is, in words; empty if it is none."""
    if _holds_template(value):
        return "Helm template"
    return "template" if any(map(_PLACEHOLDER.search, identity_in(kind, value))) else ""


_PLACEHOLDER = re.compile(r"\{\{|\{%|\$\{|\$\(")
"""As Jinja, Go, a shell and Flux (postBuild.substitute) write them."""


_HELM_MARK = re.compile(r"\{\{-?\s*(\.Values|\.Release|\.Chart|include|template|range|if|with)\b")


def _holds_template(value: Any) -> bool:
    """Whether a text in the manifest is a template; other kinds may carry templates as data."""
    kind = type(value)  # what YAML gives are plain types, and every value of every manifest comes by here
    if kind is str:
        return "{{" in value and _HELM_MARK.search(value) is not None
    if kind is dict:
        return any(map(_holds_template, value.values()))
    return kind is list and any(map(_holds_template, value))


def read_template(template: str, value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    """Record a template: its result is unknown here."""
    fix = "render it (helm template) and commit the result, or list the file in SyncSettings.exclude"
    is_in_chart = is_in(origin.file, reading.charts)
    reading.leave_out(
        problem_at(origin, f"this is a {template}, not a manifest", fix),
        may_be_ours=may_hold_ours(as_text(value).encode(), reading.registry, is_in_chart=is_in_chart),
    )


def read_shapeless(value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    """Record YAML without apiVersion or kind: another file, or a manifest that lost its head."""
    if _read_kustomization(value, origin, reading):
        return
    said = {key: value.get(key) for key in ("apiVersion", "kind")}
    missing = " and ".join(key for key, text in said.items() if not text or not isinstance(text, str))
    message = f"{missing} is missing" if " and " not in missing else "apiVersion and kind are missing"
    if resembles_ours(value, reading.registry):
        reading.lose(problem_at(origin, message, "add it; without it, the kind of this manifest is unknown"))
    else:
        fix = "list the file in SyncSettings.exclude to leave it out"
        reading.pass_over(problem_at(origin, f"{message}: this is not a Kubernetes manifest", fix))


def _read_kustomization(value: Mapping[str, Any], origin: Origin, reading: Reading) -> bool:
    """Whether this is a kustomization; warns about transformations that are not done here."""
    found = kustomization_of(value, origin)
    if found is None:
        return False
    reading.kustomizations.append(found)
    if found.unbuilt:
        reading.pass_over(
            problem_at(
                origin,
                f"kustomizations are not built, so {' and '.join(found.unbuilt)} have no effect here",
                "commit what `kustomize build` prints, or list the file in SyncSettings.exclude",
            )
        )
    return True


def read_unserved(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    """Record a manifest of a kind or version that we do not read: another program's, or a misspelt one of ours."""
    meant = kind_meant(version, kind, reading.registry)
    is_successor = reading.registry.is_successor(GroupKind(group_of(version), kind))
    if meant is None or is_successor:
        _note_namesakes(version, kind, value, origin, reading)
        reading.ignored[f"{version}/{kind}"] = reading.ignored.get(f"{version}/{kind}", 0) + 1
    if meant is None:
        _read_foreign(version, kind, value, origin, reading)
        return
    problem = Problem(
        severity=Severity.ERROR,
        message=f"{kind} of {version} is not served",
        fix=f"layer 4 is described with {meant.kind} of {' or '.join(sorted(meant.api_versions))}",
        origin=origin,
        resource=title_in(meant, value),
        field=("apiVersion",) if kind == meant.kind else ("kind",),
    )
    if is_successor:
        reading.leave_unread(kind, problem)
    else:
        reading.problems.append(problem)
        break_manifest(meant, value, origin, reading)


def _read_foreign(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    if kind == "Kustomization":
        _read_kustomization(value, origin, reading)
    if isinstance(value.get("items"), list) and resembles_ours(value["items"], reading.registry):
        reading.lose(problem_at(origin, f"{kind} is not a list of manifests", "write kind: List"))
    elif group_of(version) in reading.registry.groups_of_avi:
        fix = "it has no effect; if that is right, list the file in SyncSettings.exclude"
        problem = problem_at(origin, f"{kind} of {version} is not read", fix)
        reading.leave_unread(kind, replace(problem, field=("kind",)))


def naming_all(unread: Mapping[str, Problem]) -> Problem:
    """One warning for the kinds of a file that are not read; that of a kind with a version that is served leads."""
    leading, *others = sorted(unread, key=lambda kind: unread[kind].resource == "")
    told = unread[leading]
    if not others:
        return told
    return replace(
        told, message=f"{told.message}, and neither {'is' if len(others) == 1 else 'are'} {' and '.join(others)}"
    )


def _note_namesakes(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    for row in reading.registry.by_name.get(kind, ()):
        if row.owner is not None:
            namespace, name = identity_in(row, value)
            served = " or ".join(sorted(row.api_versions))
            reading.namesakes.append(
                Namesake(
                    owner=row.owner,
                    message=f"its manifest is of {version}, which is not served",
                    fix=f"write apiVersion: {served}, or give the other {kind} another name",
                    namespace=namespace,
                    name=name,
                    origin=origin,
                )
            )
