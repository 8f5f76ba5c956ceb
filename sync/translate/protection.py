"""`avi-sync/protect`: owners that no plan may take down, even if their manifest is gone."""

from collections.abc import Sequence
from dataclasses import replace

from sync.avi.markers import Marker
from sync.model.desired import ObjectSpec
from sync.model.provenance import Sources, in_manifest
from sync.model.resources.resource import Resource
from sync.model.wording import shown
from sync.translate.findings import Findings

ANNOTATION = "avi-sync/protect"


def with_protection(
    specs: tuple[ObjectSpec, ...], manifests: Sequence[Resource], findings: Findings
) -> tuple[ObjectSpec, ...]:
    """The specs of an owner, with the marker that stays on its live objects if a manifest has the annotation."""
    if not _is_protected(manifests, findings):
        return specs
    return tuple(replace(spec, markers=spec.markers.with_values(Marker.PROTECTED, "true")) for spec in specs)


def sources_of_protection(manifests: Sequence[Resource]) -> Sources:
    """Where manifests speak of it."""
    speaking = (each for each in manifests if each.annotation(ANNOTATION))
    return tuple(in_manifest(each, "metadata", "annotations", ANNOTATION) for each in speaking)


def _is_protected(manifests: Sequence[Resource], findings: Findings) -> bool:
    """A value that is not a boolean is an error, not false."""
    texts = set()
    for manifest in manifests:
        text = manifest.annotation(ANNOTATION).lower()
        if text not in ("", "true", "false"):
            place = ("metadata", "annotations", ANNOTATION)
            findings.error(manifest, place, f"{shown(text)} is neither true nor false", 'write "true" or "false"')
        texts.add(text)
    return "true" in texts
