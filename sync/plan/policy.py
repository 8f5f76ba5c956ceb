"""What a policy leaves of an owner's changes.

A delete that is not allowed is left out: nothing else depends on it. A replace is a delete in the middle of a change:
an owner that needs one is held as a whole where it is not allowed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sync.model.desired import DesiredState
from sync.model.plan import Action, PlanOptions
from sync.model.policy import Policy
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.outages import Effect, Gravity

_ACTIONS: Mapping[Policy, frozenset[Action]] = {
    Policy.SYNC: frozenset(Action),
    Policy.UPSERT_ONLY: frozenset(Action) - {Action.DELETE},
    Policy.CREATE_ONLY: frozenset({Action.CREATE}),
    Policy.SERVERS_ONLY: frozenset(),
}


def allowed(owner: OwnerChanges, options: PlanOptions) -> OwnerChanges:
    """The owner with the changes that the policy allows, unless it needs a replace: that is for `why_no_replace`."""
    if options.policy is Policy.SERVERS_ONLY:
        return _only_servers(owner)
    actions = _ACTIONS[options.policy]
    if owner.scope is not None or all(change.action in actions for change in owner.changes.values()):
        return owner
    return replace(
        owner,
        changes={key: change for key, change in owner.changes.items() if change.action in actions},
        withheld=tuple(change for change in owner.changes.values() if change.action not in actions),
    )


def _only_servers(owner: OwnerChanges) -> OwnerChanges:
    """The owner with the live pools of which nothing differs but servers that follow the cluster.

    Of an owner with which a run was interrupted, nothing: the next ordinary run completes it.
    """
    kept = {key: change for key, change in owner.changes.items() if change.is_server_change and not owner.state.backups}
    left = tuple(change for key, change in owner.changes.items() if key not in kept)
    return replace(owner, changes=kept, withheld=left, scope=None, scope_reason="")


def why_no_replace(owner: OwnerChanges, effect: Effect, options: PlanOptions) -> Iterator[tuple[str, str]]:
    """Why an owner that needs a replace, or would lose an address or a DNS name, is held, and what to do."""
    flag = "--no-replace" if not options.may_replace else f"--policy {options.policy}"
    fix = f"run without {flag} at a time when its connections may break"
    if owner.scope is not None and (not options.may_replace or options.policy is not Policy.SYNC):
        yield f"it would have to be replaced ({owner.scope_reason}), which {flag} does not allow", fix
    elif not options.may_replace and effect.has(Gravity.DISRUPTED):
        yield f"{effect.words_of(Gravity.DISRUPTED)}, which --no-replace does not allow", fix


def withheld(owner: OwnerChanges, desired: DesiredState, options: PlanOptions) -> Iterator[Problem]:
    """A warning about what the policy leaves out: the Controller has not converged."""
    if owner.withheld:
        first, *more = owner.withheld
        others = f" and {len(more)} more" if more else ""
        yield Problem(
            severity=Severity.WARNING,
            message=f"--policy {options.policy} leaves this out: {first.action} {first.key}{others}",
            fix="run with --policy sync to make live equal to Git",
            origin=desired.origins.get(owner.state.name),
            resource=str(owner.state.owner),
        )


def left_by_servers_only(owners: Iterable[OwnerChanges]) -> Iterator[Problem]:
    """A warning that counts what `--servers-only` leaves to another run."""
    left = [owner for owner in owners if owner.withheld]
    changes = sum(len(owner.withheld) for owner in left)
    if left:
        what = f"{changes} change{'' if changes == 1 else 's'} of {len(left)} owner{'' if len(left) == 1 else 's'}"
        yield Problem(
            severity=Severity.WARNING,
            message=f"--servers-only leaves {what} to another run",
            fix="see them with avi-sync --dry-run, and apply them with avi-sync",
        )
