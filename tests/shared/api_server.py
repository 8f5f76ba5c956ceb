"""A small Kubernetes API server over real TLS: lists, pages, rights, status patches, and faults on demand.

It answers as a kube-apiserver of Kubernetes 1.30 does, as far as its documents and real kubectl tell; real kubectl is
run against it (tests/cluster/test_kubectl.py), so that it does not share a misunderstanding with our client.
"""

import base64
import copy
import gzip
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

Object = dict[str, Any]
Answer = tuple[int, Any, dict[str, str]]
Act = Callable[["Request"], "Answer | bytes | None"]

PACKED_FROM_BYTES = 128 * 1024
"""Shorter answers are not packed (kubernetes 1.30, responsewriters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row of discovery."""

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool = True
    short_names: tuple[str, ...] = ()
    has_status: bool = False
    is_custom: bool = False

    @property
    def root(self) -> str:
        """Where its paths begin."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def api_version(self) -> str:
        """As it stands in objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """As refusals name it: `services`, `endpointslices.discovery.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


KINDS = (
    Kind(group="", version="v1", plural="services", kind="Service", short_names=("svc",), has_status=True),
    Kind(
        group="", version="v1", plural="nodes", kind="Node", is_namespaced=False, short_names=("no",), has_status=True
    ),
    Kind(group="", version="v1", plural="pods", kind="Pod", short_names=("po",), has_status=True),
    Kind(group="discovery.k8s.io", version="v1", plural="endpointslices", kind="EndpointSlice"),
    Kind(
        group="networking.x-k8s.io",
        version="v1alpha1",
        plural="gateways",
        kind="Gateway",
        short_names=("gtw",),
        has_status=True,
        is_custom=True,
    ),
)


@dataclass(slots=True, kw_only=True)
class Fault:
    """Goes wrong for the requests that `matches`, from the `after`-th on, so often as `times` says.

    `act` gives the answer instead, or None for the usual one after having done something.
    """

    matches: str
    act: Act
    after: int = 0
    times: int = 1
    seen: int = 0

    def strikes(self, request: "Request") -> bool:
        """Whether it is this request's turn."""
        if not re.search(self.matches, request.target):
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    raw: bytes = b""

    @property
    def target(self) -> str:
        """Method, path and query, to match faults with."""
        return f"{self.method} {self.path}?{'&'.join(f'{key}={value}' for key, value in self.query.items())}"


@dataclass(slots=True)
class _Snapshot:
    """What a chain of pages shows."""

    version: str
    items: list[Object]
    query: str


@dataclass(slots=True)
class ApiServer:
    """Call `start`, use `url` and `authority`, then `stop`. Objects may be changed while it runs.

    `tokens` are the logins, by user; `may` decides what a user may do, by (user, verb, plural, namespace).
    """

    tokens: dict[str, str] = field(
        default_factory=lambda: {"good-token-0123456789": "system:serviceaccount:ops:avi-sync"}
    )
    may: Callable[[str, str, str, str], bool] = lambda user, verb, plural, namespace: True
    objects: dict[str, dict[tuple[str, str], Object]] = field(
        default_factory=lambda: {each.plural: {} for each in KINDS}
    )
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    version: int = 1000
    is_anonymous_allowed: bool = True
    prefix: str = ""
    """A path before all others, as behind a proxy of clusters."""
    _snapshots: dict[str, _Snapshot] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _server: ThreadingHTTPServer | None = None
    authority: trustme.CA = field(default_factory=trustme.CA)

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self, host: str = "127.0.0.1") -> "ApiServer":
        """Listen."""
        server = (_QuietIPv6 if ":" in host else _Quiet)((host, 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*self.names).configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self.authority.configure_trust(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def port(self) -> int:
        """The port that it listens at."""
        assert self._server is not None
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.port}{self.prefix}"

    @property
    def authority_pem(self) -> bytes:
        """The certificate of the authority."""
        return self.authority.cert_pem.bytes()

    def kubeconfig(self, folder: Path, *, user: Mapping[str, Any] | None = None, **cluster: Any) -> Path:
        """A kubeconfig of this cluster, context `test`, logged in as `user`, by default with a good token."""
        token = next(iter(self.tokens))
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [
                {
                    "name": "test",
                    "cluster": {
                        "server": self.url,
                        "certificate-authority-data": base64.b64encode(self.authority_pem).decode(),
                    }
                    | cluster,
                }
            ],
            "users": [{"name": "test", "user": dict(user) if user is not None else {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }
        file = folder / "kubeconfig"
        file.write_text(json.dumps(content))
        return file

    # --- objects ------------------------------------------------------------------------------------------------------

    def put(self, *objects: Mapping[str, Any]) -> None:
        """Create or replace objects, given as manifests."""
        with self._lock:
            for each in objects:
                item = copy.deepcopy(dict(each))
                kind = next(known for known in KINDS if known.kind == item["kind"])
                metadata = item.setdefault("metadata", {})
                namespace = metadata.setdefault("namespace", "default") if kind.is_namespaced else ""
                self._stamp(metadata)
                self.objects[kind.plural][namespace, metadata["name"]] = item

    def remove(self, plural: str, namespace: str, name: str) -> None:
        """Delete an object."""
        with self._lock:
            self.version += 1
            del self.objects[plural][namespace, name]

    def expire(self) -> None:
        """Compact: every chain of pages that has begun ends with 410."""
        with self._lock:
            self._snapshots.clear()

    def _stamp(self, metadata: Object) -> None:
        self.version += 1
        metadata["resourceVersion"] = str(self.version)
        metadata.setdefault("uid", f"{self.version:08d}-0000-4000-8000-000000000000")

    # --- answers ------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer | bytes:
        """What is answered; bytes are sent as they are, and the connection is closed."""
        with self._lock:
            self.requests.append(request)
            struck = next((fault for fault in self.faults if fault.strikes(request)), None)
        if struck is not None and (found := struck.act(request)) is not None:
            return found
        with self._lock:
            return self._route(request)

    def _route(self, request: Request) -> Answer:
        user = self._user(request)
        if user is None:
            return _status(401, "Unauthorized", "Unauthorized")
        path = request.path.removeprefix(self.prefix)
        if path == "/version":
            return 200, {"major": "1", "minor": "30", "gitVersion": "v1.30.4"}, {}
        if path.endswith("/selfsubjectaccessreviews") and request.method == "POST":
            return self._access_review(user, request)
        if path.endswith("/selfsubjectreviews") and request.method == "POST":
            return 201, {"kind": "SelfSubjectReview", "status": {"userInfo": {"username": user}}}, {}
        if found := _discovery(path):
            return 200, found, {}
        for kind in KINDS:
            pattern = (
                f"{kind.root}(?:/namespaces/(?P<ns>[^/]+))?/{kind.plural}(?:/(?P<name>[^/]+)(?P<status>/status)?)?"
            )
            if match := re.fullmatch(pattern, path):
                return self._of_kind(kind, user, request, match["ns"] or "", match["name"] or "", bool(match["status"]))
        return 404, "404 page not found\n", {"Content-Type": "text/plain"}

    def _user(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            certified = request.headers.get("x-test-certificate", "")
            return certified or ("system:anonymous" if self.is_anonymous_allowed else None)
        return self.tokens.get(token) if scheme.lower() == "bearer" else None

    def _of_kind(self, kind: Kind, user: str, request: Request, namespace: str, name: str, is_status: bool) -> Answer:
        verb = {"GET": "get" if name else "list", "PATCH": "patch"}.get(request.method, request.method.lower())
        plural = f"{kind.plural}/status" if is_status else kind.plural
        if user == "system:anonymous" or not self.may(user, verb, plural, namespace):
            return _forbidden(kind, user, verb, plural, namespace)
        if not name:
            return self._list(kind, request, namespace)
        item = self.objects[kind.plural].get((namespace, name))
        if item is None:
            details = {"name": name, "group": kind.group, "kind": kind.plural}
            return _status(404, "NotFound", f'{kind.full_name} "{name}" not found', details=details)
        if request.method == "GET":
            return 200, {"apiVersion": kind.api_version, "kind": kind.kind, **item}, {}
        if request.method == "PATCH":
            return self._patch(kind, request, item, is_status=is_status)
        return _status(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _list(self, kind: Kind, request: Request, namespace: str) -> Answer:
        query = request.query
        if "continue" in query:
            snapshot = self._snapshots.get(query["continue"].partition("/")[0])
            if snapshot is None:
                return _expired()
            if snapshot.query != f"{kind.plural} {namespace} {query.get('labelSelector', '')}":
                return _status(400, "BadRequest", "continue key is not valid")
            begin = int(query["continue"].partition("/")[2])
        else:
            items = [
                item
                for (where, _), item in sorted(self.objects[kind.plural].items())
                if namespace in ("", where) and _selects(query.get("labelSelector", ""), item)
            ]
            snapshot = _Snapshot(
                str(self.version), copy.deepcopy(items), f"{kind.plural} {namespace} {query.get('labelSelector', '')}"
            )
            begin = 0
        limit = int(query.get("limit", "0")) or len(snapshot.items) or 1
        page = snapshot.items[begin : begin + limit]
        metadata: Object = {"resourceVersion": snapshot.version}
        if begin + limit < len(snapshot.items):
            token = f"{id(snapshot):x}"
            self._snapshots[token] = snapshot
            metadata["continue"] = f"{token}/{begin + limit}"
            if "labelSelector" not in query:
                metadata["remainingItemCount"] = len(snapshot.items) - begin - limit
        stripped = [{key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in page]
        return (
            200,
            {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata, "items": stripped},
            {},
        )

    def _access_review(self, user: str, request: Request) -> Answer:
        body = request.body if isinstance(request.body, dict) else _access_review_of(request.raw)
        wanted = body.get("spec", {}).get("resourceAttributes", {})
        plural = wanted.get("resource", "") + (f"/{wanted['subresource']}" if wanted.get("subresource") else "")
        is_allowed = user != "system:anonymous" and self.may(
            user, wanted.get("verb", ""), plural, wanted.get("namespace", "")
        )
        return 201, {**body, "kind": "SelfSubjectAccessReview", "status": {"allowed": is_allowed}}, {}

    # --- patches ------------------------------------------------------------------------------------------------------

    def _patch(self, kind: Kind, request: Request, item: Object, *, is_status: bool) -> Answer:
        refusal = _wrong_type(kind, request) or _outdated(kind, request, item)
        is_apply = request.headers.get("content-type", "") == "application/apply-patch+yaml"
        if refusal is None and is_apply:
            refusal = self._apply_conflict(kind, request, item)
        if refusal is not None:
            return refusal
        changed = copy.deepcopy(item)
        if isinstance(request.body, list):
            refusal = _json_patch(changed, request.body)
        elif is_status:
            status = request.body.get("status", {})
            manager = request.query.get("fieldManager", "")
            if is_apply:
                _apply(changed, manager, status)
            else:
                changed["status"] = _merged(changed.get("status", {}), status)
        else:
            changed = _merged(changed, {key: value for key, value in request.body.items() if key != "status"})
        refusal = refusal or _invalid(kind, changed)
        if refusal is not None:
            return refusal
        if changed != item:
            self._stamp(changed["metadata"])
            item.clear()
            item.update(changed)
        return 200, {"apiVersion": kind.api_version, "kind": kind.kind, **item}, {}

    def _apply_conflict(self, kind: Kind, request: Request, item: Object) -> Answer | None:
        """What others have and the apply would change (kubernetes 1.30, managedfields/internal/conflict.go)."""
        if "fieldManager" not in request.query:
            return _status(400, "BadRequest", "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value")
        wanted = _leaves(request.body.get("status", {}))
        others = [
            (each["manager"], path)
            for each in item["metadata"].get("managedFields", [])
            if each["manager"] != request.query["fieldManager"]
            for path in sorted(_managed(each) & wanted.keys(), key=str)
            if _leaves(item.get("status", {})).get(path) != wanted[path]
        ]
        if not others or request.query.get("force") == "true":
            return None
        by_manager: dict[str, list[str]] = {}
        for manager, path in others:
            described = f'"{manager}" with subresource "status" using {kind.api_version}'
            by_manager.setdefault(described, []).append(_shown(path))
        pairs = [(manager, path) for manager, paths in by_manager.items() for path in paths]
        lines = [line for each, paths in by_manager.items() for line in (f"conflicts with {each}:", *paths)]
        words = f"1 conflict: conflict with {pairs[0][0]}: {pairs[0][1]}"
        if len(pairs) > 1:
            words = f"{len(pairs)} conflicts: " + "\n".join(lines).replace("\n.", "\n- .")
        causes = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": path}
            for manager, path in pairs
        ]
        return _status(409, "Conflict", f"Apply failed with {words}", details={"causes": causes})


# --- pieces of answers ------------------------------------------------------------------------------------------------


def _status(
    code: int, reason: str, message: str, *, details: Any = None, headers: Mapping[str, str] | None = None
) -> Answer:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details or {},
        "code": code,
    }
    return code, body, dict(headers or {})


def _forbidden(kind: Kind, user: str, verb: str, plural: str, namespace: str) -> Answer:
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    words = (
        f'{kind.full_name} is forbidden: User "{user}" cannot {verb} resource "{plural}" in API group "{kind.group}"'
    )
    words = f"{words} {where}"
    return _status(403, "Forbidden", words, details={"group": kind.group, "kind": kind.plural})


def _expired(*, with_token: str = "") -> Answer:
    words = "The provided continue parameter is too old to display a consistent list result."
    code, body, headers = _status(410, "Expired", f"{words} You can start a new list without the continue parameter.")
    if with_token:
        body["metadata"] = {"continue": with_token}
    return code, body, headers


def too_many(seconds: int) -> Callable[[Request], Answer]:
    """429, with the time after which to come back."""
    return lambda _: _status(
        429,
        "TooManyRequests",
        "Too many requests, please try again later.",
        details={"retryAfterSeconds": seconds},
        headers={"Retry-After": str(seconds)},
    )


def expired(*, with_token: str = "") -> Callable[[Request], Answer]:
    """410; with a token it is the long form, which offers the remainder of another time."""
    return lambda _: _expired(with_token=with_token)


def refused(code: int) -> Callable[[Request], Answer]:
    """A refusal with the frame of an API server."""
    return lambda _: _status(code, "Failure", "etcdserver: request timed out")


def page_of_a_proxy(code: int = 503) -> Callable[[Request], Answer]:
    """HTML, as from whatever stands before an API server."""
    return lambda _: (code, "<html><body>Sign in</body></html>", {"Content-Type": "text/html"})


def cut(server: ApiServer, share: float = 0.5) -> Callable[[Request], bytes]:
    """The usual answer, of which only the first part arrives."""

    def act(request: Request) -> bytes:
        with server._lock:
            code, body, headers = server._route(request)
        text = _encoded(code, body, headers, is_packed=False)
        return text[: int(len(text) * share)]

    return act


def slow(seconds: float) -> Callable[[Request], None]:
    """The usual answer, later."""

    def act(_: Request) -> None:
        time.sleep(seconds)

    return act


def _selects(selector: str, item: Mapping[str, Any]) -> bool:
    labels = item.get("metadata", {}).get("labels", {})
    for part in filter(None, selector.split(",")):
        key, has_value, value = part.partition("=")
        if has_value and labels.get(key.rstrip("=")) != value.lstrip("="):
            return False
        if not has_value and (key.removeprefix("!") in labels) is key.startswith("!"):
            return False
    return True


def _discovery(path: str) -> Object | None:
    groups = {kind.group: kind for kind in KINDS if kind.group}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        listed = [
            {
                "name": group,
                "versions": [{"groupVersion": kind.api_version, "version": kind.version}],
                "preferredVersion": {"groupVersion": kind.api_version, "version": kind.version},
            }
            for group, kind in groups.items()
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
    resources = [each for each in _resources() if each[0] == path]
    if not resources:
        return None
    version = resources[0][1]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": [row for _, _, row in resources],
    }


def _resources() -> Iterator[tuple[str, str, Object]]:
    for kind in KINDS:
        row: Object = {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "namespaced": kind.is_namespaced,
            "kind": kind.kind,
            "verbs": ["get", "list", "patch"],
            "shortNames": list(kind.short_names),
        }
        yield kind.root, kind.api_version, row
        if kind.has_status:
            yield (
                kind.root,
                kind.api_version,
                row | {"name": f"{kind.plural}/status", "shortNames": [], "verbs": ["get", "patch"]},
            )


def _merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    found = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), value)
    return found


def _access_review_of(content: bytes) -> Object:
    """The question in protobuf, in which kubectl 1.37 asks it (kubernetes 1.30, authorization/v1 generated.proto)."""
    spec = _fields(_fields(_fields(content.removeprefix(b"k8s\0"))[2])[2])
    names = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
    attributes = {names[number]: value.decode() for number, value in _fields(spec[1]).items() if number in names}
    return {"apiVersion": "authorization.k8s.io/v1", "spec": {"resourceAttributes": attributes}}


def _fields(message: bytes) -> dict[int, bytes]:
    """The texts and messages in a message, by their number; each is shorter than 128 bytes times 128."""
    found, at = {}, 0
    while at < len(message):
        number, at = message[at] >> 3, at + 1
        size, shift = 0, 0
        while message[at] & 128:
            size, shift, at = size | (message[at] & 127) << shift, shift + 7, at + 1
        size, at = size | message[at] << shift, at + 1
        found[number], at = message[at : at + size], at + size
    return found


def _wrong_type(kind: Kind, request: Request) -> Answer | None:
    known = {"application/merge-patch+json", "application/apply-patch+yaml", "application/json-patch+json"}
    if not kind.is_custom:
        known.add("application/strategic-merge-patch+json")
    if request.headers.get("content-type", "").partition(";")[0] in known:
        return None
    words = "the body of the request was in an unknown format - accepted media types include: "
    return _status(415, "UnsupportedMediaType", words + ", ".join(sorted(known)))


def _outdated(kind: Kind, request: Request, item: Object) -> Answer | None:
    body = request.body
    wanted = body.get("metadata", {}).get("resourceVersion") if isinstance(body, dict) else None
    if wanted in (None, item["metadata"]["resourceVersion"]):
        return None
    words = "the object has been modified; please apply your changes to the latest version and try again"
    name = item["metadata"]["name"]
    return _status(409, "Conflict", f'Operation cannot be fulfilled on {kind.full_name} "{name}": {words}')


def _json_patch(item: Object, steps: list[Object]) -> Answer | None:
    """`test` and `remove` of list items, which is what finalizers need (RFC 6902)."""
    for step in steps:
        *parents, last = step["path"].strip("/").split("/")
        place: Any = item
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place.get(parent, [])
        index = int(last) if isinstance(place, list) else last
        missing = isinstance(place, list) and isinstance(index, int) and index >= len(place)
        if missing or (step["op"] == "test" and place[index] != step["value"]):
            return _status(422, "Invalid", "the server rejected our request due to an error in our request")
        if step["op"] == "remove":
            del place[index]
    return None


# --- server-side apply ------------------------------------------------------------------------------------------------

_MAP_LISTS = {"conditions": "type", "listeners": "port"}
"""Lists of which each manager has its own items; all others are atomic (CRD of AKO 2.2.1)."""

Leaves = dict[tuple[str, ...], Any]


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Leaves:
    """The values below a status, by their steps as managedFields write them, without `f:`."""
    if isinstance(value, dict) and value:
        return {key: leaf for name, below in value.items() for key, leaf in _leaves(below, (*path, name)).items()}
    if isinstance(value, list) and path and path[-1] in _MAP_LISTS and all(isinstance(each, dict) for each in value):
        key = _MAP_LISTS[path[-1]]
        items = {f"k:{json.dumps({key: each[key]}, separators=(',', ':'))}": each for each in value}
        return {place: leaf for name, item in items.items() for place, leaf in _leaves(item, (*path, name)).items()}
    return {path: value}


def _shown(path: tuple[str, ...]) -> str:
    """As conflicts name a field: `.status.listeners[port=80].protocol`."""
    steps = (
        "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(step[2:]).items()) + "]"
        if step.startswith("k:")
        else f".{step}"
        for step in path
    )
    return ".status" + "".join(steps)


def _status_of(leaves: Leaves) -> Object:
    """The inverse: lists in the order of their keys."""
    found: Object = {}
    for path, leaf in leaves.items():
        place = found
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = leaf
    made: Object = _with_lists(found)
    return made


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.startswith("k:") for key in value):
        return [_with_lists(each) for each in value.values()]
    return {key: _with_lists(each) for key, each in value.items()}


def _managed(entry: Object) -> set[tuple[str, ...]]:
    """The leaves of a status that an entry of managedFields names."""

    def paths(fields: Object, before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for key, below in fields.items():
            if key != ".":
                step = (*before, key.removeprefix("f:"))
                yield from paths(below, step) if below else (step,)

    return set(paths(entry.get("fieldsV1", {}).get("f:status", {}), ()))


def managed_by(manager: str, status: Object, *, operation: str = "Update") -> Object:
    """The entry of managedFields of one who wrote this status."""
    entry = {"manager": manager, "operation": operation, "subresource": "status", "fieldsType": "FieldsV1"}
    return {**entry, "fieldsV1": _fields_of(_leaves(status))}


def _fields_of(paths: Iterable[tuple[str, ...]]) -> Object:
    fields: Object = {}
    for path in paths:
        place = fields.setdefault("f:status", {})
        for step in path:
            place = place.setdefault(step, {".": {}}) if step.startswith("k:") else place.setdefault(f"f:{step}", {})
    return fields


def _apply(item: Object, manager: str, status: Object) -> None:
    """The status with what the manager wants, without what it wanted before, and with whose fields are whose."""
    entries = item["metadata"].get("managedFields", [])
    others = [each for each in entries if each["manager"] != manager]
    before = {path for each in entries if each["manager"] == manager for path in _managed(each)}
    wanted = _leaves(status) if status else {}
    gone = before - {path for each in others for path in _managed(each)}
    live = _leaves(item.get("status") or {})
    kept = {path: leaf for path, leaf in live.items() if path and path not in gone}
    taken = {path for path, leaf in wanted.items() if kept.get(path, leaf) != leaf}
    for each in others:
        each["fieldsV1"] = _fields_of(sorted(_managed(each) - taken))
    item["status"] = _status_of({**kept, **wanted})
    mine = [managed_by(manager, status, operation="Apply")] if status else []
    item["metadata"]["managedFields"] = [*(each for each in others if each["fieldsV1"]), *mine]


_REASON = re.compile(r"[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?")


def _invalid(kind: Kind, item: Mapping[str, Any]) -> Answer | None:
    """What validation refuses of a status."""
    status, name = item.get("status", {}), item["metadata"]["name"]
    if kind.kind == "Service" and status.get("loadBalancer", {}).get("ingress"):
        if item.get("spec", {}).get("type") != "LoadBalancer":
            words = "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
            return _status(422, "Invalid", f'Service "{name}" is invalid: {words}')
        for each in status["loadBalancer"]["ingress"]:
            if "ip" in each:
                each.setdefault("ipMode", "VIP")
    conditions = [*status.get("conditions", ())] if kind.is_custom else []
    conditions += [
        each for listener in status.get("listeners", ()) if kind.is_custom for each in listener["conditions"]
    ]
    for each in conditions:
        lacking = {"lastTransitionTime", "message", "reason", "status", "type"} - each.keys()
        if lacking or not _REASON.fullmatch(each["reason"]):
            return _status(422, "Invalid", f'{kind.kind}.{kind.group} "{name}" is invalid: status.conditions')
    return None


# --- the wire ---------------------------------------------------------------------------------------------------------


def _encoded(code: int, body: Any, headers: Mapping[str, str], *, is_packed: bool) -> bytes:
    is_text = isinstance(body, str)
    content = body.encode() if is_text else json.dumps(body).encode()
    lines = {"Content-Type": "text/plain" if is_text else "application/json", **headers}
    if is_packed and len(content) > PACKED_FROM_BYTES:
        content = gzip.compress(content, 1)
        lines["Content-Encoding"] = "gzip"
    lines["Content-Length"] = str(len(content))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {code} -\r\n{head}\r\n".encode() + content


class _Quiet(ThreadingHTTPServer):
    """Says nothing of connections that break: clients that refuse our certificate break them."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Nothing."""


class _QuietIPv6(_Quiet):
    """The same at an IPv6 address."""

    address_family = socket.AF_INET6


def _handler(server: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            try:
                self.request.do_handshake()
            except OSError:
                self.close_connection = True
                raise ConnectionAbortedError from None
            super().setup()

        def _serve(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            try:
                body = json.loads(text) if text else None
            except ValueError:
                body = None
            headers = {name.lower(): value for name, value in self.headers.items()}
            certificate = self.connection.getpeercert()
            if certificate:
                headers["x-test-certificate"] = dict(pair for row in certificate["subject"] for pair in row).get(
                    "organizationalUnitName", "certified"
                )
            request = Request(
                method=self.command,
                path=url.path,
                query={key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()},
                headers=headers,
                body=body,
                raw=text,
            )
            answer = server.answer(request)
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                self.close_connection = True
                return
            self.wfile.write(_encoded(*answer, is_packed="gzip" in headers.get("accept-encoding", "")))

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def quoting(words: str) -> Answer:
    """A refusal that repeats what it was sent."""
    return _status(403, "Forbidden", f"forbidden: {words}")
