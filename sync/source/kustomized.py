"""What the kustomizations of a tree do to its manifests: rename them, or use them as patches."""

from collections import Counter
from collections.abc import Mapping

from sync.model.problem import Problem, Severity
from sync.model.resources.core import Namespace, Service
from sync.model.resources.resource import Resource
from sync.model.resources.tree import Namesake
from sync.source.kustomize import Kustomization, patch_files, renaming_by_file
from sync.source.reading import Reading, broken_twin, problem_at, stands_alone


def set_patches_aside(reading: Reading) -> None:
    """Patches of kustomizations that are no manifests by themselves are not served; what is live of that name stays.

    A patch of something that is in the tree is different: it is unknown then what a cluster gets.
    """
    files = patch_files(reading.kustomizations)
    sound = [item for items in reading.resources.values() for item in items]
    known = Counter(item.manifest_key for item in sound)
    known.update(item.manifest_key for item in reading.broken)
    partial = [*(broken_twin(item) for item in sound if _has_no_ports(item)), *reading.broken]
    patches = {
        item.origin: (item, owner)
        for item in partial
        if (owner := reading.registry.by_group_kind[item.group_kind].owner) is not None
        and item.origin.file in files
        and known[item.manifest_key] == 1
    }
    for name, items in reading.resources.items():
        reading.resources[name] = [item for item in items if item.origin not in patches]
    reading.broken = [item for item in reading.broken if item.origin not in patches]
    reading.problems = [problem for problem in reading.problems if problem.is_cause or problem.origin not in patches]
    for item, owner in patches.values():
        message, fix = "this is a patch, not a manifest", "commit what `kustomize build` prints"
        reading.pass_over(problem_at(item.origin, message, fix))
        reading.namesakes.append(
            Namesake(
                owner=owner,
                message="its manifest is only a patch of a kustomization",
                fix=fix,
                namespace=item.namespace,
                name=item.name,
                origin=item.origin,
            )
        )


def _has_no_ports(item: Resource) -> bool:
    return isinstance(item, Service) and item.spec.type == "LoadBalancer" and not item.spec.ports


def break_renamed(reading: Reading, root: str | None) -> None:
    """Manifests that a kustomization renames cannot be used: their file does not show what a cluster gets."""
    files = {item.origin.file for items in reading.resources.values() for item in items}
    renaming = renaming_by_file(reading.kustomizations, files, root)
    for name, items in reading.resources.items():
        changes = {item.key: _renamed(item, renaming) for item in items}
        for item in items:
            if problem := changes[item.key]:
                reading.problems.append(problem)
                reading.broken.append(broken_twin(item))
        reading.resources[name] = [item for item in items if changes[item.key] is None]


def _renamed(item: Resource, renaming: Mapping[str, Kustomization]) -> Problem | None:
    found = renaming.get(item.origin.file)
    change = found.change_of(item.namespace) if found is not None else ""
    if found is None or not change or stands_alone(item) or isinstance(item, Namespace):
        return None
    return Problem(
        severity=Severity.ERROR,
        message=f"{found.origin.file} sets {change}: this manifest has another name in a cluster",
        fix="commit what `kustomize build` prints in another folder, and list this one in SyncSettings.exclude",
        origin=item.origin,
        resource=item.title,
        field=("metadata",),
    )
