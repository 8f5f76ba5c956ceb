"""Options of the command line → what somebody asks of one run."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sync.config import new_run_id
from sync.errors import UsageError
from sync.model.desired import Owner, OwnerKind
from sync.model.plan import Permit, PlanOptions, Policy
from sync.model.run import RunOptions
from sync.model.selection import Selection
from sync.model.wording import did_you_mean, shown


def run_options(given: Mapping[str, Any], *, is_dry: bool) -> RunOptions:
    """What the options of `plan_options` ask for, now."""
    now = datetime.now(UTC)
    return RunOptions(
        is_dry=is_dry,
        run_id=new_run_id(now),
        plan=PlanOptions(
            now=now,
            selection=selection_of(given),
            policy=Policy(given["policy"]),
            may_replace=not given["no_replace"],
            retry_refused=given["retry_refused"],
            may_switch_off=given["allow_deletes"] > 0,
            may_undo=given["allow_deletes"] > 0,
        ),
        accepts_source=given["accept_source"],
        accepts_cluster_name=given["accept_cluster_name"],
        accepts_older_commit=given["accept_older_commit"],
        permit=Permit(owners=given["allow_deletes"], digest=given["plan_digest"]) if given["plan_digest"] else None,
        wait_seconds=given.get("wait", 0.0),
    )


def looking_options(given: Mapping[str, Any]) -> RunOptions:
    """A look at the owners that the options name, for commands that never write."""
    now = datetime.now(UTC)
    plan = PlanOptions(now=now, selection=selection_of(given))
    return RunOptions(is_dry=True, run_id=new_run_id(now), plan=plan)


def about(owner: Owner) -> RunOptions:
    """A run that writes and is about one owner, which must be in Git or live."""
    now = datetime.now(UTC)
    selection = Selection(owners=frozenset({owner}))
    plan = PlanOptions(now=now, selection=selection)
    return RunOptions(is_dry=False, run_id=new_run_id(now), plan=plan, follows_git=False)


def take_over_options(given: Mapping[str, Any], *, is_dry: bool, follows_git: bool) -> RunOptions:
    """What the options of a take-over ask for, now."""
    now = datetime.now(UTC)
    return RunOptions(
        is_dry=is_dry,
        run_id=new_run_id(now),
        plan=PlanOptions(now=now, selection=selection_of(given)),
        accepts_source=given.get("accept_source", False),
        accepts_cluster_name=given.get("accept_cluster_name", False),
        accepts_older_commit=given.get("accept_older_commit", False),
        follows_git=follows_git,
        needs_manifests=follows_git,
    )


def selection_of(given: Mapping[str, Any]) -> Selection:
    """The owners that the options name; without any, all."""
    return Selection(owners=frozenset(map(parse_owner, given["only"])), namespaces=frozenset(given["namespace"]))


def parse_owner(text: str) -> Owner:
    """`Gateway/shop/web` as an owner; the kind in upper or lower case."""
    kinds = {kind.value.lower(): kind for kind in OwnerKind}
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise UsageError(f"{shown(text)} names no owner", fix="write KIND/NAMESPACE/NAME, such as Gateway/shop/web")
    kind, namespace, name = parts
    if kind.lower() not in kinds:
        raise UsageError(f"{shown(kind)} is no kind of owner", fix=did_you_mean(kind, _names(OwnerKind)))
    return Owner(kind=kinds[kind.lower()], namespace=namespace, name=name)


def _names(kinds: Iterable[OwnerKind]) -> list[str]:
    return [kind.value for kind in kinds]
