"""Desired × live → the adoption of AKO's objects, and of desired objects that no tool has marked.

An owner is adopted as a whole or not at all: if one of its objects cannot become ours in place, none of them changes,
and a plain run keeps holding the owner. Adoption creates nothing that is missing and changes nothing that differs. An
owner that is not in Git stays AKO's. Objects of an adopted owner that are no longer in Git are adopted with it, and the
next plan deletes them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.avi.markers import Marker, created_by_us
from sync.compare.objects import compare
from sync.kinds import KINDS
from sync.model.desired import AviObject, DesiredState, Held, ObjectKey, Owner, OwnerKind
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.plan import Action, Plan, PlanOptions
from sync.model.problem import Origin, Problem, Severity
from sync.plan.make import copies, digest_of, stripped
from sync.plan.takeover import OwnerTakeover, Takeover, adopted, adopted_unwanted, take_over
from sync.plan.unknown_servers import with_unknown_servers

REASONS = {
    Ownership.AKO: "made by AKO",
    Ownership.STRIPPED: "made by avi-sync, but some of its markers were removed",
    Ownership.UNMARKED: "not marked by any tool",
}
"""What can be adopted, with the reason that the plan shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """One owner in Git, with what is live under its names; `unwanted` is what else AKO made for it."""

    name: str
    owner: Owner
    desired: Mapping[ObjectKey, AviObject]
    live: Mapping[ObjectKey, LiveObject]
    unwanted: Mapping[ObjectKey, LiveObject]

    @property
    def to_take(self) -> Mapping[ObjectKey, LiveObject]:
        """The objects to adopt."""
        present = {key: item for key, item in self.live.items() if item.ownership in REASONS}
        return {**present, **self.unwanted}


def plan_adoption(desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """The plan that makes desired objects ours, by updates of marks only.

    Owners that cannot be adopted are held, each with the reason. The same inputs in any order give an equal plan.
    """
    desired = with_unknown_servers(desired, live)
    candidates = [] if desired.holds_everything else [*_candidates(desired, live, options)]
    held = {item.name: item for item in desired.held if options.selection.includes(item.owner)}
    problems: list[Problem] = []
    owners: list[OwnerTakeover] = []
    for candidate in candidates:
        reason = next(_reasons(candidate), None)
        if reason is None:
            owners.append(_takeover_of(candidate, desired.cluster))
        else:
            place = desired.origins.get(candidate.name)
            held[candidate.name] = Held(owner=candidate.owner, name=candidate.name, origin=place)
            problems.append(_not_taken_over(candidate, place, *reason))
    taken = {key for owner in owners for key in owner.objects}
    problems += (item for owner in owners for item in _differing(owner, desired))
    problems += _left_with_ako(desired, live, taken, options)
    sets = take_over(Action.ADOPT, [owner for owner in owners if owner.objects])
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=sum(item.owner is not None and options.selection.includes(item.owner) for item in live),
        foreign=tuple(sorted(key for key in desired.objects.keys() - taken if _is_foreign(key, live))),
        held=tuple(sorted(held.values(), key=lambda item: item.name)),
        problems=(*problems, *copies(live), *stripped(desired, live)),
        digest=digest_of(sets),
    )


def _is_foreign(key: ObjectKey, live: LiveState) -> bool:
    return key in live.objects and not live.objects[key].is_ours


def _candidates(desired: DesiredState, live: LiveState, options: PlanOptions) -> Iterator[_Candidate]:
    """Every owner in Git that is part of this run, by name."""
    by_owner: dict[str, dict[ObjectKey, AviObject]] = defaultdict(dict)
    for item in desired:
        by_owner[item.owner_name][item.key] = item
    akos: dict[str, dict[ObjectKey, LiveObject]] = defaultdict(dict)
    for found in live:
        if found.ownership is Ownership.AKO and found.key not in desired.objects:
            akos[found.ako_owner_name][found.key] = found
    for name, objects in sorted(by_owner.items()):
        owner = next(iter(objects.values())).owner
        if options.selection.includes(owner):
            yield _Candidate(
                name=name,
                owner=owner,
                desired=dict(sorted(objects.items())),
                live={key: live.objects[key] for key in sorted(objects) if key in live.objects},
                unwanted={key: item for key, item in sorted(akos[name].items()) if _is_for(item, owner)},
            )


def _is_for(item: LiveObject, owner: Owner) -> bool:
    """Whether AKO made the object for this owner. One name can mean several owners; AKO's VsVips do not say which."""
    made_for = item.ako_owner
    if made_for is None:
        return True
    is_service = owner.kind is OwnerKind.SERVICE
    named = (made_for.namespace, made_for.name, made_for.kind is OwnerKind.SERVICE)
    return named == (owner.namespace, owner.name, is_service)


def _not_taken_over(candidate: _Candidate, place: Origin | None, message: str, fix: str) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        message=f"not taken over: {message}",
        fix=fix,
        origin=place,
        resource=str(candidate.owner),
    )


# --- why an owner is held ---------------------------------------------------------------------------------------------


def _reasons(candidate: _Candidate) -> Iterator[tuple[str, str]]:
    """Why an owner cannot be adopted, and what to do."""
    yield from _of_somebody_else(candidate)
    if not candidate.to_take:
        return
    yield from _elsewhere(candidate)
    for key, item in candidate.live.items():
        found = compare(candidate.desired[key], item.body)
        if found.replace is not None:
            yield (
                f"{key} would have to be created again ({found.reason})",
                "make Git match what is live, adopt it, and change it afterwards",
            )
        for difference in found.differences:
            if difference.path == "vsvip_ref":
                yield (
                    f"{key} uses VsVip {difference.before}, but Git requests {difference.after}",
                    f"make it refer to a VsVip named {difference.after} with the same addresses",
                )


def _of_somebody_else(candidate: _Candidate) -> Iterator[tuple[str, str]]:
    for key, item in candidate.live.items():
        if item.is_ours:
            if item.owner_name != candidate.name:
                yield f"{key} belongs to {item.owner}", "rename one of them"
        elif item.ownership in (Ownership.CLONE, Ownership.AKO_CLONE):
            yield f"{key} is a copy: its markers are for another name", "delete or rename the copy by hand"
        elif item.ownership not in REASONS:
            yield (
                f"{key} belongs to somebody else ({_marks(item)})",
                f"rename the {candidate.owner.kind}, or delete the object",
            )
        elif not _is_for(item, candidate.owner):
            yield f"AKO made {key} for {item.ako_owner}", "rename one of them, or delete the object"


def _marks(item: LiveObject) -> str:
    found = {"created_by": item.body.get("created_by"), Marker.CLUSTER: item.markers[Marker.CLUSTER]}
    return ", ".join(f"{name}: {value}" for name, value in found.items() if value) or "marked by another tool"


def _elsewhere(candidate: _Candidate) -> Iterator[tuple[str, str]]:
    """AKO's objects of the owner in a tenant or cloud that Git does not use: they cannot be moved in place."""
    tenants = {key.tenant for key in candidate.desired}
    clouds = {key.cloud for key in candidate.desired if key.cloud}
    for key in candidate.unwanted:
        for what, place, requested in (("tenant", key.tenant, tenants), ("cloud", key.cloud, clouds)):
            if place and place not in requested:
                yield (
                    f"{key} is in {what} {place}, but Git requests {', '.join(sorted(requested))}, "
                    "and it cannot be moved in place",
                    "make Git match what is live, adopt it, and move it afterwards",
                )


# --- what is adopted --------------------------------------------------------------------------------------------------


def _takeover_of(candidate: _Candidate, cluster: str) -> OwnerTakeover:
    return OwnerTakeover(
        owner=candidate.owner,
        objects={
            key: (item, _adoption_reason(candidate, item), _adopted(candidate, item, cluster))
            for key, item in candidate.to_take.items()
        },
    )


def _adopted(candidate: _Candidate, item: LiveObject, cluster: str) -> Takeover:
    desired = candidate.desired.get(item.key)
    if desired is None:
        return adopted_unwanted(KINDS[item.key.kind], item.body, created_by=created_by_us(cluster))
    return adopted(desired, item.body)


def _adoption_reason(candidate: _Candidate, item: LiveObject) -> str:
    more = "" if item.key in candidate.desired else "; no longer in Git"
    return f"{REASONS[item.ownership]}{more}"


def _differing(owner: OwnerTakeover, desired: DesiredState) -> Iterator[Problem]:
    for key, (_, _, takeover) in owner.objects.items():
        if takeover.left:
            yield Problem(
                severity=Severity.WARNING,
                message=f"{key} differs from Git in {', '.join(takeover.left)}: adopted unchanged",
                fix="review the next plan: it applies the values from Git, within the guards",
                origin=desired.origins.get(desired.objects[key].owner_name),
                resource=str(owner.owner),
            )


def _left_with_ako(
    desired: DesiredState, live: LiveState, taken: Iterable[ObjectKey], options: PlanOptions
) -> Iterator[Problem]:
    """Warnings about AKO's objects that are not in Git, by owner, and about copies of AKO's objects."""
    requested = {item.owner_name for item in desired} | {item.name for item in desired.held}
    left: dict[Owner, list[LiveObject]] = defaultdict(list)
    for item in sorted(live, key=lambda item: item.key):
        if item.ako_owner is not None and item.key not in taken:
            if item.ako_owner_name not in requested and options.selection.includes(item.ako_owner):
                left[item.ako_owner].append(item)
        elif item.ownership is Ownership.AKO_CLONE:
            yield Problem(
                severity=Severity.WARNING,
                message=f"{item.key} is a copy: it has AKO's markers, but for another name; left unchanged",
                fix="delete it by hand, or remove its markers",
            )
    for owner, objects in sorted(left.items()):
        yield _left_with_ako_problem(owner, objects, desired)


def _left_with_ako_problem(owner: Owner, objects: Sequence[LiveObject], desired: DesiredState) -> Problem:
    name = objects[0].ako_owner_name
    why = desired.switched_off.get(name, "it is not in Git")
    what = str(objects[0].key) if len(objects) == 1 else f"{objects[0].key} and {len(objects) - 1} more"
    return Problem(
        severity=Severity.WARNING,
        message=f"AKO made {what}, and {why}: left with AKO",
        fix="commit the manifests, or delete the objects by hand",
        origin=desired.origins.get(name),
        resource=str(owner),
    )
