"""One scene with everything that a report can tell of, made by the real pipeline, with a Controller in memory."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from sync.model.desired import AviObject, DesiredState, ObjectKey, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.outcome import Outcome, SetState, WriteOutcome, WriteState
from sync.model.plan import ChangeSet, PlanOptions
from sync.model.problem import Origin
from sync.model.run import Run
from sync.plan.make import make_plan
from sync.report.kubernetes_status import statuses_with_live
from tests.shared.perfect_controller import PerfectController, desired_for_files
from tests.shared.tree import GATEWAY_CLASS, VALUES, Manifest, endpoints, gateway, load_balancer, service

Files = Mapping[str, Sequence[Manifest]]
COMMIT = "7de09fc3bb6c2c305166c567342d29d54924c23b"
OPTIONS = PlanOptions(now=datetime(2026, 3, 2, 22, 40, tzinfo=UTC))
COMMON: Files = {"values.yaml": [VALUES], "platform/gateway-class.yaml": [GATEWAY_CLASS]}


def team(
    name: str,
    app: str,
    *,
    ports: Sequence[int] = (443,),
    address: str = "",
    servers: Sequence[str] = ("192.0.2.1", "192.0.2.2", "192.0.2.3"),
    label_name: str = "",
) -> list[Manifest]:
    """A Gateway of a team, with a Service and its back ends."""
    return [
        gateway(app, namespace=name, ports=ports, address=address, label_name=label_name),
        service(f"{app}-svc", gateway=app, namespace=name, ports=ports),
        endpoints(f"{app}-svc", namespace=name, ports=ports, addresses=servers),
    ]


def files_before() -> Files:
    """What was applied last."""
    return {
        **COMMON,
        "teams/shop/storefront.yaml": team("shop", "storefront", address="10.10.10.50"),
        "teams/shop/checkout.yaml": team("shop", "checkout", ports=(443, 8443), servers=("192.0.2.21", "192.0.2.22")),
        "teams/red/legacy.yaml": team("red", "legacy", ports=(80,), servers=("192.0.2.41",)),
        "teams/blue/api.yaml": team("blue", "api", ports=(80, 443), address="10.10.10.70"),
        "teams/mail/relay.yaml": [
            load_balancer("relay", namespace="mail", port=25, address="10.10.10.80"),
            endpoints("relay", namespace="mail", ports=(25,), addresses=("192.0.2.61", "192.0.2.62")),
        ],
    }


def files_after() -> Files:
    """What Git requests now: an address moves, a listener comes, a server goes, a team goes, one has made a mistake."""
    return {
        **{path: items for path, items in files_before().items() if path != "teams/red/legacy.yaml"},
        "teams/shop/storefront.yaml": team("shop", "storefront", address="10.10.10.60"),
        "teams/shop/checkout.yaml": team(
            "shop", "checkout", ports=(443, 9443), servers=("192.0.2.21", "192.0.2.22", "192.0.2.23")
        ),
        "teams/green/search.yaml": team("green", "search", ports=(443,)),
        "teams/blue/api.yaml": team("blue", "api", ports=(80, 443), address="10.10.10.70", label_name="apy"),
    }


def planned(before: Files, after: Files) -> Run:
    """A dry run: `before` was applied, `after` is requested."""
    controller = PerfectController()
    controller.apply(make_plan(desired_for_files(before), controller.live, OPTIONS))
    return dry_run(desired_for_files(after, COMMIT), controller)


def dry_run(desired: DesiredState, controller: PerfectController) -> Run:
    """What would change on this Controller."""
    plan = make_plan(desired, controller.live, OPTIONS)
    statuses = statuses_with_live(desired, plan, controller.live)
    return Run(desired=desired, plan=plan, live=controller.live, before=controller.live, statuses=statuses)


_ENDS = {
    SetState.APPLIED: [WriteState.APPLIED],
    SetState.FAILED: [WriteState.FAILED, WriteState.SKIPPED],
    SetState.RESTORED: [WriteState.APPLIED, WriteState.APPLIED, WriteState.FAILED, WriteState.SKIPPED],
    SetState.NOT_TRIED: [WriteState.NOT_TRIED],
}
"""How the writes of a set end, one after the other; those that follow end as the last one."""


def applied(run: Run, states: Mapping[str, tuple[SetState, str]]) -> Run:
    """The same run as if it had been applied; `states` are those of owners that were not, by name."""
    assert run.plan is not None
    outcomes = []
    for change_set in run.plan.change_sets:
        found = [states[owner.name] for owner in change_set.owners if owner.name in states]
        state, said = found[0] if found else (SetState.APPLIED, "")
        ends = _ENDS[state] + [_ENDS[state][-1]] * len(change_set.writes)
        writes = tuple(WriteOutcome(write=w, state=end) for w, end in zip(change_set.writes, ends, strict=False))
        restored = frozenset(change.key for change in change_set.changes if state is SetState.RESTORED)
        outcomes.append(Outcome(change_set=change_set, state=state, said=said, writes=writes, restored=restored))
    return replace(run, is_dry=False, outcomes=tuple(outcomes), remaining=replace(run.plan, change_sets=()))


TEAMS = (
    *("ads", "billing", "blog", "cart", "catalog", "chat", "crm", "data", "edge", "feeds", "games", "geo", "identity"),
    *("legal", "maps", "media", "news", "orders", "payments", "search", "shop", "stats", "video"),
)


def crowd(run: Run, copies: Mapping[str, int]) -> Run:
    """The run with many owners: of each that is named so many copies, with names and addresses of their own."""
    assert run.plan is not None
    numbers = {owner: range(copies.get(owner.name, 1)) for owner in _owners(run)}
    desired = run.desired
    objects = [copy for item in desired for copy in _copies(item, numbers[item.owner])]
    live = [copy for item in run.before if item.owner for copy in _copies(item, numbers[item.owner])]
    sets = [_copied_set(item, n) for item in run.plan.change_sets for n in numbers[item.owners[0]]]
    touched = {change.key for item in sets for change in item.changes}
    before = LiveState(objects={item.key: item for item in live})
    plan = replace(
        run.plan, change_sets=tuple(sets), unchanged=sum(item.key not in touched for item in live), problems=()
    )
    origins = {item.owner_name: Origin(file=f"teams/{item.owner.namespace}/{item.owner.name}.yaml") for item in objects}
    desired = replace(desired, objects={item.key: item for item in objects}, origins=origins)
    return replace(run, desired=desired, plan=plan, before=before, live=before)


def _owners(run: Run) -> set[Owner]:
    return {item.owner for item in run.desired} | {item.owner for item in run.before if item.owner}


Item = TypeVar("Item", AviObject, LiveObject)


def _copies(item: Item, numbers: Iterable[int]) -> Iterator[Item]:
    """Copies under names and with addresses of their own; the first is the original."""
    text = json.dumps(item.body)
    for number in numbers:
        if not number or item.owner is None:
            yield item
            continue
        owner = _renamed(item.owner, number)
        old, new = (f"{one.namespace}-{one.name}" for one in (item.owner, owner))
        named = text.replace(old, new)
        body = json.loads(re.sub(r"10\.10\.(10|99)\.", f"10.{number // 250 + 20}.{number % 250}.", named))
        key = replace(item.key, name=item.key.name.replace(old, new))
        yield replace(item, key=key, owner=owner, owner_name=item.owner_name.replace(old, new), body=body)


def _renamed(owner: Owner, number: int) -> Owner:
    """In the namespace of some team."""
    if not number:
        return owner
    return replace(owner, namespace=TEAMS[number % len(TEAMS)], name=f"{owner.name}-{number:04}")


def _copied_set(change_set: ChangeSet, number: int) -> ChangeSet:
    """What changes of a copy; its writes are listed by their keys only."""
    if not number:
        return change_set

    def key(old: ObjectKey, owner: Owner) -> ObjectKey:
        before, after = (f"{one.namespace}-{one.name}" for one in (owner, _renamed(owner, number)))
        return replace(old, name=old.name.replace(before, after))

    return replace(
        change_set,
        owners=tuple(_renamed(owner, number) for owner in change_set.owners),
        changes=tuple(
            replace(one, key=key(one.key, one.owner), owner=_renamed(one.owner, number)) for one in change_set.changes
        ),
        writes=tuple(
            replace(one, key=key(one.key, one.owner), owner=_renamed(one.owner, number)) for one in change_set.writes
        ),
    )
