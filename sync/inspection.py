"""Look-ups for commands that plan nothing: sources of fields, facts, and the holder of the lock."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sync.backends import NO_PLACE, read_back_ends, with_back_ends
from sync.cluster.place import ClusterPlace
from sync.compare.fields import field_sources, field_values
from sync.context import open_client, read_facts_for, record_store
from sync.controller.client import ControllerClient
from sync.controller.live import read_live
from sync.controller.lock import release_from
from sync.desired import Source, limits_of, load_source, make_desired, offline, with_ignore_rules
from sync.errors import SourceError
from sync.model.desired import AviObject, DesiredState
from sync.model.explanation import ExplainedField, Explanation
from sync.model.facts import Facts, assumed_facts
from sync.model.live import LiveState
from sync.model.lock import Holder, Record
from sync.model.problem import dotted
from sync.model.run import Target
from sync.model.settings import Settings
from sync.model.traffic import Observer, unobserved
from sync.plan.naming import with_owners_of_git
from sync.plan.unknown_servers import with_unknown_servers
from sync.source.git.source import SourceRequest
from sync.source.places import WrittenText
from sync.timing import Timing
from sync.translate.translation import translate


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The desired and the live state, without a plan; `live` is None without a Controller."""

    source: Source
    settings: Settings
    facts: Facts
    desired: DesiredState
    live: LiveState | None

    def explained(self, items: Iterable[AviObject]) -> Iterator[Explanation]:
        """Where each field of these desired objects comes from, and the live value beside it."""
        text = WrittenText(self.source.snapshot, max_aliases=limits_of(self.settings).max_yaml_aliases)
        translation = translate(self.source.resources, self.settings, self.facts, records_sources=True)
        recorded = {spec.key: spec.sources for spec in translation.specs}
        files = {file.path for file in self.source.snapshot.files}
        for item in items:
            template = self.source.templates[item.key.kind]
            found = field_sources(item, recorded[item.key], template if template.file in files else None)
            live = self.live.objects.get(item.key) if self.live is not None else None
            values = field_values(item, live.body if live else None, list(found))
            yield Explanation(
                commit=self.desired.commit,
                item=item,
                fields=tuple(
                    ExplainedField(field=dotted(path), sources=tuple(map(text.located, sources)), values=value)
                    for (path, sources), value in zip(found.items(), values, strict=True)
                ),
                live=live,
                is_looked_up=self.live is not None,
            )


def inspect(
    request: SourceRequest,
    target: Target,
    now: datetime,
    observe: Observer = unobserved,
    cluster: ClusterPlace = NO_PLACE,
) -> Inspection:
    """The tree, its cluster and the Controller as they are; raises SourceError if the tree cannot be used."""
    source, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    found = read_back_ends(source, cluster, timing, location=request.location)
    source = with_back_ends(source, found, cluster, now, writes=False)
    with open_client(target, settings, timing, is_read_only=True, observe=observe) as client:
        facts = read_facts_for(source, settings, client)
        live = read_live(client, settings)
    desired = with_ignore_rules(make_desired(source, facts, timing.is_over), source, now.date())
    live = with_owners_of_git(live, desired.in_git.named)
    desired = with_unknown_servers(desired, live)
    return Inspection(source=source, settings=settings, facts=facts, desired=desired, live=live)


def inspect_tree(
    request: SourceRequest,
    facts: Facts | None,
    now: datetime,
    timing: Timing,
    complete: Callable[[Source], Source] = lambda source: source,
) -> Inspection:
    """The tree alone, with given facts or assumed ones; `complete` may add servers."""
    source, settings = _usable(request)
    source = complete(source)
    facts = facts or assumed_facts(settings.controller.cloud_name)
    desired = offline(with_ignore_rules(make_desired(source, facts, timing.is_over), source, now.date()))
    return Inspection(source=source, settings=settings, facts=facts, desired=desired, live=None)


def read_facts_of(request: SourceRequest, target: Target) -> Facts:
    """The Controller's facts about what the tree refers to."""
    with _connected(request, target) as (source, settings, client):
        return read_facts_for(source, settings, client)


def read_record_of(request: SourceRequest, target: Target) -> tuple[str, Record]:
    """The name of the lock of the tree's cluster, and its record."""
    with _connected(request, target) as (_, settings, client):
        store = record_store(client, settings)
        stored = store.read()
        return store.name, stored.record if stored else Record()


def release_lock(request: SourceRequest, target: Target, holder: Holder) -> None:
    """Take the lock away from this holder; raises LockedError if another one has it now."""
    with _connected(request, target, is_read_only=False) as (_, settings, client):
        release_from(record_store(client, settings), holder.run_id)


@contextmanager
def _connected(
    request: SourceRequest, target: Target, *, is_read_only: bool = True
) -> Iterator[tuple[Source, Settings, ControllerClient]]:
    source, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    with open_client(target, settings, timing, is_read_only=is_read_only) as client:
        yield source, settings, client


def usable_source(request: SourceRequest) -> Source:
    """The source; raises SourceError where it cannot be used."""
    return _usable(request)[0]


def _usable(request: SourceRequest, controller: str = "") -> tuple[Source, Settings]:
    """The source with its settings; raises SourceError if they cannot be used."""
    source = load_source(request, controller=controller)
    if source.settings is None:
        first = make_desired(source, None).problems[0]
        raise SourceError(first.message, where=f"{first.file}:{first.line}" if first.file else "", fix=first.fix)
    return source, source.settings
