"""One name per owner: where live markers are ambiguous, Git decides.

AKO, and this product before it marked them, give the objects of a shared VIP the markers of a Gateway.
"""

from collections.abc import Collection
from dataclasses import replace

from sync.avi.markers import Marker
from sync.model.desired import Owner, OwnerKind
from sync.model.live import LiveObject, LiveState


def with_owners_of_git(live: LiveState, named: Collection[Owner]) -> LiveState:
    """The live objects. One that may be a Gateway's or a shared VIP's is the shared VIP's if Git has only that.

    `named` are the owners that have a manifest.
    """
    return replace(
        live,
        objects={key: _named(item, named) for key, item in live.objects.items()},
        backups=tuple(replace(item, before=_named(item.before, named)) for item in live.backups),
    )


def _named(item: LiveObject, named: Collection[Owner]) -> LiveObject:
    if Marker.OWNER_KIND in item.markers:
        return item
    owner, ako_owner = _owner_in_git(item.owner, named), _owner_in_git(item.ako_owner, named)
    if (owner, ako_owner) == (item.owner, item.ako_owner):
        return item
    return replace(item, owner=owner, ako_owner=ako_owner)


def _owner_in_git(owner: Owner | None, named: Collection[Owner]) -> Owner | None:
    if owner is None or owner.kind is not OwnerKind.GATEWAY or owner in named:
        return owner
    shared = replace(owner, kind=OwnerKind.SHARED_VIP)
    return shared if shared in named else owner
