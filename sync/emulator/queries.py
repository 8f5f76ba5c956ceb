"""The parameters of a list request: which objects, in which order, which page.

Parameters as in the API guide and the swagger of VirtualService, 30.2.1; unknown ones are ignored (inferred).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sync.emulator.answers import View
from sync.emulator.errors import Refusal
from sync.emulator.schema import Message
from sync.emulator.store import Entry, Store
from sync.emulator.tenancy import Scope, visible_tenants
from sync.emulator.versions import Version

DEFAULT_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 200  # the range ends here; larger values are clamped because scripts send 1000 (inferred)

Test = Callable[[Entry], bool]
# Given as a flag without value they are on, too: AKO sends `?include_name`, Ansible `include_name=`.
ON = frozenset({"", "true", "True", "1"})


@dataclass(slots=True, frozen=True, kw_only=True)
class Page:
    """What a list request is answered with."""

    entries: list[Entry]
    count: int
    next_query: str | None


def parse_parameters(query: str) -> dict[str, str]:
    """The parameters by name; the last of a name counts."""
    return dict(parse_qsl(query, keep_blank_values=True)) if query else {}


def view_of(parameters: Mapping[str, str], version: Version | None, *, is_read: bool = True) -> View:
    """How the client wants objects shown; the answer to a write always has names (recorded: test_basic_vs#0)."""
    fields = parameters.get("fields")
    return View(
        version=version,
        is_read=is_read,
        has_names=not is_read or parameters.get("include_name", "false") in ON,
        fields=frozenset(part.strip() for part in fields.split(",")) if fields else None,
        skip_default=parameters.get("skip_default", "false") in ON,
        has_keys=is_read and parameters.get("export_key", "false") in ON,
    )


def select(store: Store, message: Message, scope: Scope, parameters: Mapping[str, str]) -> Page:
    """The page that the parameters select, of what the tenant sees."""
    number = _positive(parameters, "page", 1)
    size = min(_positive(parameters, "page_size", DEFAULT_PAGE_SIZE), LARGEST_PAGE_SIZE)
    with store.lock:
        found = _matching(store, message, scope, parameters)
    if "sort" in parameters:
        found = _sorted(found, parameters["sort"])
    if "limit_by" in parameters:
        found = found[: _positive(parameters, "limit_by", len(found))]
    begin = (number - 1) * size
    more = begin + size < len(found)
    following = {**parameters, "page": str(number + 1), "page_size": str(size)}
    return Page(
        entries=found[begin : begin + size], count=len(found), next_query=urlencode(following) if more else None
    )


def _matching(store: Store, message: Message, scope: Scope, parameters: Mapping[str, str]) -> list[Entry]:
    tests = [test for name, value in parameters.items() if (test := _test(store, message, name, value, parameters))]
    tenants = visible_tenants(message, scope)
    candidates = _candidates(store, message.path or "", parameters)
    found = [entry for entry in candidates if tenants is None or entry.tenant in tenants]
    for test in tests:
        found = [entry for entry in found if test(entry)]
    return found


def _candidates(store: Store, path: str, parameters: Mapping[str, str]) -> Iterable[Entry]:
    """The objects with the requested names or uuids."""
    if "name" in parameters:
        return store.named(path, parameters["name"])
    if "name.in" in parameters:
        return [entry for name in dict.fromkeys(parameters["name.in"].split(",")) for entry in store.named(path, name)]
    return store.all(path)


def _test(store: Store, message: Message, name: str, value: str, parameters: Mapping[str, str]) -> Test | None:
    """What a parameter demands of an object; None if it demands nothing."""
    if name in FILTERS:
        return FILTERS[name](value, store, parameters)
    field_name, _, part = name.partition(".")
    field = message.fields.get(field_name)
    if field is None or field.repeated or field.message is not None:
        return None
    if field.refers_to is not None:
        return _points_to(store, field_name, "name" if part == "name" else "uuid", value)
    if part:
        return SCALAR_TESTS[part](field_name, value) if part in SCALAR_TESTS else None
    return lambda entry: _text(entry.body.get(field_name)) == value


def _points_to(store: Store, field: str, attribute: str, value: str) -> Test:
    """Whether a reference points to the object of that name or uuid (a whole reference may stand for the uuid)."""
    wanted = value.rpartition("/")[2].partition("#")[0] if attribute == "uuid" else value
    read = attrgetter(attribute)

    def test(entry: Entry) -> bool:
        stored = entry.body.get(field)
        return stored is not None and bool(read(store.entry(stored)) == wanted)

    return test


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name_in(value: str, _store: Store, _parameters: Mapping[str, str]) -> Test:
    wanted = frozenset(value.split(","))
    return lambda entry: entry.name in wanted


def _uuid_in(value: str, _store: Store, parameters: Mapping[str, str]) -> Test:
    wanted = frozenset(value.split(","))
    if parameters.get("exclude") == "uuid.in":
        return lambda entry: entry.uuid not in wanted
    return lambda entry: entry.uuid in wanted


def _refers_to(value: str, _store: Store, _parameters: Mapping[str, str]) -> Test:
    key = value.replace(":", "/", 1)
    return lambda entry: key in entry.refers_to


def _referred_by(value: str, store: Store, _parameters: Mapping[str, str]) -> Test:
    path, _, uuid = value.partition(":")
    referrer = store.get(path, uuid)
    keys = referrer.refers_to if referrer is not None else frozenset[str]()
    return lambda entry: entry.key in keys


def _label(key: str, wanted_value: str | None) -> Test:
    def test(entry: Entry) -> bool:
        return any(
            marker.get("key") == key and (wanted_value is None or wanted_value in marker.get("values", ()))
            for marker in entry.body.get("markers", ())
        )

    return test


def _search(value: str, *, fold: Callable[[str], str]) -> Test:
    """`text` anywhere in the object, or `(field,text)|(field,text)`."""
    if not value.startswith("("):
        return lambda entry: fold(value) in fold(entry.text)
    wanted = [part.strip("()").partition(",")[::2] for part in value.split("|")]
    return lambda entry: any(fold(text) in fold(_text(entry.body.get(field, ""))) for field, text in wanted)


def _cloud_named(value: str, store: Store, _parameters: Mapping[str, str]) -> Test:
    clouds = {cloud.uuid for cloud in store.named("cloud", value)}
    return lambda entry: entry.cloud in clouds


FILTERS: Mapping[str, Callable[[str, Store, Mapping[str, str]], Test]] = {
    "name": lambda value, _store, _all: lambda entry: entry.name == value,
    "name.contains": lambda value, _store, _all: lambda entry: value in entry.name,
    "name.icontains": lambda value, _store, _all: lambda entry: value.lower() in entry.name.lower(),
    "name.in": _name_in,
    "uuid": lambda value, _store, _all: lambda entry: entry.uuid == value,
    "uuid.in": _uuid_in,
    "cloud_uuid": lambda value, _store, _all: lambda entry: entry.cloud == value,
    "cloud": _cloud_named,  # Go SDK, SetCloud
    "refers_to": _refers_to,
    "referred_by": _referred_by,
    "label_key": lambda value, _store, parameters: _label(value, parameters.get("label_value")),
    "search": lambda value, _store, _all: _search(value, fold=str),
    "isearch": lambda value, _store, _all: _search(value, fold=str.lower),
}
SCALAR_TESTS: Mapping[str, Callable[[str, str], Test]] = {
    "in": lambda field, value: lambda entry: _text(entry.body.get(field)) in value.split(","),
    "contains": lambda field, value: lambda entry: value in _text(entry.body.get(field, "")),
    "icontains": lambda field, value: lambda entry: value.lower() in _text(entry.body.get(field, "")).lower(),
}


def _sorted(entries: list[Entry], order: str) -> list[Entry]:
    field = order.removeprefix("-")
    return sorted(entries, key=lambda entry: _rank(entry.body.get(field)), reverse=order.startswith("-"))


def _rank(value: object) -> tuple[bool, float, str]:
    """Numbers by size, before texts by their letters."""
    if isinstance(value, int | float):
        return False, float(value), ""
    return True, 0.0, "" if value is None else _text(value)


def _positive(parameters: Mapping[str, Any], name: str, default: int) -> int:
    value = parameters.get(name, "")
    if value == "":
        return default
    if not value.isdecimal() or int(value) < 1:
        raise Refusal.BAD_PARAMETER.error(name=name, value=value)
    return int(value)
