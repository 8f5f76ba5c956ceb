"""What a type allows, and validation errors → problems in our words: what, where, and the fix."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sync.model.problem import Origin, Problem, Severity
from sync.model.wording import did_you_mean, shown

Path = tuple[str | int, ...]


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def adapter_of(kind: type) -> TypeAdapter[Any]:
    """The validator of a type, built on first use."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


class Schema:
    """The JSON schema of a type, built on first use."""

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        self._adapter = adapter
        self._root: dict[str, Any] | None = None

    def keys(self, path: Path) -> tuple[str, ...]:
        """The keys that a mapping at `path` may have, but those that are accepted without effect."""
        return tuple(key for key, schema in self._at(path).get("properties", {}).items() if schema.keys() - {"title"})

    def mappings(self) -> Mapping[str, Mapping[str, bool]]:
        """The keys of every mapping in which unknown ones are no error, by its dotted path; of a list, of its items.

        Each key tells whether it holds a list or mapping that may be left out.
        """
        return dict(self._mappings(self._at(()), ""))

    def _mappings(self, schema: dict[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, bool]]]:
        here = self._resolved(schema.get("items", schema))
        properties = here.get("properties", {})
        if not properties or here.get("additionalProperties") is False:
            return
        required = here.get("required", ())
        yield (
            path,
            {
                key: key not in required and self._resolved(below).get("type") in ("array", "object")
                for key, below in properties.items()
            },
        )
        for key, below in properties.items():
            yield from self._mappings(self._resolved(below), f"{path}.{key}".lstrip("."))

    def range(self, path: Path) -> str:
        """The numbers allowed at `path`."""
        schema = self._at(path)
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            return f"from {low} to {high}"
        return f"from {low} on" if low is not None else f"up to {high}"

    def length(self, path: Path) -> str:
        """How many characters or items are allowed at `path`."""
        schema = self._at(path)
        low = schema.get("minLength", schema.get("minItems", 0))
        high = schema.get("maxLength", schema.get("maxItems"))
        if high is None:
            return f"at least {low}"
        return f"{low} to {high}" if low else f"up to {high}"

    def _at(self, path: Path) -> dict[str, Any]:
        if self._root is None:
            self._root = self._adapter.json_schema(by_alias=True)
        here = self._resolved(self._root)
        for step in path:
            if isinstance(step, int):
                here = self._resolved(here.get("items", {}))
            else:
                here = self._resolved(here.get("properties", {}).get(step, here.get("additionalProperties") or {}))
        return here

    def _resolved(self, schema: Any) -> dict[str, Any]:
        root = self._root or {}
        if not isinstance(schema, dict):
            return {}
        for choice in ("anyOf", "allOf"):
            if choice in schema:
                return self._resolved(next((s for s in schema[choice] if s.get("type") != "null"), {}))
        if "$ref" in schema:
            return self._resolved(root.get("$defs", {}).get(schema["$ref"].rpartition("/")[2], {}))
        return schema


def problems_of(
    error: ValidationError, adapter: TypeAdapter[Any], value: Any, *, origin: Origin, resource: str = ""
) -> tuple[Problem, ...]:
    """One problem per field that is wrong, in the order of the fields.

    `value` is what was validated, `adapter` what it should have been; `origin` is where the value's root stands.
    """
    schema = Schema(adapter)
    found: dict[Path, Problem] = {}
    for detail in error.errors(include_url=False):
        path = _real_path(detail, value)
        message, fix = _words(detail, path, schema)
        found.setdefault(
            path,
            Problem(severity=Severity.ERROR, message=message, fix=fix, origin=origin, resource=resource, field=path),
        )
    return tuple(problem for path, problem in found.items() if not _follows_from_deeper(path, problem, found))


def _follows_from_deeper(path: Path, problem: Problem, found: Mapping[Path, Problem]) -> bool:
    """Whether a list is called too short only because one of its items is wrong."""
    return problem.message.endswith(_TOO_FEW) and any(len(p) > len(path) and p[: len(path)] == path for p in found)


def _real_path(detail: ErrorDetails, value: Any) -> Path:
    """The error's place without the steps that pydantic adds for alternatives of a type."""
    path: list[str | int] = []
    here = value
    for step in detail["loc"]:
        if isinstance(here, list):
            if not isinstance(step, int):
                continue
            here = here[step] if step < len(here) else None
        elif isinstance(here, Mapping) and (step in here or detail["type"] in _ABOUT_KEYS):
            here = here.get(step)
        else:
            continue
        path.append(step)
    return tuple(path)


_ABOUT_KEYS = frozenset({"missing", "missing_argument", "extra_forbidden", "unexpected_keyword_argument"})

_TOO_FEW = "has too few items"

_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("{last} is missing", "add it"),
    "missing_argument": ("{last} is missing", "add it"),
    "extra_forbidden": ("unknown key {last}", "{hint}"),
    "unexpected_keyword_argument": ("unknown key {last}", "{hint}"),
    "string_type": ("{value} is not text", "{quote}"),
    "int_type": ("{value} is not a whole number", "write a number in digits, without quotes"),
    "int_from_float": ("{value} is not a whole number", "write a whole number"),
    "bool_type": ("{value} is neither true nor false", "write true or false, without quotes"),
    "less_than_equal": ("{value} is out of range", "use a number {range}"),
    "greater_than_equal": ("{value} is out of range", "use a number {range}"),
    "literal_error": ("{value} is not known here", "use one of {expected}"),
    "enum": ("{value} is not known here", "use one of {expected}"),
    "string_pattern_mismatch": ("{value} is not a valid name", "{pattern}"),
    "string_too_short": ("{value} is too short", "write {length} characters"),
    "string_too_long": ("{value} is too long", "write {length} characters"),
    "too_short": ("the list " + _TOO_FEW, "give {length} items"),
    "too_long": ("the list has too many items", "give {length} items"),
    "dict_type": ("{value} is not a mapping", "write `key: value` lines below it"),
    "mapping_type": ("{value} is not a mapping", "write `key: value` lines below it"),
    "dataclass_type": ("{value} is not a mapping", "write `key: value` lines below it"),
    "dataclass_exact_type": ("{value} is not a mapping", "write `key: value` lines below it"),
    "address_range": ("{value} is not a range of addresses", "write it as 10.0.0.10-10.0.0.20"),
    "subnet": ("{value} is not a subnet", "write it as 10.0.0.0/24"),
    "clock_time": ("{value} is not a time of day", "write it as 22:30"),
    "calendar_day": ("{value} is not a date", "write it as 2026-12-31"),
    "not_ignorable": ("this field cannot be ignored", "ignore another field: this one marks an object as ours"),
    "wrong_path": ("{said}", "{fix}"),
    "zoneinfo_str": ("{value} is not a time zone", "write a name such as UTC or Europe/Berlin"),
    "tuple_type": ("{value} is not a list", "start each item on its own line with `- `"),
}
"""pydantic's error types (pydantic 2.14, Error Types) → message and fix."""

_PATTERNS = {
    r"^[a-zA-Z0-9_-]+$": "use letters, digits, - and _ only",
    r"^[a-z0-9_]+(\.[a-z0-9_]+)*$": "name a field such as enabled or analytics_policy.client_log_filters",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": "use lower-case letters, digits and -, with a letter or digit at both ends",
}
_ANY_PATTERN = "use lower-case letters, digits, - and ., with a letter or digit at both ends of each part"


def _words(detail: ErrorDetails, path: Path, schema: Schema) -> tuple[str, str]:
    message, fix = _WORDS.get(detail["type"], ("{value}: {said}", "correct the value"))
    context = detail.get("ctx", {})
    given = detail["input"]
    places = {
        "last": f'"{path[-1]}"' if path else "a key",
        "value": shown(given),
        "said": context.get("said", detail["msg"].lower()),
        "fix": context.get("fix", ""),
        "quote": _quoting(given),
        "expected": context.get("expected", ""),
        "pattern": _PATTERNS.get(str(context.get("pattern", "")), _ANY_PATTERN),
    }
    if "{hint}" in fix:
        places["hint"] = did_you_mean(str(path[-1]), schema.keys(path[:-1]))
    if "{range}" in fix or "{length}" in fix:
        places["range"], places["length"] = schema.range(path), schema.length(path)
    return message.format(**places), fix.format(**places)


def _quoting(given: Any) -> str:
    """The fix for text that YAML reads as another type."""
    if isinstance(given, bool):  # it is unknown whether it was written true, yes or on
        return "put it in quotes"
    return f'put it in quotes: "{shown(given)}"' if isinstance(given, int | float) else "write a text"
