"""The last check before the first delete of a set that creates again what it deletes (docs/safety.md#replace)."""

from collections.abc import Iterator
from dataclasses import replace

from sync.avi.references import Reference
from sync.controller.client import ControllerClient
from sync.controller.errors import RefusedError
from sync.controller.facts import FORBIDDEN, prefixes
from sync.controller.live import read_live
from sync.controller.surroundings import read_surroundings
from sync.controller.writes import Why, WriteFailedError, failure_of
from sync.errors import SyncError
from sync.model.live import LiveState
from sync.model.plan import ChangeSet
from sync.model.settings import Settings
from sync.plan.obstacles import changed_since, networks_of, obstacles, outside


def check_before_replacing(change_set: ChangeSet, client: ControllerClient, settings: Settings) -> None:
    """Raise WriteFailedError if what would be deleted has changed, or could not be created again."""
    try:
        live = read_live(client, settings)
        live = replace(live, surroundings=read_surroundings(client, (change_set,), live))
        for reason in changed_since(change_set, live):
            raise WriteFailedError(f"{reason}; nothing was deleted", Why.STALE)
        for reason in (*obstacles(change_set, live), *_missing(live), *_network_obstacles(change_set, client)):
            raise WriteFailedError(f"{reason}; nothing was deleted", Why.REFUSED)
    except SyncError as error:
        raise failure_of(error) from error


def _missing(live: LiveState) -> Iterator[str]:
    """What new objects would refer to and does not exist."""
    for _, missing in sorted(live.surroundings.missing.items()):
        yield from (f"the Controller has no {what}" for what in missing)


def _network_obstacles(change_set: ChangeSet, client: ControllerClient) -> Iterator[str]:
    """Addresses outside their networks. The plan has warned about networks that cannot be read."""
    for (network, cloud), addresses in networks_of(change_set).items():
        try:
            subnets = _subnets(client, network, cloud)
        except RefusedError as error:
            if error.status == FORBIDDEN:
                continue
            raise
        for address in outside(addresses, subnets):
            yield f'address {address} is in no subnet of network "{network}" ({", ".join(subnets)})'


def _subnets(client: ControllerClient, network: Reference, cloud: str) -> tuple[str, ...]:
    """The subnets of all networks that the reference may mean."""
    by = {"uuid": network.uuid} if network.uuid else {"name": network.name}
    found = client.list_all("/api/network", {**by, "cloud_ref.name": cloud, "fields": "name,uuid,configured_subnets"})
    return tuple(prefix for body in found for prefix in prefixes(body.get("configured_subnets")))
