"""What a type says of its own values: its validator, and its JSON schema in the words that messages need."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

Path = tuple[str | int, ...]


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def adapter_of(kind: type) -> TypeAdapter[Any]:
    """The validator of a type, built when it is first asked for."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


class Schema:
    """The JSON schema of a type, made only when something is asked of it."""

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        self._adapter = adapter
        self._root: dict[str, Any] | None = None

    def keys(self, path: Path) -> tuple[str, ...]:
        """The keys that a mapping at `path` may have, but those that are accepted without effect."""
        return tuple(key for key, schema in self._at(path).get("properties", {}).items() if schema.keys() - {"title"})

    def mappings(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of every mapping in which unknown ones are no error, by its dotted path; of a list, of its items."""
        return dict(self._mappings(self._at(()), ""))

    def _mappings(self, schema: dict[str, Any], path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        here = self._resolved(schema.get("items", schema))
        properties = here.get("properties", {})
        if not properties or here.get("additionalProperties") is False:
            return
        yield path, tuple(properties)
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
