"""Random typing errors, each in one place of a tree that is live: nothing live is lost to them, and no VIP changes.

Without HTTP, against a perfect Controller, so that thousands take a minute or two. Numbers and addresses stay as they
are, for another one may be meant; so does free text that nothing refers to, and what an author may remove on purpose.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from sync.errors import SyncError
from sync.model.facts import Facts
from sync.model.live import LiveState
from sync.model.plan import Action, Method, Plan
from sync.plan.make import make_plan
from sync.plan.serving import serving_of
from tests.chaos.lab import Row
from tests.chaos.typing_trees import KNOWN, TREES
from tests.shared.builders import make_facts, make_options
from tests.shared.perfect_controller import PerfectController, desired_of_texts
from tests.shared.tree import Manifest

MOST = 6_000

FREE_TEXT = re.compile(
    r"\.(hostname|cidr|value|loadBalancerIP|targetPort|ready|terminating|addresses)$"
    r"|annotations\.(external-dns|ako\.vmware\.com/load-balancer-ip|nodeportlocal)"
)
"""Where nothing else refers to the text, by its path."""

OPTIONAL = re.compile(r"^\s*(- )?(targetPort|role|exposed|ako\.vmware\.com/(?!gateway-)\S+|aviinfrasetting\S+):")
"""Lines that an author may take away on purpose, so that nobody can tell that one was lost.

A Namespace is not served without its label, and an annotation that is gone is a setting that is no longer wanted.
"""

GUARDED = re.compile(r"clusterName")
"""What guards stop before there is a plan: another cluster's name makes everything somebody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A tree that is live."""

    name: str
    texts: Mapping[str, str]
    facts: Facts
    live: LiveState


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One typing error: what a file reads instead."""

    file: str
    text: str
    what: str


class _AllBut(frozenset[str]):
    """Everything of the types that trees refer to, but for what the Controller has."""

    def __contains__(self, item: object) -> bool:
        return item not in KNOWN


def slip(chance: random.Random, deadline: float) -> Row:
    """One error after the other, in all trees by turns."""
    row = Row("typing errors")
    started = [_start(name, files) for name, files in TREES.items()]
    while row.tried < MOST and (row.tried < len(started) or time.monotonic() < deadline):
        tree = started[row.tried % len(started)]
        _judge(row, tree, _random_slip(tree, chance))
    return row


def _start(name: str, files: Mapping[str, Sequence[Manifest]]) -> Started:
    texts = {path: yaml.safe_dump_all(items, sort_keys=False) for path, items in files.items()}
    facts = replace(make_facts(domains=["example.com"]), missing=_AllBut())
    controller = PerfectController()
    plan = _plan(texts, facts, controller.live)
    assert not plan.held, plan.problems
    controller.apply(plan)
    assert _plan(texts, facts, controller.live).is_empty
    return Started(name=name, texts=texts, facts=facts, live=controller.live)


def _plan(texts: Mapping[str, str], facts: Facts, live: LiveState) -> Plan:
    desired = desired_of_texts({path: text.encode() for path, text in texts.items()}, facts=facts)
    return make_plan(desired, live, make_options())


# --- errors -----------------------------------------------------------------------------------------------------------


def _random_slip(tree: Started, chance: random.Random) -> Slip:
    while True:
        file = chance.choice(sorted(tree.texts))
        text = tree.texts[file]
        found = _lost_line(text, chance) if chance.random() < 0.2 else _misspelt(text, chance)
        if found is not None and found[0] != text:
            return Slip(file=file, text=found[0], what=f"{tree.name}: {file}: {found[1]}")


def _lost_line(text: str, chance: random.Random) -> tuple[str, str] | None:
    lines = text.splitlines(keepends=True)
    number = chance.randrange(len(lines))
    if OPTIONAL.search(lines[number]) or GUARDED.search(lines[number]):
        return None
    return "".join(lines[:number] + lines[number + 1 :]), f"line {number + 1} lost: {lines[number].strip()}"


def _misspelt(text: str, chance: random.Random) -> tuple[str, str] | None:
    path, start, end = chance.choice(list(_words(text)))
    places = [place for place in range(start, end) if text[place].isalpha()]
    if FREE_TEXT.search(path) or GUARDED.search(path) or not places:
        return None
    place = chance.choice(places)
    letter = text[place]
    written = chance.choice([chance.choice("abeimnorst"), "", letter * 2, letter.swapcase()])
    wrong = text[:place] + written + text[place + 1 :]
    before, after = text[start:end], wrong[start : end + len(written) - 1]
    return wrong, f"{path} (line {text.count(chr(10), 0, start) + 1}): {before} → {after}"


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Every key and value, with its path and its place in the text; a key's path ends with the key itself."""
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        yield from _words_of(document, "")


def _words_of(node: yaml.Node, path: str) -> Iterator[tuple[str, int, int]]:
    if isinstance(node, yaml.ScalarNode):
        yield path, node.start_mark.index, node.end_mark.index
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _words_of(item, path)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _words_of(key, f"{path} key {key.value}")
            yield from _words_of(value, f"{path}.{key.value}")


# --- judgement --------------------------------------------------------------------------------------------------------


def _judge(row: Row, tree: Started, wrong: Slip) -> None:
    row.tried += 1
    try:
        plan = _plan({**tree.texts, wrong.file: wrong.text}, tree.facts, tree.live)
    except SyncError:
        row.converged += 1
        return
    except Exception as error:
        row.notes.append(f"{wrong.what}: {type(error).__name__}: {error}")
        return
    lost = list(_lost(plan, tree.live))
    row.lost += len(lost)
    row.converged += not lost
    row.notes += [f"{wrong.what}: {', '.join(lost)}"] if lost else []


def _lost(plan: Plan, live: LiveState) -> Iterator[str]:
    """Objects that would be deleted or created again, VIPs that would change, and pools that would lose servers."""
    yield from (f"{c.action} {c.key}" for c in plan.changes if c.action in (Action.DELETE, Action.REPLACE))
    for write in (write for item in plan.change_sets for write in item.writes if write.method is Method.PUT):
        before, after = live.objects[write.key].body, write.body or {}
        if before.get("vip") != after.get("vip"):
            yield f"VIP of {write.key}"
        if serving_of({write.key: after}).servers < serving_of({write.key: before}).servers:
            yield f"servers of {write.key}"
