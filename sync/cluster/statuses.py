"""Statuses of Gateways and LoadBalancer Services, written back to the cluster as external-dns and kubectl read them.

By server-side apply under a field manager of our own (Kubernetes 1.30): only what we applied before is ours to change.
AKO's fields are taken over by force, once; those of anybody else are left alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.cluster.client import ClusterClient, ClusterError
from sync.model.desired import Condition, Status
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway

MANAGER = "avi-sync"
AKO_MANAGER = re.compile(r"ako\b")
"""How client-go names a writer that does not name itself: by its program, which is `ako`."""

FINALIZER = "gateway.ako.vmware.com"
"""What AKO puts on a Gateway that has an address, and nobody but AKO removes (AKO 2.2.1)."""

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_MOST_TRIES = 5

_Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWriter:
    """Writes to one cluster. `ip_mode` is that of addresses of Services; empty leaves it to the cluster (VIP)."""

    client: ClusterClient
    now: datetime
    ip_mode: str = ""

    def write(self, statuses: Iterable[Status]) -> tuple[Problem, ...]:
        """A warning for each status that could not be written. What is there already is not written again."""
        return tuple(problem for status in statuses if (problem := self._written(status)) is not None)

    def remove_finalizers(self, statuses: Iterable[Status]) -> tuple[Problem, ...]:
        """Take AKO's finalizer off the Gateways: without AKO they could never be deleted."""
        return tuple(problem for status in statuses if (problem := self._on_gateway(status, self._without_finalizer)))

    def restore_finalizers(self, statuses: Iterable[Status]) -> tuple[Problem, ...]:
        """Give AKO's finalizer back to the Gateways that have an address."""
        having = (status for status in statuses if status.addresses)
        return tuple(problem for status in having if (problem := self._on_gateway(status, self._with_finalizer)))

    def _written(self, status: Status) -> Problem | None:
        try:
            live = self.client.get(_path(status))
            body = self._body(status, live)
            if body is not None and not _holds(live.get("status"), body):
                self._apply(status, live, body)
        except ClusterError as error:
            return _warning(status, error)
        return None

    def _body(self, status: Status, live: _Object) -> _Object | None:
        """The status to apply; None where the cluster takes none."""
        if status.group_kind == Gateway.GROUP_KIND:
            return self._gateway_body(status, live.get("status") or {})
        # Since Kubernetes 1.29 a Service of another type may have no address of a load balancer.
        if (live.get("spec") or {}).get("type") != "LoadBalancer":
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

    def _apply(self, status: Status, live: _Object, body: _Object) -> None:
        version = live.get("apiVersion", "")
        metadata = {"namespace": status.namespace, "name": status.name}
        content = {"apiVersion": version, "kind": status.kind, "metadata": metadata, "status": body}
        path, query = f"{_path(status)}/status", {"fieldManager": MANAGER}
        try:
            self.client.patch(path, _APPLY, query, content)
        except ClusterError as error:
            if error.status != 409 or not _is_of_ako(error.reason):
                raise
            self.client.patch(path, _APPLY, {**query, "force": "true"}, content)

    # --- finalizers -----------------------------------------------------------------------------------------------

    def _on_gateway(self, status: Status, change: Any) -> Problem | None:
        """Change one Gateway; what somebody else changed meanwhile is read again."""
        if status.group_kind != Gateway.GROUP_KIND:
            return None
        for tries in range(1, _MOST_TRIES + 1):
            try:
                change(status, self.client.get(_path(status)))
            except ClusterError as error:
                if error.status in (409, 422) and tries < _MOST_TRIES:
                    continue
                return _warning(status, error)
            break
        return None

    def _without_finalizer(self, status: Status, live: _Object) -> None:
        finalizers = live["metadata"].get("finalizers") or []
        if FINALIZER in finalizers:
            place = f"/metadata/finalizers/{finalizers.index(FINALIZER)}"
            steps = [{"op": "test", "path": place, "value": FINALIZER}, {"op": "remove", "path": place}]
            self.client.patch(_path(status), _JSON_PATCH, {"fieldManager": MANAGER}, steps)

    def _with_finalizer(self, status: Status, live: _Object) -> None:
        metadata = live["metadata"]
        finalizers = metadata.get("finalizers") or []
        if FINALIZER not in finalizers:
            changed = {"finalizers": [*finalizers, FINALIZER], "resourceVersion": metadata["resourceVersion"]}
            self.client.patch(_path(status), _MERGE, {"fieldManager": MANAGER}, {"metadata": changed})


_ROOTS = {Gateway.GROUP_KIND: "/apis/networking.x-k8s.io/v1alpha1", Service.GROUP_KIND: "/api/v1"}
_PLURALS = {Gateway.GROUP_KIND: "gateways", Service.GROUP_KIND: "services"}


def _path(status: Status) -> str:
    return f"{_ROOTS[status.group_kind]}/namespaces/{status.namespace}/{_PLURALS[status.group_kind]}/{status.name}"


def _is_of_ako(reason: str) -> bool:
    """Whether nobody but AKO is in conflict with us."""
    managers = re.findall(r'conflict with "([^"]+)"', reason)
    return bool(managers) and all(AKO_MANAGER.match(each) for each in managers)


def _holds(live: Any, wanted: Any) -> bool:
    """Whether live has all that is wanted; what else it has is somebody else's, or filled in by the cluster."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(_holds(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return _holds_list(live or [], wanted)
    return bool(live == wanted)


def _holds_list(live: Any, wanted: list[Any]) -> bool:
    """Lists are compared item by item; those of conditions may hold more, of types that are not ours."""
    if not isinstance(live, list):
        return False
    if any(isinstance(each, Mapping) and "type" in each and "status" in each for each in wanted):
        by_type: dict[Any, Any] = {each.get("type"): each for each in live if isinstance(each, Mapping)}
        return all(_holds(by_type.get(each["type"]), each) for each in wanted)
    return len(live) == len(wanted) and all(_holds(*pair) for pair in zip(live, wanted, strict=True))


def _warning(status: Status, error: ClusterError) -> Problem:
    reason = "it is not in the cluster" if error.status == 404 else error.reason
    return Problem(
        severity=Severity.WARNING,
        resource=f"{status.kind} {status.namespace}/{status.name}",
        message=f"its status could not be written to the cluster: {reason}",
        fix="grant the rights of deploy/kubernetes/overlays/in-cluster-status"
        if error.status == 403
        else "see whether the cluster has it; the next run tries again",
    )
