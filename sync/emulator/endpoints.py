"""Endpoints other than objects: login, logout, tokens, and information about the Controller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync.emulator.domains import domains_of
from sync.emulator.errors import Refusal
from sync.emulator.objects import Objects
from sync.emulator.queries import parse_parameters
from sync.emulator.schema import Schema
from sync.emulator.seed import Facts
from sync.emulator.sessions import USER, Session, Sessions
from sync.emulator.store import MARK, Entry, Store
from sync.emulator.wire import Answer, Request, json_answer, login_cookies

# The cluster node that a Controller without others has; states as in AKO controller_obj_cache.go:3012-3090.
NODE = {"name": "127.0.0.1", "role": "CLUSTER_LEADER", "state": "CLUSTER_ACTIVE"}
# What the vendor's exporter of metrics reads of a licenseusage.
LICENSE_COUNTS = (
    "licensed_ses",
    "num_ses",
    "licensed_cores",
    "num_se_vcpus",
    "licensed_service_cores",
    "consumed_service_cores",
    "licensed_sockets",
    "num_sockets",
)
ANY = "*"  # stands for a uuid at the end of a path
CLUSTER_STATE = "CLUSTER_UP_NO_HA"
PRODUCT = {"Product": "controller", "ProductName": "Avi Cloud Controller", "min_version": 15.2, "build": 9000}
DATE = "2024-01-01T00:00:00+00:00"


@dataclass(slots=True, frozen=True, kw_only=True)
class Controller:
    """All that a handler may need."""

    store: Store
    schema: Schema
    objects: Objects
    sessions: Sessions
    facts: Facts
    is_secure: bool
    clock: Callable[[], float]
    started: float


Handler = Callable[[Controller, Request, Session | None], Answer]


def login(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """A new session, for a password or a token, in any of the forms of body that clients send."""
    form = request.form()
    password, token = form.get("password"), form.get("token")
    session = controller.sessions.login(
        str(form.get("username", "")),
        None if password is None else str(password),
        None if token is None else str(token),
    )
    answer = json_answer(_login_body(controller, request))
    answer.allow = "POST, OPTIONS"
    answer.headers = login_cookies(session, controller.clock(), secure=controller.is_secure)
    return answer


def logout(controller: Controller, _request: Request, session: Session | None) -> Answer:
    """The session ends; its id is refused from now on."""
    if session is not None:
        controller.sessions.end(session)
    return Answer(status=200, allow="POST, OPTIONS")


def version_body(facts: Facts) -> dict[str, Any]:
    """The release as login, initial-data and cluster/version name it."""
    return {**PRODUCT, "Version": facts.version, "Tag": f"{facts.version}-{PRODUCT['build']}-20240101", "Date": DATE}


def _login_body(controller: Controller, request: Request) -> dict[str, Any]:
    """Keys as recorded in setUpModule#0, 20.1.1; the references in `system_config` are relative there, too."""
    tenants = controller.store.all("tenant")
    configuration = controller.store.get("systemconfiguration", "default")
    return {
        "user_initialized": True,
        "version": version_body(controller.facts),
        "user": {
            "is_superuser": True,
            "default_tenant_ref": f"{request.host}/api/tenant/admin",
            "name": USER,
            "username": USER,
            "full_name": "System Administrator",
            "email": "",
            "local": True,
            "uuid": "user-1",
            "ui_property": "{}",
        },
        "tenants": [_tenant(tenant, request.host) for tenant in tenants],
        "system_config": _relative(configuration.body) if configuration else {},
        "controller": {"api_idle_timeout": 15},
        "session_cookie_name": "avi-sessionid",
    }


def _tenant(tenant: Entry, host: str) -> dict[str, Any]:
    """A tenant as a login lists it; those that somebody made with their settings (recorded, test_multiple_tenants)."""
    shown = {
        "url": f"{host}/api/tenant/{tenant.uuid}",
        "uuid": tenant.uuid,
        "name": tenant.name,
        "local": tenant.body.get("local", True),
    }
    return shown if tenant.is_system else {**shown, "config_settings": tenant.body["config_settings"]}


def _relative(value: Any) -> Any:
    """A stored body with references that lack their host."""
    if isinstance(value, dict):
        return {key: _relative(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_relative(one) for one in value]
    return value.removeprefix(MARK) if isinstance(value, str) else value


def initial_data(controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """What a client requests before it logs in (Go SDK, GetControllerVersion)."""
    return json_answer({"version": version_body(controller.facts), "controller": {"api_idle_timeout": 15}})


def cluster_version(controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """The release alone."""
    return json_answer(version_body(controller.facts))


def cluster_status(_controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """Requested without a session by the Go SDK before it repeats a request: anything but 5xx means up."""
    return json_answer({"cluster_state": {"state": CLUSTER_STATE, "progress": 100}})


def cluster(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """The cluster as an object, without an envelope."""
    uuid = _cluster_uuid(controller)
    nodes = [{"name": NODE["name"], "ip": {"addr": NODE["name"], "type": "V4"}, "vm_uuid": uuid}]
    url = f"{request.host}/api/cluster"
    return json_answer({"url": url, "uuid": uuid, "name": "cluster-0-1", "nodes": nodes, "tenant_ref": _admin(request)})


def cluster_runtime(controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """A cluster of one node that is up; AKO takes another `up_since` for a restart of the Controller."""
    started = datetime.fromtimestamp(controller.started, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return json_answer(
        {
            "cluster_state": {"state": CLUSTER_STATE, "progress": 100, "up_since": started},
            "node_states": [{**NODE, "up_since": started}],
            "node_info": {
                "cluster_uuid": _cluster_uuid(controller),
                "mgmt_ip": NODE["name"],
                "uuid": _cluster_uuid(controller),
                "version": controller.facts.version,
            },
        }
    )


def domain_list(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """`{"domains": [...]}` of the DNS profile of the requested cloud (AKO controller_obj_cache.go:3193)."""
    wanted = parse_parameters(request.query).get("cloud_uuid", "")
    domains = domains_of(controller.store, controller.store.get("cloud", wanted))
    return json_answer({"domains": list(domains or ())})


def nothing(_controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """A list without entries: there are no Service Engines, no segments of NSX, no files."""
    return json_answer({"count": 0, "results": []})


def license_usage(_controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """What is licensed and used, as the vendor's exporter reads it: nothing, without Service Engines."""
    return json_answer(dict.fromkeys(LICENSE_COUNTS, 0))


def metrics_of_node(_controller: Controller, request: Request, _session: Session | None) -> Answer:
    """The requested metrics of one cluster node, without values."""
    parameters = parse_parameters(request.query)
    requested = {name: value for name, value in parameters.items() if name in ("metric_id", "step", "limit")}
    return json_answer({"entity_uuid": request.segments[-1], **requested, "series": []})


def metrics_collection(_controller: Controller, request: Request, _session: Session | None) -> Answer:
    """An empty series for each request of a collection, by its id."""
    body = request.json()
    requested = body.get("metric_requests") if isinstance(body, dict) else None
    if requested is not None and not (isinstance(requested, list) and all(isinstance(one, dict) for one in requested)):
        raise Refusal.BAD_FIELD.error(field="metric_requests", reason="it is no list of requests")
    series: dict[str, list[Any]] = {str(one.get("id", number)): [] for number, one in enumerate(requested or ())}
    return json_answer({"series": series})


def list_tokens(controller: Controller, _request: Request, _session: Session | None) -> Answer:
    """All user tokens, without their text."""
    shown = [{key: value for key, value in one.items() if key != "token"} for one in controller.sessions.tokens()]
    return json_answer({"count": len(shown), "results": shown})


def make_token(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """A token to log in with."""
    body = request.json()
    hours = body.get("hours", 1) if isinstance(body, dict) else 1
    try:
        token = controller.sessions.make_token(float(hours))
    except (TypeError, ValueError, OverflowError) as error:
        raise Refusal.BAD_FIELD.error(field="hours", reason=f"{hours!r} is not a number of hours") from error
    return json_answer(token, 201)


def drop_token(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """The token can no longer be used."""
    controller.sessions.drop_token(request.segments[-1])
    return Answer(status=204)


def change_password(controller: Controller, request: Request, _session: Session | None) -> Answer:
    """The password of the user who is logged in (recorded: 200, empty body, test_user_login#1)."""
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get("password"), str):
        raise Refusal.BAD_FIELD.error(field="password", reason="it is required")
    controller.sessions.change_password(body.get("old_password"), body["password"])
    return Answer(status=200)


def _cluster_uuid(controller: Controller) -> str:
    return str(controller.store.setting("cluster")["uuid"])


def _admin(request: Request) -> str:
    return f"{request.host}/api/tenant/admin"


# Path → method → handler.
ENDPOINTS: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
    ("login",): {"POST": login},
    ("logout",): {"POST": logout},
    ("api", "initial-data"): {"GET": initial_data},
    ("api", "cluster"): {"GET": cluster},
    ("api", "cluster", "version"): {"GET": cluster_version},
    ("api", "cluster", "status"): {"GET": cluster_status},
    ("api", "cluster", "runtime"): {"GET": cluster_runtime},
    ("api", "ipamdnsproviderprofiledomainlist"): {"GET": domain_list},
    ("api", "serviceengine"): {"GET": nothing},
    ("api", "serviceengine-inventory"): {"GET": nothing},
    ("api", "licenseusage"): {"GET": license_usage},
    ("api", "analytics", "metrics", "controller"): {"GET": nothing},
    ("api", "analytics", "metrics", "controller", ANY): {"GET": metrics_of_node},
    ("api", "analytics", "metrics", "controller", "collection"): {
        "GET": metrics_collection,
        "POST": metrics_collection,
    },
    ("api", "analytics", "metrics", "collection"): {"GET": metrics_collection, "POST": metrics_collection},
    ("api", "nsxtsegmentruntime"): {"GET": nothing},
    ("api", "fileservice"): {"GET": nothing},
    ("api", "useraccount"): {"PUT": change_password},
    ("api", "user-token"): {"GET": list_tokens, "POST": make_token},
    ("api", "user-token", ANY): {"DELETE": drop_token},
}
# Answered without a session. The Go SDK requests the status without cookies (measured); initial-data is inferred.
OPEN_ENDPOINTS = frozenset({("login",), ("api", "initial-data"), ("api", "cluster", "status")})
