"""Collections and objects of the API: what each HTTP method does to them."""

import json
from collections.abc import Callable, Mapping

from sync.emulator.answers import Answers, View, with_host
from sync.emulator.endpoints import Controller
from sync.emulator.errors import Refusal
from sync.emulator.objects import SINGLETONS
from sync.emulator.queries import parse_parameters, select, view_of
from sync.emulator.references import Resolver
from sync.emulator.schema import Message
from sync.emulator.store import Entry
from sync.emulator.tenancy import Scope, find_scope, is_visible
from sync.emulator.versions import OLDEST, Version, parse_version
from sync.emulator.wire import COLLECTION_METHODS, OBJECT_METHODS, Answer, Request, refused_answer

ITEM_SEGMENTS = 3  # api, type, uuid


class Resources:
    """Answers requests for what is stored."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._answers = Answers(controller.store, controller.schema)
        self._served: Version = parse_version(controller.facts.version) or OLDEST

    def answer(self, request: Request) -> Answer:
        """The answer for a collection or an object of the API."""
        message = self._message(request.segments)
        scope = find_scope(self._controller.store, request.header("X-Avi-Tenant"), request.header("X-Avi-Tenant-UUID"))
        version = self._asked_version(request)
        is_item = len(request.segments) == ITEM_SEGMENTS or message.path in SINGLETONS
        methods = ITEM_METHODS if is_item else LIST_METHODS
        allow = OBJECT_METHODS if is_item else COLLECTION_METHODS
        if request.method == "OPTIONS":
            return Answer(status=200, allow=allow)
        method = methods.get(request.method)
        if method is None:
            refused = refused_answer(Refusal.METHOD_NOT_ALLOWED.error(method=request.method))
            refused.allow = allow
            return refused
        done = method(self, request, message, scope, version)
        done.allow = allow
        return done

    # One method per HTTP method and kind of path.

    def get_list(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """A page of the objects that the parameters ask for."""
        parameters = parse_parameters(request.query)
        self._assume_named(message, scope, parameters)
        page = select(self._controller.store, message, scope, parameters)
        view = view_of(parameters, version)
        encoded = self._answers.encoded
        results = ", ".join([encoded(entry, view) for entry in page.entries])
        following = f', "next": {json.dumps(f"{request.host}/api/{message.path}?{page.next_query}")}'
        text = f'{{"count": {page.count}, "results": [{results}]{following if page.next_query else ""}}}'
        return Answer(status=200, body=with_host(text, request.host))

    def post(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object that was made, 201 and where it is (recorded)."""
        created = self._controller.objects.create(
            message, request.json(), scope, asked=version, slug=request.header("Slug")
        )
        answer = self._written(request, created, version, 201)
        location = f"{request.host}/api/{created.key}#{created.name}"
        answer.headers.append(("Location", location.encode("ascii", "backslashreplace").decode()))
        return answer

    def get_item(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object."""
        entry = self._entry(request, message, scope)
        view = view_of(parse_parameters(request.query), version) if request.query else View(version=version)
        return Answer(status=200, body=with_host(self._answers.item(entry, view), request.host))

    def put(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object after it was replaced."""
        entry = self._entry(request, message, scope)
        stored = self._controller.objects.replace(entry, request.json(), scope, asked=version)
        return self._written(request, stored, version, 200)

    def patch(self, request: Request, message: Message, scope: Scope, version: Version | None) -> Answer:
        """The object after it was patched."""
        entry = self._entry(request, message, scope)
        stored = self._controller.objects.patch(entry, request.json(), scope, asked=version)
        return self._written(request, stored, version, 200)

    def delete(self, request: Request, message: Message, scope: Scope, _version: Version | None) -> Answer:
        """Nothing, 204."""
        self._controller.objects.delete(self._entry(request, message, scope), scope)
        return Answer(status=204)

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

    def _message(self, segments: tuple[str, ...]) -> Message:
        message = self._controller.schema.by_path.get(segments[1]) if len(segments) > 1 else None
        if message is None or segments[0] != "api" or len(segments) > ITEM_SEGMENTS:
            raise Refusal.NO_SUCH_PATH.error()
        return message

    def _asked_version(self, request: Request) -> Version | None:
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
ITEM_METHODS: Mapping[str, ObjectMethod] = {
    "GET": Resources.get_item,
    "HEAD": Resources.get_item,
    "PUT": Resources.put,
    "PATCH": Resources.patch,
    "DELETE": Resources.delete,
}
