"""Statuses of Gateways and LoadBalancer Services, written back to the cluster as external-dns and kubectl read them.

By server-side apply under a field manager of our own (Kubernetes 1.30): only what we applied before is ours to change.
AKO's fields are taken over by force, once; those of anybody else are left alone.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.cluster.client import RETRIED, STOPPING, ClusterClient, ClusterError
from sync.model.desired import Condition, Owner, OwnerKind, Status
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.resource import GroupKind
from sync.translate.catalog import CONTROLLER

MANAGER = "avi-sync"
AKO_MANAGER = re.compile(r"ako\b")
"""How client-go names a writer that does not name itself: by its program, which is `ako`."""

FINALIZER = "gateway.ako.vmware.com"
"""What AKO puts on a Gateway that has an address, and nobody but AKO removes (AKO 2.2.1)."""

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_MOST_TRIES = 5
_MOST_EXHAUSTED = 3
"""After so many objects for which no retry helped, nothing more is sent: each of them takes seconds."""

_Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One object of the cluster."""

    group_kind: GroupKind
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Of the object itself."""
        root, plural = _PATHS[self.group_kind]
        return f"{root}/namespaces/{self.namespace}/{plural}/{self.name}"

    def __str__(self) -> str:
        return f"{self.group_kind.kind} {self.namespace}/{self.name}"


_PATHS = {
    Gateway.GROUP_KIND: ("/apis/networking.x-k8s.io/v1alpha1", "gateways"),
    Service.GROUP_KIND: ("/api/v1", "services"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWriter:
    """Writes to one cluster. `ip_mode` is that of addresses of Services; empty leaves it to the cluster (VIP)."""

    client: ClusterClient
    now: datetime
    ip_mode: str = ""

    def write(self, statuses: Iterable[Status]) -> tuple[Problem, ...]:
        """A warning for each status that could not be written. What is there already is not written again.

        Of what is not ours to serve, only what we wrote ourselves is taken back.
        """
        places = {
            _Place(group_kind=each.group_kind, namespace=each.namespace, name=each.name): each for each in statuses
        }
        return tuple(_each(places, lambda place: self._write(place, places[place]), "status"))

    def remove_finalizers(self, owners: Iterable[Owner]) -> tuple[Problem, ...]:
        """Take AKO's finalizer off these Gateways: without AKO they could never be deleted."""
        return self._on_gateways(owners, self._remove_finalizer)

    def restore_finalizers(self, owners: Iterable[Owner]) -> tuple[Problem, ...]:
        """Give AKO's finalizer back to these Gateways."""
        return self._on_gateways(owners, self._restore_finalizer)

    # --- statuses -------------------------------------------------------------------------------------------------

    def _write(self, place: _Place, status: Status) -> None:
        live = self.client.get(place.path)
        body = self._body(status, live)
        if body is not None and not _is_settled(live, body):
            self._apply(place, live, {"status": body} if body else {})

    def _body(self, status: Status, live: _Object) -> _Object | None:
        """The status to apply, empty where ours is to be taken back; None where the cluster takes none."""
        if not status.is_served:
            return {}
        if status.group_kind == Gateway.GROUP_KIND:
            return self._gateway_body(status, live.get("status") or {})
        spec = live.get("spec") or {}
        # Since Kubernetes 1.29 a Service of another type may have no address of a load balancer.
        if spec.get("type") != "LoadBalancer" or spec.get("loadBalancerClass") not in (None, CONTROLLER):
            return None
        mode = {"ipMode": self.ip_mode} if self.ip_mode else {}
        return {"loadBalancer": {"ingress": [{"ip": address, **mode} for address in status.addresses]}}

    def _gateway_body(self, status: Status, live: _Object) -> _Object:
        listeners = {each.get("port"): each.get("conditions") or () for each in live.get("listeners") or ()}
        return {
            "addresses": [{"type": "IPAddress", "value": address} for address in status.addresses],
            "conditions": [self._condition(each, live.get("conditions") or ()) for each in status.conditions],
            "listeners": [
                {
                    "port": each.port,
                    "protocol": each.protocol,
                    "conditions": [self._condition(each.condition, listeners.get(each.port, ()))],
                }
                for each in status.listeners
            ],
        }

    def _condition(self, condition: Condition, live: Iterable[_Object]) -> _Object:
        """As Kubernetes wants it: the time of its last change stays while its status does."""
        before = next((each for each in live if each.get("type") == condition.type), {})
        is_same = before.get("status") == condition.status and "lastTransitionTime" in before
        time = before["lastTransitionTime"] if is_same else f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        return {
            "type": condition.type,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message,
            "lastTransitionTime": time,
        }

    def _apply(self, place: _Place, live: _Object, content: _Object) -> None:
        metadata = {"namespace": place.namespace, "name": place.name}
        body = {
            "apiVersion": live.get("apiVersion", ""),
            "kind": place.group_kind.kind,
            "metadata": metadata,
            **content,
        }
        path, query = f"{place.path}/status", {"fieldManager": MANAGER}
        try:
            self.client.patch(path, _APPLY, query, body)
        except ClusterError as error:
            if not error.managers or not all(map(AKO_MANAGER.match, error.managers)):
                raise
            self.client.patch(path, _APPLY, {**query, "force": "true"}, body)

    # --- finalizers -----------------------------------------------------------------------------------------------

    def _on_gateways(self, owners: Iterable[Owner], change: Callable[[_Place, _Object], None]) -> tuple[Problem, ...]:
        """Change these Gateways; what somebody else changed meanwhile is read again."""

        def act(place: _Place) -> None:
            for tries in range(1, _MOST_TRIES + 1):
                try:
                    change(place, self.client.get(place.path))
                except ClusterError as error:
                    if error.status not in (409, 422) or tries == _MOST_TRIES:
                        raise
                else:
                    return

        gateways = [
            _Place(group_kind=Gateway.GROUP_KIND, namespace=owner.namespace, name=owner.name)
            for owner in owners
            if owner.kind is OwnerKind.GATEWAY
        ]
        return tuple(_each(gateways, act, "finalizer"))

    def _remove_finalizer(self, place: _Place, live: _Object) -> None:
        finalizers = live["metadata"].get("finalizers") or []
        if FINALIZER in finalizers:
            path = f"/metadata/finalizers/{finalizers.index(FINALIZER)}"
            steps = [{"op": "test", "path": path, "value": FINALIZER}, {"op": "remove", "path": path}]
            self.client.patch(place.path, _JSON_PATCH, {"fieldManager": MANAGER}, steps)

    def _restore_finalizer(self, place: _Place, live: _Object) -> None:
        metadata = live["metadata"]
        finalizers = metadata.get("finalizers") or []
        # What is being deleted takes no new finalizer.
        if FINALIZER not in finalizers and not metadata.get("deletionTimestamp"):
            changed = {"finalizers": [*finalizers, FINALIZER], "resourceVersion": metadata["resourceVersion"]}
            self.client.patch(place.path, _MERGE, {"fieldManager": MANAGER}, {"metadata": changed})


def _each(places: Iterable[_Place], act: Callable[[_Place], None], what: str) -> Iterator[Problem]:
    """A warning for each object for which it fails; one for all that remain where no other would fare better."""
    waiting, exhausted = sorted(places, key=str), 0
    while waiting:
        place = waiting.pop(0)
        try:
            act(place)
        except ClusterError as error:
            exhausted += error.status in RETRIED
            if waiting and (error.status in STOPPING or exhausted >= _MOST_EXHAUSTED):
                yield _failure(f"{what} of {place} and {len(waiting)} others", error)
                return
            yield _failure(f"{what} of {place}", error, str(place))


def _failure(what: str, error: ClusterError, resource: str = "") -> Problem:
    reason = "it is not in the cluster" if error.status == 404 else error.reason
    return Problem(
        severity=Severity.WARNING,
        resource=resource,
        message=f"the {what} could not be written to the cluster: {reason}",
        fix="grant the rights of deploy/kubernetes/overlays/in-cluster-status"
        if error.status == 403
        else "make sure that the cluster answers and has it; the next run tries again",
    )


# --- only on change ---------------------------------------------------------------------------------------------------


def _is_settled(live: _Object, body: _Object) -> bool:
    """Whether nothing needs to be applied: all that is wanted is there, and nothing else of ours."""
    wanted = {(name, each[key]) for name, key in _KEYS.items() for each in body.get(name) or ()}
    if body:
        wanted.add(_SOMETHING)
    return wanted.issuperset(_applied(live)) and _holds(live.get("status") or {}, body)


_KEYS = {"conditions": "type", "listeners": "port"}
"""The lists of a Gateway's status of which each writer has its own items, and what tells these apart."""
_SOMETHING = ("", "")


def _applied(live: _Object) -> Iterator[tuple[str, Any]]:
    """What we applied before: that it was something, and of the lists in `_KEYS` the keys of our items."""
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        fields = (entry.get("fieldsV1") or {}).get("f:status")
        if entry.get("manager") != MANAGER or entry.get("operation") != "Apply" or not fields:
            continue
        yield _SOMETHING
        for name, key in _KEYS.items():
            for field in fields.get(f"f:{name}") or ():
                if field.startswith("k:"):
                    yield name, json.loads(field.removeprefix("k:")).get(key)


def _holds(live: Any, wanted: Any) -> bool:
    """Whether live has all that is wanted; what else it has is somebody else's, or filled in by the cluster."""
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping) or _ip_mode(live) != _ip_mode(wanted):
            return False
        return all(_holds_field(key, live.get(key), value) for key, value in wanted.items() if key != "ipMode")
    return bool(live == wanted)


def _ip_mode(address: _Object) -> str:
    """That of an address of a Service: a cluster that knows modes fills in VIP, an older one none."""
    return str(address.get("ipMode") or "VIP")


def _holds_field(name: str, live: Any, wanted: Any) -> bool:
    """Of a list whose items have keys, live may hold more, which is others'; of any other list it holds just these."""
    if not isinstance(wanted, list):
        return _holds(live, wanted)
    if name in _KEYS:
        by_key = {each.get(_KEYS[name]): each for each in live or ()}
        return all(_holds(by_key.get(each[_KEYS[name]]), each) for each in wanted)
    return len(live or ()) == len(wanted) and all(_holds(*pair) for pair in zip(live or (), wanted, strict=True))
