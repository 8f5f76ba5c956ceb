"""Single fields of an object: where they come from, desired, live, and whether the two mean the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync.avi.markers import Markers
from sync.avi.references import names_in, with_names
from sync.compare.normal_form import normal_form
from sync.compare.objects import Comparison, compare, top_level
from sync.compare.unknown_servers import unknown_servers, with_servers
from sync.kinds import OURS_AFTER_RENDERING
from sync.model.desired import AviObject
from sync.model.explanation import FieldValues
from sync.model.problem import Origin, dotted
from sync.model.provenance import VALUES, FieldSources, Path, Source, Sources
from sync.model.secrets import shown_at
from sync.model.templates import TemplateText


def field_sources(item: AviObject, recorded: FieldSources, template: TemplateText | None) -> dict[Path, Sources]:
    """Every field of the body, in its order, with its sources: manifests first, then settings, then words.

    `recorded` are those of the object's spec. A list goes field by field where its items have sources of their own.
    `template` is the tree's own template of the object's kind, if it has one: then that says every field but those that
    no template can change.
    """
    return {path: _in_order(_sources_of(path, item, recorded, template)) for path in _paths(item, recorded)}


def _paths(item: AviObject, recorded: FieldSources) -> Iterator[Path]:
    lists = {name.partition(_EACH)[0] for name in recorded if _EACH in name}
    for name, value in item.body.items():
        if name in lists:
            yield from ((name, number, key) for number, part in enumerate(value) for key in part)
        else:
            yield (name,)
    yield from ((name,) for name in sorted(item.left_alone))


_EACH = ".*."
"""Stands for the number of an item of a list."""


def _sources_of(path: Path, item: AviObject, recorded: FieldSources, template: TemplateText | None) -> Sources:
    name = str(path[0])
    if template is not None and name not in OURS_AFTER_RENDERING | item.left_alone:
        line = Origin(file=template.file, line=template.line_of(name))
        return (Source(origin=line, said="the tree's own template"),)
    return recorded.get(name if len(path) == 1 else f"{name}{_EACH}{path[-1]}", ())


def _in_order(sources: Sources) -> Sources:
    """Each once: manifests, then settings, then words."""
    return tuple(sorted(dict.fromkeys(sources), key=lambda each: (each.origin is None, each.origin == VALUES)))


def field_values(desired: AviObject, live: Mapping[str, Any] | None, paths: Sequence[Path]) -> tuple[FieldValues, ...]:
    """The values of the fields at these paths, without secrets; a field is equal where a plan would not change it."""
    if live is not None and (servers := unknown_servers(desired, live)):
        desired = with_servers(desired, servers, Markers.of(live))
    comparison = compare(desired, live) if live is not None else None
    return tuple(
        FieldValues(
            desired=shown_at(dotted(path), _value_at(desired.body, path)),
            live=None if live is None else shown_at(dotted(path), _live_at(desired.body, live, path)),
            is_equal=None
            if live is None or comparison is None or path[0] in desired.left_alone
            else _is_equal(desired, live, path, comparison),
        )
        for path in paths
    )


def _is_equal(desired: AviObject, live: Mapping[str, Any], path: Path, comparison: Comparison) -> bool:
    changed = {top_level(difference.path) for difference in comparison.differences}
    if comparison.moved:
        changed.add("servers")
    if comparison.reason:
        changed.add("vip")
    if path[0] not in changed:
        return True
    name, *rest = path
    if not rest:
        return False
    mine, theirs = ({rest[-1]: value} for value in (_value_at(desired.body, path), _live_at(desired.body, live, path)))
    names = names_in(theirs)
    wanted, present = (_normal(desired.key.kind, str(name), with_names(part, names)) for part in (mine, theirs))
    return _is_within(wanted, present)


def _is_within(wanted: Any, live: Any) -> bool:
    """Whether live has everything that is wanted: the Controller completes the parts of a VIP."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return all(_is_within(value, live.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return all(_is_within(one, other) for one, other in zip(wanted, live, strict=True))
    return bool(wanted == live)


def _normal(kind: str, name: str, part: Mapping[Any, Any]) -> dict[str, Any]:
    return normal_form({name: [part]}, kind, [name])


def _live_at(wanted: Mapping[str, Any], live: Mapping[str, Any], path: Path) -> Any:
    """The live value; a part of a VIP is looked for in the VIP with the same id, wherever that stands."""
    if len(path) == 1:
        return live.get(str(path[0]))
    name, number, key = path
    part = _value_at(wanted, (name, number))
    for other in live.get(str(name), ()):
        if other.get("vip_id") == part.get("vip_id"):
            return other.get(str(key))
    return None


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        else:
            value = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
    return value
