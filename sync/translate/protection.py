"""`avi-sync/protect`: owners that a guard lets no plan take down, also when their manifest is gone."""

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
    """The specs of an owner, with the mark that stays on its live objects if one of its manifests asks for it."""
    if not _is_protected(manifests, findings):
        return specs
    return tuple(replace(spec, markers=spec.markers.with_values(Marker.PROTECTED, "true")) for spec in specs)


def sources_of_protection(manifests: Sequence[Resource]) -> Sources:
    """Where manifests speak of it."""
    speaking = (each for each in manifests if each.annotation(ANNOTATION))
    return tuple(in_manifest(each, "metadata", "annotations", ANNOTATION) for each in speaking)


def _is_protected(manifests: Sequence[Resource], findings: Findings) -> bool:
    """A value that is no boolean is an error, not a no."""
    texts = set()
    for manifest in manifests:
        text = manifest.annotation(ANNOTATION).lower()
        if text not in ("", "true", "false"):
            place = ("metadata", "annotations", ANNOTATION)
            findings.error(manifest, place, f"{shown(text)} is neither true nor false", 'write "true" or "false"')
        texts.add(text)
    return "true" in texts
