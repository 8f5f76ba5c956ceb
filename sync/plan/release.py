"""Live → giving everything of ours back to AKO: the inverse of adoption, as updates of marks only."""

from collections import defaultdict

from sync.avi.markers import created_by_ako
from sync.compare.takeover import released
from sync.kinds import KINDS
from sync.model.desired import DesiredState, ObjectKey, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Action, Plan, PlanOptions
from sync.plan.make import copies, digest_of
from sync.plan.takeover import OwnerTakeover, take_over


def plan_release(desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """Every object of ours with AKO's marks, as the AKO of this cluster recognises it, whatever Git asks for."""
    created_by = created_by_ako(desired.cluster)
    ours: dict[Owner, dict[ObjectKey, LiveObject]] = defaultdict(dict)
    for item in live:
        if item.is_ours and item.owner is not None and options.selection.includes(item.owner):
            ours[item.owner][item.key] = item
    sets = take_over(
        Action.RELEASE,
        [
            OwnerTakeover(
                owner=owner,
                objects={
                    key: (
                        item,
                        "given back to AKO",
                        released(KINDS[key.kind], item.body, created_by=created_by),
                    )
                    for key, item in objects.items()
                },
            )
            for owner, objects in ours.items()
        ],
    )
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=0,
        foreign=(),
        held=(),
        problems=copies(live),
        digest=digest_of(sets),
    )
