"""`avi-sync explain`: where each field of a desired object comes from."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sync.cli import options
from sync.cli.console import Console
from sync.cli.controller import controller, warn_of_unchecked_certificate
from sync.cli.offline import ASSUMED_FACTS
from sync.cli.terminal import paint, say, show, show_document
from sync.config import source_request, target
from sync.errors import UsageError
from sync.kinds import KINDS
from sync.model.desired import AviObject
from sync.model.explanation import Explanation
from sync.model.wording import did_you_mean, nearest
from sync.reconcile import Sight, look_at, look_at_tree
from sync.report.explanation import explanation_document, explanation_lines
from sync.source.facts_file import read_facts_file
from sync.wish import explain


@click.command("explain", epilog=options.EXAMPLES["explain"])
@click.argument("object", metavar="KIND/NAME")
@options.source_options
@options.working_tree
@options.not_required(options.controller_options)
@options.facts
@options.output
def command(object: str, output: str, **given: Any) -> None:  # noqa: A002 (click names it after the argument)
    """Tell where each field of a desired object comes from: manifest and line, setting or default; and what is live.

    KIND is VirtualService, VsVip, Pool or L4PolicySet, NAME the object's name on the Controller. Without --controller,
    or with --facts, no Controller is asked, and live values are left out.
    """
    kind, name = _kind_and_name(object)
    sight = _sight(given, is_quiet=output != "text")
    explanation = _explanation(_found(kind, name, sight), sight)
    if output == "json":
        show_document(explanation_document(explanation))
    else:
        show(explanation_lines(explanation, paint))


def _kind_and_name(text: str) -> tuple[str, str]:
    """`pool/x` as a kind and a name; the kind in upper or lower case."""
    kind, _, name = text.partition("/")
    if not name:
        raise UsageError(f'"{text}" names no object', fix="write KIND/NAME, such as Pool/my-cluster--shop-web")
    kinds = {known.lower(): known for known in KINDS}
    if kind.lower() not in kinds:
        raise UsageError(f'"{kind}" is no kind of object', fix=did_you_mean(kind, tuple(KINDS)))
    return kinds[kind.lower()], name


def _sight(given: Mapping[str, Any], *, is_quiet: bool) -> Sight:
    request = source_request(given, os.environ, writes=False)
    now = datetime.now(UTC)
    if given["facts"] or not given["controller"]:
        if not given["facts"]:
            say(ASSUMED_FACTS)
        facts = read_facts_file(Path(given["facts"])) if given["facts"] else None
        return look_at_tree(request, facts, now)
    warn_of_unchecked_certificate(given)
    with controller(target(given, os.environ)) as where, Console(is_quiet=is_quiet) as console:
        return look_at(request, where, now, console.hooks(where).observe)


def _found(kind: str, name: str, sight: Sight) -> AviObject:
    """The one object that is meant; an error says what is near, or why it is not there."""
    desired = sight.wish.desired
    for item in desired:
        if (item.key.kind, item.key.name) == (kind, name):
            return item
    message = f"Git asks for no {kind} {name}"
    for held in desired.held:
        if name == held.name or name.startswith(f"{held.name}-"):
            raise UsageError(f"{message}: {held.owner} is held", fix="avi-sync validate says why")
    near = nearest(name, [item.key.name for item in desired if item.key.kind == kind])
    if any((item.key.kind, item.key.name) == (kind, name) for item in sight.live or ()):
        raise UsageError(f"{message}, though there is one on the Controller", fix="look it up there")
    raise UsageError(message, fix=f'did you mean "{near}"?' if near else "avi-sync render lists all that it asks for")


def _explanation(item: AviObject, sight: Sight) -> Explanation:
    live = sight.live.objects.get(item.key) if sight.live is not None else None
    return Explanation(
        commit=sight.wish.desired.commit,
        item=item,
        fields=explain(item, sight.source, sight.settings, sight.facts, live),
        live=live,
        is_looked_up=sight.live is not None,
    )
