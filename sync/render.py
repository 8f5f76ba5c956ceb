"""Object specs × templates → the bodies that a create would send. Pure: templates enter as text.

Templates say what a body contains, Python says which objects exist and what they are called: `name`, `tenant_ref`,
`cloud_ref`, `created_by` and `markers` are set here, after rendering. A template is JSON text in which each `{{ }}` is
JSON-encoded, so that no value can break out of its place; null means that the field is left out.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, Undefined

from sync.avi.fields import WrongField, wrong_fields
from sync.avi.markers import Marker
from sync.avi.references import reference_by_name
from sync.compare.managed import signed, written_fields
from sync.compare.moves import fingerprints
from sync.compare.normal_form import normal_form
from sync.compare.vips import check_vips, requested_address
from sync.kinds import KINDS, OURS_AFTER_RENDERING, Part
from sync.model.desired import AviObject, Held, ObjectSpec, Owner
from sync.model.leaks import KnownSecrets
from sync.model.nesting import MOST_LEVELS, is_too_deep
from sync.model.problem import Origin, Problem, Severity
from sync.model.secrets import blanked
from sync.model.templates import TemplateText
from sync.model.wording import did_you_mean, nearest
from sync.sandbox import MOST_TEXT, Meter, Raw, Sandbox, TooMuchError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Rendered objects, and the problems and held owners where rendering failed."""

    objects: tuple[AviObject, ...]
    problems: tuple[Problem, ...] = ()
    held: tuple[Held, ...] = ()


MOST_SOURCE = 100_000
"""Most characters of a template, because compiling takes time; ours have at most 3,000."""


NO_SECRETS = KnownSecrets()


def never() -> bool:
    """For a run without a deadline."""
    return False


def render(
    specs: Iterable[ObjectSpec],
    templates: Mapping[str, TemplateText],
    *,
    created_by: str,
    secrets: KnownSecrets = NO_SECRETS,
    is_over: Callable[[], bool] = never,
) -> Rendering:
    """Every spec as the body a create would send.

    `templates` has one template per Avi kind. An owner whose template fails is held as a whole, and so is one whose
    template writes a secret, or is still running when `is_over` returns true.
    """
    compiled, problems = _compiled(templates)
    run = _Run(created_by=created_by, secrets=secrets, is_over=is_over)
    objects: list[AviObject] = []
    failed: dict[Owner, tuple[str, Problem]] = {}
    for spec in specs:
        if spec.owner in failed:
            continue
        template = compiled.get(spec.key.kind)
        if template is None:
            failed[spec.owner] = (spec.owner_name, problems[spec.key.kind])
            continue
        try:
            objects.append(_rendered(spec, template, templates[spec.key.kind], run))
        except _BadTemplateError as error:
            failed[spec.owner] = (spec.owner_name, _problem(error, spec, secrets))
    return Rendering(
        objects=tuple(item for item in objects if item.owner not in failed),
        problems=tuple(dict.fromkeys(problem for _, problem in failed.values())),
        held=tuple(Held(owner=owner, name=name, origin=problem.origin) for owner, (name, problem) in failed.items()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all objects of one rendering have in common."""

    created_by: str
    secrets: KnownSecrets
    is_over: Callable[[], bool]


class _BadTemplateError(Exception):
    """A template does not render to a JSON object."""

    def __init__(self, message: str, *, file: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line


def _compiled(templates: Mapping[str, TemplateText]) -> tuple[dict[str, Template], dict[str, Problem]]:
    compiled: dict[str, Template] = {}
    problems: dict[str, Problem] = {}
    for kind, source in templates.items():
        try:
            compiled[kind] = _template(source)
        except TemplateSyntaxError as error:
            bad = _BadTemplateError(error.message or "not a template", file=source.file, line=error.lineno)
            problems[kind] = _problem(bad, None)
        except _ANY_FAILURE as error:
            bad = _BadTemplateError(f"it cannot be compiled: {_error_text(error)}", file=source.file, line=1)
            problems[kind] = _problem(bad, None)
    return compiled, problems


@lru_cache(maxsize=64)
def _template(source: TemplateText) -> Template:
    """Cached, because compiling takes longer than rendering a small tree; a template keeps no state."""
    if len(source.text) > MOST_SOURCE:
        raise TooMuchError(f"it has more than {MOST_SOURCE:,} characters")
    sandbox = Sandbox({"ref": _reference, "raw": _raw}, finalize=_encoded)
    tree = sandbox.parse_metered(source.text, source.file)
    code = sandbox.compile(tree, name=source.file, filename=source.file)
    return Template.from_code(sandbox, code, sandbox.globals)


def _encoded(value: Any) -> Any:
    """What `{{ value }}` writes: its JSON."""
    if type(value) is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if type(value) is int:
        return str(value)
    if isinstance(value, Raw | Undefined):
        return value
    if isinstance(value, tuple | list):
        return json.dumps(list(value))
    if is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is not a JSON value: write out its fields")
    return json.dumps(value)


def _reference(type_name: str, name: str | None) -> str | None:
    """`/api/<type>?name=<name>`; a name that is a reference already stays; None stays None."""
    if name is None or name.startswith("/api/"):
        return name
    return reference_by_name(type_name, name)


def _raw(text: Any) -> Raw:
    """JSON text, not encoded again. A function, because a class would give templates the methods of every text."""
    return Raw(text)


def _rendered(spec: ObjectSpec, template: Template, source: TemplateText, run: _Run) -> AviObject:
    text = _text(spec, template, Meter(run.is_over))
    file = str(template.filename)
    try:
        rendered = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_json_object)
        if not isinstance(rendered, dict):
            raise _BadTemplateError("it does not render to a JSON object", file=file, line=1)
        if is_too_deep(rendered):
            raise _BadTemplateError(f"its output is nested more than {MOST_LEVELS} levels deep", file=file, line=1)
        body = {key: value for key, value in rendered.items() if key not in OURS_AFTER_RENDERING}
        if name := run.secrets.found_in(body, [spec.content, spec.key.name]):
            raise _BadTemplateError(f"its output contains the secret of {name}", file=file, line=1)
        if (wrong := next(wrong_fields(body, spec.key.kind), None)) is not None:
            message = f'"{wrong.path}" {wrong.why}{_hint(wrong)}'
            raise _BadTemplateError(message, file=file, line=source.line_of(wrong.name))
        return _completed(body, spec, run.created_by)
    except json.JSONDecodeError as error:
        message = f"it does not render to JSON: {error.msg} in line {error.lineno} of its output"
        raise _BadTemplateError(message, file=file, line=error.lineno) from None
    except _ANY_FAILURE as error:
        message = f"its output is not a valid body of a {spec.key.kind}: {_error_text(error)}"
        raise _BadTemplateError(message, file=file, line=1) from None


_ANY_FAILURE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RuntimeError,
    SyntaxError,
    TemplateError,
    TypeError,
    ValueError,
)
"""The errors that a user's template can cause."""


_LONGEST_ERROR = 300


def _error_text(error: BaseException) -> str:
    text = " ".join(str(error)[: 2 * _LONGEST_ERROR].split()) or type(error).__name__
    return text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]}…"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, those in it first: Avi knows no null, and an empty list is never on the wire (AVI-NO-NULL)."""
    found = {
        key: item
        for key, value in pairs
        if value is not None and (item := _without_nulls(value) if type(value) is list else value) != []
    }
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f'the key "{key}" appears twice in one object')
            seen.add(key)
    return found


def _without_nulls(items: list[Any]) -> list[Any]:
    return [_without_nulls(item) if type(item) is list else item for item in items if item is not None]


def _text(spec: ObjectSpec, template: Template, meter: Meter) -> str:
    context: Any = template.new_context({"spec": spec.content})
    context.meter = meter
    pieces = []
    size = 0
    try:
        for piece in template.root_render_func(context):
            size += len(piece)
            if size > MOST_TEXT:
                raise TooMuchError(f"it renders more than {MOST_TEXT:,} characters")
            pieces.append(piece)
    except _ANY_FAILURE as error:
        line = _line_of_failure(error, template)
        raise _BadTemplateError(_error_text(error), file=str(template.filename), line=line) from None
    return "".join(pieces)


def _line_of_failure(error: BaseException, template: Template) -> int:
    """The line of the template that failed, from the compiled code in the traceback."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == template.filename:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _hint(wrong: WrongField) -> str:
    return f": {did_you_mean(wrong.name, wrong.known)}" if nearest(wrong.name, wrong.known) else ""


def _completed(rendered: Mapping[str, Any], spec: ObjectSpec, created_by: str) -> AviObject:
    """The body with everything that no template may omit or change."""
    kind = KINDS[spec.key.kind]
    body: dict[str, Any] = {"name": spec.key.name, "tenant_ref": _reference("tenant", spec.key.tenant)}
    if kind.has_cloud:
        body["cloud_ref"] = _reference("cloud", spec.key.cloud)
    if kind.has_created_by:
        body["created_by"] = created_by
    body |= {key: value for key, value in rendered.items() if key not in spec.left_alone}
    normal = normal_form(body, kind.name, sorted(body))
    fields = (kind.managed | rendered.keys()) - spec.left_alone
    markers = spec.markers
    if kind.part is Part.ADDRESS:
        check_vips(body.get("vip", []))
        markers = markers.with_values(Marker.ASKED_ADDRESS, requested_address(body.get("vip", ())))
    if spec.follows_cluster:
        markers = markers.with_values(Marker.SERVERS, *fingerprints(normal.get("servers", ())))
    markers = signed(markers, normal).with_values(Marker.FIELDS, *written_fields(kind.name, fields, body))
    body["markers"] = markers.to_json()
    return AviObject(
        key=spec.key,
        owner=spec.owner,
        owner_name=spec.owner_name,
        body=body,
        normal=normal,
        left_alone=spec.left_alone,
        unknown_servers=spec.unknown_servers,
        servers_from=spec.servers_from,
        may_be_empty=spec.may_be_empty,
    )


def _problem(error: _BadTemplateError, spec: ObjectSpec | None, secrets: KnownSecrets = NO_SECRETS) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        message=f"template: {blanked(error.message, secrets.names)}",
        fix="correct the template; the built-in ones are in the package under templates/",
        origin=Origin(file=error.file, line=error.line),
        resource=str(spec.owner) if spec else "",
    )
