"""YAML and JSON text → plain values, one per document, with the line of anything in them on demand.

Parsing is that of a Kubernetes API server (sigs.k8s.io/yaml 1.4, YAML 1.1): `on` is a boolean, a timestamp is a
string, a key given twice is an error, null means absent. Values are built from the C parser's node tree by a loop of
our own, for PyYAML's constructor would turn dates into objects, keep the last of two equal keys and expand aliases
without a limit.
"""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = Sequence[str | int]


class YamlError(Exception):
    """The text is not YAML that a Kubernetes API server would take; `line` is counted from 1."""

    def __init__(self, message: str, *, line: int, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: its value (plain dicts, lists and scalars), its number in the file and its first line.

    A key with null is absent in `value`; `nulls` has these keys, by the identity of their mapping.
    """

    value: Any
    index: int
    line: int
    nulls: Mapping[int, frozenset[str]] = field(default_factory=dict, compare=False)

    def nulls_in(self, mapping: Mapping[str, Any]) -> frozenset[str]:
        """The keys with null in one of the mappings of `value`."""
        return self.nulls.get(id(mapping), frozenset())


def parse_documents(content: bytes, *, max_aliases: int) -> tuple[Document, ...]:
    """All documents of a file that are not empty; raises `YamlError` for the first thing that is wrong."""
    try:
        return tuple(
            _document(index, node, max_aliases)
            for index, node in enumerate(_nodes(content))
            if not (isinstance(node, yaml.ScalarNode) and node.tag == _NULL)
        )
    except RecursionError:
        raise _too_deep(1) from None


def _document(index: int, node: yaml.Node, max_aliases: int) -> Document:
    builder = _Builder(max_aliases)
    return Document(value=builder.build(node), index=index, line=node.start_mark.line + 1, nulls=builder.nulls)


def text_of(content: bytes) -> str:
    """The text of a file, in UTF-8 or, with a byte order mark, UTF-16; raises `YamlError`."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError("not UTF-8 text", line=line, fix="save the file as UTF-8") from None


def parse_only_document(content: bytes, *, max_aliases: int) -> Document:
    """The one document of a file, an empty mapping for an empty file; raises `YamlError`."""
    documents = parse_documents(content, max_aliases=max_aliases)
    if len(documents) > 1:
        fix = "keep one of them: the others would be silently ignored"
        raise YamlError("the file holds several documents", line=documents[1].line, fix=fix)
    return documents[0] if documents else Document(value={}, index=0, line=1)


def line_of(content: bytes, document: int, path: Path) -> int:
    """The line (from 1) of the field at `path`; of the deepest part of it that is there, if it is not.

    Reads the text again: places are needed only when something is wrong, and keeping them for every value of every
    healthy tree would cost more memory than everything else together.
    """
    for index, node in enumerate(_nodes(content)):
        if index == document:
            return _line_in(node, path)
    return 1


def _line_in(node: yaml.Node, path: Path) -> int:
    line: int = node.start_mark.line + 1
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        line, node = child
    return line


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None


def _nodes(content: bytes) -> Iterator[yaml.Node]:
    """The node tree of each document, made by libyaml."""
    text = text_of(content)
    if "\t" in text and _is_flow(text):  # JSON may be indented by tabs, YAML may not
        text = _INDENTATION.sub(lambda found: found[0].replace("\t", " "), text)
    try:
        _refuse_deep_nesting(text)
        try:
            yield from _composed(_Loader(text))
        except yaml.composer.ComposerError as error:
            if "duplicate anchor" not in str(error.context):
                raise
            yield from _composed(_ReusingLoader(text))
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(text, error) from None
    except yaml.YAMLError as error:
        raise YamlError(_one_line(str(error)), line=_line_of_special_character(text), fix="remove it") from None


def _composed(loader: "_Loader | _ReusingLoader") -> Iterator[yaml.Node]:
    while loader.check_node():
        if (node := loader.get_node()) is not None:
            yield node


def _refuse_deep_nesting(text: str) -> None:
    """The composer of libyaml recurses in C and would take the process down; its event parser does not recurse."""
    if not _may_be_deep(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _too_deep(event.start_mark.line + 1 if event.start_mark else 1)


def _may_be_deep(text: str) -> bool:
    """Whether the text may be nested so deeply that it exhausts the C stack; a few looks at it instead of parsing it.

    Each level of flow style has a bracket of its own. In block style at most two levels begin in one column, and only
    indentation and the signs of lists and keys can stand before one.
    """
    if len(text) < _HARMLESS_DEPTH:
        return False
    is_steep = any(len(line) - len(line.lstrip(" \t-?:")) > _HARMLESS_COLUMN for line in text.splitlines())
    return is_steep or (text.count("[") + text.count("{") > _HARMLESS_BRACKETS and not _is_json(text))


def _is_flow(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _is_json(text: str) -> bool:
    """Whether it is JSON that Python reads, which ends at the limit of its recursion."""
    try:
        return _is_flow(text) and json.loads(text) is not None
    except (ValueError, RecursionError):
        return False


def _too_deep(line: int) -> YamlError:
    return YamlError("nested too deeply", line=line, fix="flatten it: no manifest is this deep")


def _syntax_error(text: str, error: yaml.MarkedYAMLError) -> YamlError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if "{{" in text:
        return _template(line)
    said = ": ".join(part for part in (error.context, error.problem) if part)
    return YamlError(f"not valid YAML: {_one_line(said)}", line=line, fix="correct the syntax at this line")


def _template(line: int) -> YamlError:
    return YamlError(
        "this looks like a Helm template (it holds {{ … }}), not a manifest",
        line=line,
        fix="render it first (helm template, kustomize build) and commit the result, "
        "or list the file in SyncSettings.exclude",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line_of_special_character(text: str) -> int:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)

_MAX_DEPTH = 200
_HARMLESS_DEPTH = 8 * 1024
"""So many levels do not exhaust the C stack (32,000 are harmless with 8 MB), nor does any shorter text."""
_HARMLESS_COLUMN = 1_000
_HARMLESS_BRACKETS = _HARMLESS_DEPTH - 2 * (_HARMLESS_COLUMN + 1)

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.CSafeLoader):
    """The C parser, with Kubernetes' idea of what a plain scalar means: no timestamps."""


class _ReusingLoader(yaml.SafeLoader):
    """The same in Python, for the rare text that uses an anchor's name again: only libyaml's composer refuses that."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The node; an anchor stands for what had its name last (YAML 1.2.2 §7.1)."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, yaml.AliasEvent) and getattr(event, "anchor", None) in self.anchors:
            del self.anchors[event.anchor]
        return super().compose_node(parent, index)


_OCTAL = ("tag:yaml.org,2002:int", re.compile(r"^[-+]?0o[0-7_]+$"))
"""Octal numbers as Go writes them, which YAML 1.1 does not know and an API server takes (sigs.k8s.io/yaml 1.4)."""

_Loader.yaml_implicit_resolvers = {
    first: [
        *((tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")),
        *((_OCTAL,) if first in ("-", "+", "0") else ()),
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_ReusingLoader.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

_TRUE = frozenset({"yes", "true", "on", "y"})


class WrittenInt(int):
    """A number that is not written as Python writes it, such as 0123 or 0x1F; `written` is how."""

    written: str


class WrittenFloat(float):
    """The same for fractions, such as 1.10, and for whole numbers that are too long to be any."""

    written: str


def _whole_number(text: str) -> int | float | str:
    if len(text) > _MAX_DIGITS:
        number = WrittenFloat("inf")
        number.written = text
        return number
    digits = text.replace("_", "")
    if ":" in digits:  # base 60 of YAML 1.1, which Kubernetes does not know
        return text
    sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits.removeprefix("+"))
    if digits == text.removeprefix("-") and digits.isdecimal() and (digits == "0" or not digits.startswith("0")):
        return sign * int(digits)
    base = 0 if not digits.isdecimal() else 8 if digits.startswith("0") else 10
    whole = WrittenInt(sign * int(digits, base))
    whole.written = text
    return whole


_MAX_DIGITS = 1_000
"""A longer number is none of Kubernetes'; Python refuses to write one of more than 4,300 digits as a text."""


def _fraction(text: str) -> float | str:
    plain = text.replace("_", "").lower()
    if ":" in plain:
        return text
    number = WrittenFloat(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", plain))
    number.written = text
    return number


def _decoded(text: str) -> str:
    """What `!!binary` stands for: an API server takes it as a text."""
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "replace")
    except binascii.Error:
        return text


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:bool": lambda text: text.lower() in _TRUE,
    "tag:yaml.org,2002:int": _whole_number,
    "tag:yaml.org,2002:float": _fraction,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:value": str,
    "tag:yaml.org,2002:binary": _decoded,
    _NULL: lambda _: None,
}


class _Builder:
    """Turns one document's nodes into values; counts how often aliases repeat a collection."""

    def __init__(self, max_aliases: int) -> None:
        self.nulls: dict[int, frozenset[str]] = {}
        self._left = max_aliases
        self._seen: set[int] = set()
        self._open: set[int] = set()

    def build(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._enter(node)
        value = self._mapping(node) if isinstance(node, yaml.MappingNode) else [self.build(item) for item in node.value]
        self._open.discard(id(node))
        return value

    def _enter(self, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise YamlError("an alias refers to the value that contains it", line=line, fix="write the value out")
        if id(node) in self._seen:
            self._left -= 1
            if self._left < 0:
                raise YamlError(
                    "too many YAML aliases",
                    line=line,
                    fix="write the values out, or raise SyncSettings.limits.maxYamlAliases",
                )
        self._seen.add(id(node))
        self._open.add(id(node))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        """The value; one with a tag of another program's is a text, as for an API server."""
        try:
            return _SCALARS.get(node.tag, str)(node.value)
        except ValueError:
            return node.value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        value: dict[str, Any] = {}
        nulls: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                merged = self._merged(value_node) | merged
                continue
            key = self._key(key_node)
            if key in value or key in nulls:
                line = key_node.start_mark.line + 1
                raise YamlError(f'the key "{key}" is written twice in one mapping', line=line, fix="keep one of them")
            item = self.build(value_node)
            if item is None:
                nulls.add(key)
            else:
                value[key] = item
        if merged:
            value = {key: item for key, item in merged.items() if key not in nulls} | value
        if nulls:
            self.nulls[id(value)] = frozenset(nulls)
        return value

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            line = node.start_mark.line + 1
            if isinstance(node, yaml.MappingNode):  # `{{ name }}` is a mapping whose key is a mapping
                raise _template(line)
            raise YamlError("a key is a list", line=line, fix="use a plain text as key")
        return str(node.value)

    def _merged(self, node: yaml.Node) -> dict[str, Any]:
        """What `<<:` brings in; of several mappings the first has the last word (YAML 1.1 merge keys)."""
        value = self.build(node)
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise YamlError(
                "<< merges something that is not a mapping", line=node.start_mark.line + 1, fix="name a mapping"
            )
        merged: dict[str, Any] = {}
        for part in parts:
            merged = part | merged
        return merged
