"""A source tree → its desired state: steps 2, 3, 5 and 6 of the pipeline, without a Controller."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sync.compare.ignoring import expired, matching_nothing, with_ignored
from sync.config import controller_host_problem, read_settings
from sync.credentials import known
from sync.errors import SourceError
from sync.model.desired import DesiredState, Held, OwnersInGit, Status
from sync.model.facts import Facts, assumed_facts
from sync.model.leaks import KnownSecrets
from sync.model.live import LiveState
from sync.model.plan import PlanOptions, Selection
from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.tree import Resources
from sync.model.settings import Settings
from sync.model.source import Snapshot, SourceLimits
from sync.model.templates import TemplateText
from sync.plan.make import make_plan
from sync.render import never, render
from sync.source.git.source import SourceRequest, read_source
from sync.source.manifests import holds_manifests, parse_manifests
from sync.source.places import with_lines
from sync.template_files import own_text, read_templates, unknown_templates
from sync.translate.kubernetes_status import held_status
from sync.translate.owners import named_owners
from sync.translate.translation import translate


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source tree, read and typed. `settings` is None if values.yaml cannot be used."""

    snapshot: Snapshot
    settings: Settings | None
    resources: Resources
    templates: Mapping[str, TemplateText]
    freeze: str | None = None
    """The text of the freeze file, None if Git holds none."""
    problems: tuple[Problem, ...]


def load_source(request: SourceRequest, *, controller: str = "") -> Source:
    """Steps 2 and 3: settings and typed manifests of one commit."""
    limits = SourceLimits()
    snapshot = read_source(request, limits)
    settings, problems = read_settings(snapshot, max_aliases=limits.max_yaml_aliases)
    if settings is None:
        return Source(
            snapshot=snapshot,
            settings=None,
            resources=Resources(is_complete=False),
            templates={},
            problems=(*snapshot.problems, *problems),
        )
    if (own_limits := limits_of(settings)) != limits:
        snapshot = read_source(request, own_limits)
    resources, found = parse_manifests(snapshot, exclude=settings.sync.exclude, max_aliases=own_limits.max_yaml_aliases)
    wrong_host = controller_host_problem(settings, controller) if controller else None
    is_usable = wrong_host is None and holds_manifests(snapshot, settings.sync.exclude)
    return Source(
        snapshot=snapshot,
        settings=settings if is_usable else None,
        resources=resources,
        templates=read_templates(snapshot),
        freeze=snapshot.freeze,
        problems=(*problems, *found, *unknown_templates(snapshot), *((wrong_host,) if wrong_host else ())),
    )


def limits_of(settings: Settings) -> SourceLimits:
    """How much of a tree these settings let a run read."""
    limits = settings.sync.limits
    return SourceLimits(
        max_file_bytes=limits.max_file_bytes, max_files=limits.max_files, max_yaml_aliases=limits.max_yaml_aliases
    )


def empty_desired(error: SourceError) -> DesiredState:
    """The desired state of a source that cannot be read: empty, and nothing may be deleted because of it."""
    problem = Problem(
        severity=Severity.ERROR,
        message=error.message if not error.where else f"{error.where}: {error.message}",
        fix=error.fix or "check --source, --ref and --path",
    )
    return _nothing("", (problem,))


def _nothing(commit: str, problems: tuple[Problem, ...]) -> DesiredState:
    return DesiredState(
        commit=commit, cluster="", objects={}, holds_everything=True, is_complete=False, problems=problems
    )


def make_desired(source: Source, facts: Facts | None, is_over: Callable[[], bool] = never) -> DesiredState:
    """Steps 5 and 6: everything that should exist. Without facts, those of `assumed_facts` count.

    A template that is still running when `is_over` returns true is stopped, and its owner is held.
    """
    settings = source.settings
    if settings is None:
        return _nothing(source.snapshot.commit, with_lines(source.problems, source.snapshot))
    facts = facts or assumed_facts(settings.controller.cloud_name)
    translation = translate(source.resources, settings, facts)
    rendering = render(
        translation.specs,
        source.templates,
        created_by=settings.created_by,
        secrets=KnownSecrets(names={**known}, words=own_text()),
        is_over=is_over,
    )
    held = {item.name for item in rendering.held}
    found = _by_effect(source.problems, translation.idle)
    return DesiredState(
        commit=source.snapshot.commit,
        cluster=settings.cluster,
        objects={item.key: item for item in sorted(rendering.objects, key=lambda item: item.key)},
        held=(*translation.held, *rendering.held),
        holds_everything=translation.holds_everything,
        is_complete=source.resources.is_complete,
        in_git=_with_lines(translation.in_git, source.snapshot),
        origins=translation.origins,
        switched_off=translation.switched_off,
        tenant_unknown=translation.tenant_unknown,
        doubts={name: with_lines(found, source.snapshot) for name, found in translation.doubts.items()},
        unreadable=facts.unreadable,
        hostnames_are_exclusive=bool(facts.cloud.dns_domains),
        problems=with_lines((*found, *translation.problems, *rendering.problems), source.snapshot),
        statuses=_held_statuses(translation.statuses, held, "its template cannot be rendered"),
        ignored=source.resources.ignored,
    )


def owners_in_git(source: Source, settings: Settings) -> DesiredState:
    """The owners in Git without their objects, for commands that need no more; faulty manifests do not matter."""
    named = named_owners(source.resources)
    return DesiredState(
        commit=source.snapshot.commit, cluster=settings.cluster, objects={}, in_git=OwnersInGit(named=named)
    )


def _held_statuses(statuses: Iterable[Status], names: Collection[str], why: str) -> tuple[Status, ...]:
    """The statuses, those of the owners of these names as held."""
    return tuple(held_status(status, why) if status.owner_name in names else status for status in statuses)


def _by_place(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.sort_key))


def _by_effect(problems: Iterable[Problem], idle: frozenset[Origin]) -> Iterator[Problem]:
    """The problems, those of manifests that hold nothing as warnings."""
    for problem in problems:
        yield replace(problem, severity=Severity.WARNING) if problem.origin in idle else problem


def _with_lines(in_git: OwnersInGit, snapshot: Snapshot) -> OwnersInGit:
    """With the line of each wrong label; problems of a whole manifest have their line already."""
    loose = in_git.loose_services.items()
    found = {service: with_lines((each,), snapshot)[0] if each.field else each for service, each in loose}
    return replace(in_git, loose_services=found)


def with_ignore_rules(desired: DesiredState, source: Source, today: date) -> DesiredState:
    """The same, with the fields that `SyncSettings.ignore` exempts that day, and a warning for each idle rule."""
    rules = source.settings.sync.ignore if source.settings else ()
    if not rules:
        return desired
    notices = (*expired(rules, today), *matching_nothing(rules, desired, today))
    found = with_lines(notices, source.snapshot)
    objects = {key: with_ignored(item, rules, today) for key, item in desired.objects.items()}
    return replace(desired, objects=objects, problems=_by_place({*desired.problems, *found}))


def narrowed(desired: DesiredState, selection: Selection) -> DesiredState:
    """The same without the problems of owners that are not selected."""
    if selection.is_everything:
        return desired
    owners = {item.owner for item in (*desired, *desired.held)}
    others = {str(owner) for owner in owners if not selection.includes(owner)}
    return replace(desired, problems=tuple(problem for problem in desired.problems if problem.resource not in others))


NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing is live, so nothing is paused and the time does not matter."""


def if_live(desired: DesiredState, source: Source) -> DesiredState:
    """The desired state for `validate`, which has no Controller: everything in Git counts as live.

    A Gateway that is live is held while the labels of a Service are nearly right; what is new is served without it.
    """
    names = {item.owner: item.owner_name for item in desired}
    meant_for = {owner: found for owner, found in desired.in_git.meant_for.items() if owner in names}
    if not meant_for:
        return desired
    errors = with_lines((problem for found in meant_for.values() for problem in found), source.snapshot)
    places = {(problem.origin, problem.field) for problem in errors}
    others = (problem for problem in desired.problems if (problem.origin, problem.field) not in places)
    origins = desired.origins
    held = (Held(owner=owner, name=names[owner], origin=origins.get(names[owner])) for owner in meant_for)
    why = "held: the labels of a Service that is meant for it are wrong"
    return replace(
        desired,
        objects={key: item for key, item in desired.objects.items() if item.owner not in meant_for},
        held=(*desired.held, *held),
        problems=_by_place((*others, *errors)),
        statuses=_held_statuses(desired.statuses, {names[owner] for owner in meant_for}, why),
    )


def offline(desired: DesiredState) -> DesiredState:
    """The desired state without what would be held even on an empty Controller: owners that request the same address.

    With the doubts about VIPs, all of which would be new there.
    On a real Controller, the owner that has the address keeps it; without one, that owner is unknown.
    """
    # Whether two VsVips may share a DNS name depends on the Controller, and so does what is live of unknown servers.
    objects = {key: replace(item, unknown_servers=None) for key, item in desired.objects.items()}
    shared_names = replace(desired, hostnames_are_exclusive=False, objects=objects)
    plan = make_plan(shared_names, LiveState(), PlanOptions(now=NO_TIME))
    known = {held.name for held in desired.held}
    held = tuple(item for item in plan.held if item.name not in known)
    names = {item.name for item in held}
    return replace(
        desired,
        objects={key: item for key, item in desired.objects.items() if item.owner_name not in names},
        held=(*desired.held, *held),
        problems=_by_place({*desired.problems, *plan.problems}),
        statuses=_held_statuses(desired.statuses, names, "held: another owner requests its address"),
    )
