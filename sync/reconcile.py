"""What each command does, as a list of hops over the data's way (DESIGN §4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.config import controller_host_problem, read_settings
from sync.controller.address import ControllerAddress
from sync.controller.apply import ApplyOptions, apply_plan
from sync.controller.client import ControllerClient, Login
from sync.controller.facts import read_facts
from sync.controller.live import read_live
from sync.errors import SourceError
from sync.model.desired import DesiredState
from sync.model.facts import Facts, assumed_facts
from sync.model.outcome import Outcome
from sync.model.plan import Plan
from sync.model.problem import Problem, Severity
from sync.model.resources.tree import Resources
from sync.model.run import Run, Wish
from sync.model.settings import Settings
from sync.model.source import Snapshot, SourceLimits
from sync.model.target import Target
from sync.model.templates import TemplateText
from sync.plan.make import make_plan
from sync.render import render
from sync.source.git import SourceRequest, read_source
from sync.source.manifests import holds_manifests, parse_manifests
from sync.source.places import with_lines
from sync.templates import read_templates
from sync.translate.references import references_of
from sync.translate.translation import translate


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source tree, read and typed. `settings` is None where values.yaml cannot be used."""

    snapshot: Snapshot
    settings: Settings | None
    resources: Resources
    templates: Mapping[str, TemplateText]
    problems: tuple[Problem, ...]


def load_source(request: SourceRequest, *, controller: str = "") -> Source:
    """Steps 1 to 3: settings and typed manifests of one commit."""
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
    if (wanted := _limits(settings)) != limits:
        snapshot = read_source(request, wanted)
    resources, found = parse_manifests(snapshot, exclude=settings.sync.exclude, max_aliases=wanted.max_yaml_aliases)
    wrong_host = controller_host_problem(settings, controller) if controller else None
    is_usable = wrong_host is None and holds_manifests(snapshot, settings.sync.exclude)
    return Source(
        snapshot=snapshot,
        settings=settings if is_usable else None,
        resources=resources,
        templates=read_templates(snapshot),
        problems=(*problems, *found, *((wrong_host,) if wrong_host else ())),
    )


def _limits(settings: Settings) -> SourceLimits:
    limits = settings.sync.limits
    return SourceLimits(
        max_file_bytes=limits.max_file_bytes, max_files=limits.max_files, max_yaml_aliases=limits.max_yaml_aliases
    )


def wish_for_nothing(error: SourceError) -> Wish:
    """A source of which nothing could be read, as a wish for nothing."""
    problem = Problem(
        severity=Severity.ERROR,
        message=error.message if not error.where else f"{error.where}: {error.message}",
        fix=error.fix or "check --source, --ref and --path",
    )
    desired = DesiredState(commit="", cluster="", objects={}, holds_everything=True, is_complete=False)
    return Wish(desired=desired, problems=(problem,), statuses=())


def make_wish(source: Source, facts: Facts | None) -> Wish:
    """Steps 5 and 6: everything that should exist. Without facts, those of DESIGN §7 are assumed."""
    settings = source.settings
    if settings is None:
        desired = DesiredState(
            commit=source.snapshot.commit, cluster="", objects={}, holds_everything=True, is_complete=False
        )
        return Wish(desired=desired, problems=with_lines(source.problems, source.snapshot), statuses=())
    facts = facts or assumed_facts(settings.controller.cloud_name)
    translation = translate(source.resources, settings, facts)
    rendering = render(translation.specs, source.templates, created_by=settings.created_by)
    desired = DesiredState(
        commit=source.snapshot.commit,
        cluster=settings.cluster,
        objects={item.key: item for item in sorted(rendering.objects, key=lambda item: item.key)},
        held=(*translation.held, *rendering.held),
        holds_everything=translation.holds_everything,
        is_complete=source.resources.is_complete,
        origins=translation.origins,
    )
    problems = with_lines((*source.problems, *translation.problems, *rendering.problems), source.snapshot)
    return Wish(desired=desired, problems=problems, statuses=translation.statuses)


ROUNDS = 3
"""How often a run plans and applies before it leaves the rest to the next one: others may write at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the command line wants to hear while a run goes on."""

    planned: Callable[[Wish, Plan], bool] = lambda _wish, _plan: True
    """Called before anything is written; False stops the run there."""
    apply_options: Callable[[Plan], ApplyOptions] = lambda _: ApplyOptions()


def synchronise(request: SourceRequest, target: Target, hooks: Hooks, *, is_dry: bool, retry_refused: bool) -> Run:
    """Read the source, plan against the live Controller and, unless it is a dry run, apply and read again."""
    try:
        source = load_source(request, controller=target.controller)
    except SourceError as error:
        return Run(wish=wish_for_nothing(error), is_dry=is_dry)
    settings = source.settings
    if settings is None:
        return Run(wish=make_wish(source, None), is_dry=is_dry)
    with _client(target, settings, is_read_only=is_dry) as client:
        references = references_of(source.resources, settings)
        facts = read_facts(client, cloud_name=settings.controller.cloud_name, references=references)
        wish = make_wish(source, facts)
        plan = make_plan(wish.desired, read_live(client, settings), retry_refused=retry_refused)
        if not hooks.planned(wish, plan) or is_dry or plan.is_empty:
            return Run(wish=wish, plan=plan, is_dry=is_dry)
        outcomes: tuple[Outcome, ...] = ()
        remaining = plan
        for _ in range(ROUNDS):
            done = apply_plan(remaining, client, hooks.apply_options(remaining))
            outcomes = (*(item for item in outcomes if not item.is_stale), *done)
            remaining = make_plan(wish.desired, read_live(client, settings))
            if not any(item.is_stale for item in done):
                break
        return Run(wish=wish, plan=plan, outcomes=outcomes, remaining=remaining, is_dry=False)


def _client(target: Target, settings: Settings, *, is_read_only: bool) -> ControllerClient:
    return ControllerClient(
        ControllerAddress(
            url=target.controller,
            ca_bundle=target.ca_bundle,
            is_verified=target.is_verified,
            timeout_seconds=target.timeout_seconds,
        ),
        Login(username=target.username, password=target.password, token=target.token),
        version=settings.controller.controller_version,
        read_only=is_read_only,
        max_connections=max(target.parallelism, 4),
    )
