"""Collections and objects of the API: what each HTTP method does to them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.emulator.answers import Answers, View, with_host
from sync.emulator.endpoints import Controller
from sync.emulator.errors import Refusal
from sync.emulator.macro import Macro
from sync.emulator.objects import SINGLETONS
from sync.emulator.queries import Page, parse_parameters, select, view_of
from sync.emulator.references import Resolver
from sync.emulator.runtime import (
    DETAIL,
    INVENTORIED,
    INVENTORY,
    RUNTIME,
    inventory_config,
    inventory_extras,
    runtime_body,
)
from sync.emulator.schema import Message, Schema
from sync.emulator.store import Entry
from sync.emulator.tenancy import Scope, find_scope, is_visible
from sync.emulator.versions import OLDEST, Version, parse_version
from sync.emulator.wire import COLLECTION_METHODS, OBJECT_METHODS, Answer, Request, json_answer, refused_answer

READ_METHODS = "GET, HEAD, OPTIONS"
JOIN = "join_subresources"


@dataclass(frozen=True, slots=True)
class Place:
    """A path of the API: the type it is about, and what can be done there."""

    message: Message
    methods: "Mapping[str, ObjectMethod]"
    allow: str


class Resources:
    """Answers requests for what is stored."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._answers = Answers(controller.store, controller.schema)
        self._items, self._lists, self._runtimes = places(controller.schema)
        self._served: Version = parse_version(controller.facts.version) or OLDEST

    def answer(self, request: Request) -> Answer:
        """The answer for a collection or an object of the API."""
        place = self._place(request.segments)
        scope = find_scope(self._controller.store, request.header("X-Avi-Tenant"), request.header("X-Avi-Tenant-UUID"))
        version = self._requested_version(request)
        if request.method == "OPTIONS":
            return Answer(status=200, allow=place.allow)
        method = place.methods.get(request.method)
        if method is None:
            refused = refused_answer(Refusal.METHOD_NOT_ALLOWED.error(method=request.method))
            refused.allow = place.allow
            return refused
        done = method(self, request, place.message, scope, version)
        done.allow = place.allow
        return done

    # One method per HTTP method and kind of path.

    def get_list(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """A page of the objects that the parameters select."""
        parameters = parse_parameters(request.query)
        self._assume_named(message, scope, parameters)
        page = select(self._controller.store, message, scope, parameters)
        view = view_of(parameters, version)
        encoded = self._answers.encoded
        texts = [encoded(entry, view) for entry in page.entries]
        if parameters.get(JOIN) == RUNTIME:
            texts = [self._joined(entry, text) for entry, text in zip(page.entries, texts, strict=True)]
        return _page_answer(request, page, texts)

    def get_inventory(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """A page of objects with how they are doing."""
        parameters = parse_parameters(request.query)
        page = select(self._controller.store, message, scope, parameters)
        view = view_of(parameters, version)
        return _page_answer(request, page, [self._inventory_entry(entry, view) for entry in page.entries])

    def get_inventory_item(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """One object with how it is doing."""
        text = self._inventory_entry(
            self._entry(request, message, scope), view_of(parse_parameters(request.query), version)
        )
        return Answer(status=200, body=with_host(text, request.host))

    def get_runtime(self, request: Request, message: Message, scope: Scope, _version: Version | None) -> Answer:
        """How an object is doing; `runtime/detail` is a list, in which avisdk's samples read the first entry.

        Other parts of a runtime are not distinguished.
        """
        entry = self._entry(request, message, scope)
        with self._controller.store.lock:
            body = {"uuid": entry.uuid, "name": entry.name, **runtime_body(self._controller.store, entry)}
        return json_answer([body] if request.segments[4:] == (DETAIL,) else body)

    def post(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object that was made, 201 and where it is (recorded)."""
        created = self._controller.objects.create(
            message, request.json(), scope, requested=version, slug=request.header("Slug")
        )
        answer = self._written(request, created, version, 201)
        location = f"{request.host}/api/{created.key}#{created.name}"
        answer.headers.append(("Location", location.encode("ascii", "backslashreplace").decode()))
        return answer

    def get_item(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object."""
        entry = self._entry(request, message, scope)
        view = view_of(parse_parameters(request.query), version) if request.query else View(version=version)
        text = self._answers.item(entry, view)
        if request.query and parse_parameters(request.query).get(JOIN) == RUNTIME:
            text = self._joined(entry, text)
        return Answer(status=200, body=with_host(text, request.host))

    def put(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object after it was replaced."""
        entry = self._entry(request, message, scope)
        stored = self._controller.objects.replace(entry, request.json(), scope, requested=version)
        return self._written(request, stored, version, 200)

    def patch(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object after it was patched."""
        entry = self._entry(request, message, scope)
        stored = self._controller.objects.patch(entry, request.json(), scope, requested=version)
        return self._written(request, stored, version, 200)

    def delete(self, request: Request, message: Message, scope: Scope, _version: Version | None) -> Answer:
        """Nothing, 204."""
        self._controller.objects.delete(self._entry(request, message, scope), scope)
        return Answer(status=204)

    def post_macro(self, request: Request, _message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object that was made together with those inside it."""
        return self._written(request, self._macro(scope, version).create(request.json()), version, 201)

    def put_macro(self, request: Request, _message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object that was replaced together with those inside it."""
        return self._written(request, self._macro(scope, version).replace(request.json()), version, 200)

    def delete_macro(self, request: Request, _message: Message, scope: Scope, version: Version | None) -> Answer:
        """Nothing, 204."""
        self._macro(scope, version).delete(request.json())
        return Answer(status=204)

    def _macro(self, scope: Scope, version: Version | None) -> Macro:
        if scope.tenant is None:
            raise Refusal.WRITE_TO_ALL_TENANTS.error(method="A macro")
        controller = self._controller
        return Macro(controller.store, controller.schema, controller.objects, scope, version)

    def _joined(self, entry: Entry, text: str) -> str:
        """The object with its runtime inside."""
        with self._controller.store.lock:
            return f'{text[:-1]}, "runtime": {json.dumps(runtime_body(self._controller.store, entry))}}}'

    def _inventory_entry(self, entry: Entry, view: View) -> str:
        """`config`, `uuid` and how it is doing (inventory guide)."""
        store = self._controller.store
        with store.lock:
            config = json.dumps({"uuid": entry.uuid, **inventory_config(store, entry)})
            rest = json.dumps({"uuid": entry.uuid, **inventory_extras(store, entry)})
        added = self._answers.named(f"{config[1:]}, {rest[1:]}", view)
        return f'{{"config": {self._answers.encoded(entry, view)[:-1]}, {added}'

    def _written(self, request: Request, entry: Entry, version: Version | None, status: int) -> Answer:
        view = view_of(parse_parameters(request.query), version, is_read=False)
        return Answer(status=status, body=with_host(self._answers.item(entry, view), request.host))

    def _entry(self, request: Request, message: Message, scope: Scope) -> Entry:
        uuid = "default" if message.path in SINGLETONS else request.segments[2]
        entry = self._controller.store.get(message.path or "", uuid)
        if entry is None and request.method == "GET":
            with self._controller.store.transaction():
                entry = self._controller.objects.assume(message, uuid, None, None)
        if entry is None or not is_visible(entry, scope):
            raise Refusal.NOT_FOUND.error(model=message.name)
        return entry

    def _assume_named(self, message: Message, scope: Scope, parameters: Mapping[str, str]) -> None:
        """With `assume_exists`, a lookup by name or uuid is what makes an infrastructure object exist."""
        if not self._controller.facts.assume_exists:
            return
        names = [parameters["name"]] if "name" in parameters else parameters.get("name.in", "").split(",")
        uuids = [parameters["uuid"]] if "uuid" in parameters else parameters.get("uuid.in", "").split(",")
        store = self._controller.store
        resolver = Resolver(store, self._controller.schema, scope, self._controller.objects.assume)
        clouds = store.named("cloud", parameters.get("cloud_ref.name", parameters.get("cloud", "")))
        resolver.cloud = clouds[0].uuid if clouds else parameters.get("cloud_uuid", parameters.get("cloud_ref.uuid"))
        with store.transaction():
            for name in filter(None, names):
                if resolver.by_name(message.name, name) is None:
                    self._controller.objects.assume(message, None, name, resolver.cloud)
            for uuid in filter(None, uuids):
                if store.get(message.path or "", uuid) is None:
                    self._controller.objects.assume(message, uuid, None, resolver.cloud)

    def _place(self, segments: tuple[str, ...]) -> Place:
        """What kind of path it is; a refusal if it is none of the API's."""
        match segments:
            case ("api", path, _) if path in self._items:
                return self._items[path]
            case ("api", path) if path in self._lists:
                return self._lists[path]
            case ("api", path, _, "runtime", *_) if path in self._runtimes:
                return self._runtimes[path]
        raise Refusal.NO_SUCH_PATH.error()

    def _requested_version(self, request: Request) -> Version | None:
        """The version to show objects in; None if nothing in the schema is newer."""
        text = request.header("X-Avi-Version")
        if text is None:
            return OLDEST
        version = parse_version(text)
        if version is None or version < OLDEST or version > self._served:
            raise Refusal.BAD_VERSION.error(version=text, served=self._controller.facts.version)
        return version if version < self._controller.schema.newest else None


ObjectMethod = Callable[[Resources, Request, Message, Scope, Version | None], Answer]
LIST_METHODS: Mapping[str, ObjectMethod] = {
    "GET": Resources.get_list,
    "HEAD": Resources.get_list,
    "POST": Resources.post,
}
MACRO_METHODS: Mapping[str, ObjectMethod] = {
    "POST": Resources.post_macro,
    "PUT": Resources.put_macro,
    "DELETE": Resources.delete_macro,
}
ITEM_METHODS: Mapping[str, ObjectMethod] = {
    "GET": Resources.get_item,
    "HEAD": Resources.get_item,
    "PUT": Resources.put,
    "PATCH": Resources.patch,
    "DELETE": Resources.delete,
}


Places = dict[str, Place]


def places(schema: Schema) -> tuple[Places, Places, Places]:
    """The paths of the API by what follows `/api/`: those of objects, of collections, and of objects' runtimes."""
    items = {path: Place(message, ITEM_METHODS, OBJECT_METHODS) for path, message in schema.by_path.items()}
    lists = {path: Place(message, LIST_METHODS, COLLECTION_METHODS) for path, message in schema.by_path.items()}
    lists |= {path: items[path] for path in SINGLETONS}
    runtimes = {}
    for path in INVENTORIED:
        message = schema.by_path[path]
        items[path + INVENTORY] = Place(message, _reading(Resources.get_inventory_item), READ_METHODS)
        lists[path + INVENTORY] = Place(message, _reading(Resources.get_inventory), READ_METHODS)
        runtimes[path] = Place(message, _reading(Resources.get_runtime), READ_METHODS)
    lists["macro"] = Place(schema.by_path["virtualservice"], MACRO_METHODS, ", ".join((*MACRO_METHODS, "OPTIONS")))
    return items, lists, runtimes


def _reading(method: ObjectMethod) -> Mapping[str, ObjectMethod]:
    return {"GET": method, "HEAD": method}


def _page_answer(request: Request, page: Page, texts: list[str]) -> Answer:
    """The envelope of a list; `next` keeps the path and the parameters of the request."""
    following = f', "next": {json.dumps(f"{request.host}/api/{request.segments[1]}?{page.next_query}")}'
    text = f'{{"count": {page.count}, "results": [{", ".join(texts)}]{following if page.next_query else ""}}}'
    return Answer(status=200, body=with_host(text, request.host))
