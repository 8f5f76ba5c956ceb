"""`avi-sync explain`: where each field of a desired object comes from."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.help import Command, not_required
from sync.cli.offline import ASSUMED_FACTS, offline_back_ends
from sync.cli.terminal import paint, say, show, show_document
from sync.errors import UsageError
from sync.kinds import KINDS
from sync.model.wording import did_you_mean, nearest, shown
from sync.timing import Timing

if TYPE_CHECKING:
    from sync.cli.arguments import Arguments
    from sync.inspection import Inspection
    from sync.model.desired import AviObject, Owner


@click.command(
    "explain",
    cls=Command,
    examples=[
        "avi-sync explain Gateway/shop/web --source . --working-tree",
        "avi-sync explain VsVip/my-cluster--shop-web --source . -o json",
    ],
)
@click.argument("object", metavar="OBJECT|OWNER")
@options.source_options
@options.working_tree
@not_required(options.controller_options)
@options.cluster_options
@options.facts
@options.output
def command(object: str, facts: str, **given: Any) -> None:  # noqa: A002 (click names it after the argument)
    """Show where each field of a desired object comes from: manifest and line, setting or default; and what is live.

    OBJECT is KIND/NAME: an Avi kind such as Pool or VirtualService, and a name on the Controller. OWNER is
    KIND/NAMESPACE/NAME, such as Gateway/shop/web: all its objects. Without --controller, or with --facts, live values
    are left out.
    """
    from sync.cli.arguments import Arguments, parse_owner
    from sync.report.explanation import explanation_document, explanation_lines, explanations_document

    kind, name = _kind_and_name(object)
    arguments = Arguments.of(given)
    inspection = _inspection(arguments, facts)
    if kind in KINDS:
        (explanation,) = inspection.explained([_found(kind, name, inspection)])
        if arguments.form == "json":
            show_document(explanation_document(explanation))
        else:
            show(explanation_lines(explanation, paint))
        return
    explanations = list(inspection.explained(_objects_of(parse_owner(object), inspection)))
    if arguments.form == "json":
        show_document(explanations_document(explanations))
    else:
        show(line for each in explanations for line in explanation_lines(each, paint))


def _kind_and_name(text: str) -> tuple[str, str]:
    """`pool/x` or `gateway/shop/x` as a kind and what follows it; the kind in upper or lower case."""
    from sync.model.desired import OwnerKind

    kind, _, name = text.partition("/")
    if not name:
        fix = "write KIND/NAME, such as Pool/my-cluster--shop-web, or an owner, such as Gateway/shop/web"
        raise UsageError(f"{shown(text)} is not an object", fix=fix)
    known = (*KINDS, *(kind.value for kind in OwnerKind))
    kinds = {each.lower(): each for each in known}
    if kind.lower() not in kinds:
        raise UsageError(f"{shown(kind)} is not a kind of object", fix=did_you_mean(kind, known))
    return kinds[kind.lower()], name


def _inspection(arguments: "Arguments", facts_file: str) -> "Inspection":
    from sync.cli.console import Console
    from sync.cli.controller import controller
    from sync.inspection import inspect, inspect_tree
    from sync.source.facts_file import read_facts_file

    request, now = arguments.request(), datetime.now(UTC)
    if facts_file or not arguments.controller.controller:
        if not facts_file:
            say(ASSUMED_FACTS)
        facts = read_facts_file(Path(facts_file)) if facts_file else None
        timing = Timing().ending_after(arguments.controller.deadline)
        return inspect_tree(request, facts, now, timing, lambda read: offline_back_ends(read, arguments.cluster))
    with controller(arguments) as where, Console(is_quiet=arguments.form != "text") as console:
        return inspect(request, where, now, console.hooks(where).observe, arguments.cluster)


def _found(kind: str, name: str, inspection: "Inspection") -> "AviObject":
    """The object of that kind and name; the error suggests a similar name, or says why there is none."""
    desired = inspection.desired
    for item in desired:
        if (item.key.kind, item.key.name) == (kind, name):
            return item
    message = f"Git requests no {kind} {name}"
    for held in desired.held:
        if name == held.name or name.startswith(f"{held.name}-"):
            raise UsageError(f"{message}: {held.owner} is held", fix="avi-sync validate shows why")
    near = nearest(name, [item.key.name for item in desired if item.key.kind == kind])
    if any((item.key.kind, item.key.name) == (kind, name) for item in inspection.live or ()):
        raise UsageError(f"{message}, but the Controller has one", fix="look it up there")
    raise UsageError(
        message, fix=f'did you mean "{near}"?' if near else "avi-sync render lists everything that it requests"
    )


def _objects_of(owner: "Owner", inspection: "Inspection") -> "list[AviObject]":
    """The objects of an owner in the order of creation; an error suggests a similar owner, or says why."""
    desired = inspection.desired
    if found := [item for item in desired if item.owner == owner]:
        return sorted(found, key=lambda item: (item.key.rank, item.key))
    if any(held.owner == owner for held in desired.held):
        raise UsageError(f"{owner} is held", fix="avi-sync validate shows why")
    names = sorted({item.owner.argument for item in desired})
    raise UsageError(f"Git has no {owner}, or it has no objects", fix=did_you_mean(owner.argument, names))
