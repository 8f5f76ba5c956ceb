"""What a template may reach, and how much it may do (docs/templates.md). Pure: no thread, no clock.

*Reach.* A template sees the public fields of the values that it is given and the methods in `_METHODS`; every other
attribute, also of functions, classes and methods, is refused, and so is every other call.

*Work.* Each rendering has a `Meter`. Bodies of loops, macros and blocks pay for their own length each time they run,
and work that grows with the size of its values (operators, comparisons, filters, methods, `{{ }}`) pays for that size
first, or for the size of its result if that can be larger. So the meter bounds all work, and only the meter has to
check the time.
"""

import math
import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from dataclasses import fields, is_dataclass
from types import FunctionType, MethodType
from typing import Any

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateRuntimeError,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.exceptions import SecurityError
from jinja2.filters import make_attrgetter
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
from jinja2.visitor import NodeTransformer

import sync.model.desired as desired_values

MOST_WORK = 1_000_000
"""Most work for one object. Our pool template with 2,000 servers, the Controller's limit, costs a tenth."""

MOST_TEXT = 4_000_000
"""Most characters of one value of a template, or of its whole output."""

MOST_BITS = 16_384
"""Most bits of an integer; Python prints up to 4,300 digits."""

_TEXT_PER_WORK = 16
_WORK_PER_CALL = 10
_WORK_BETWEEN_LOOKS = 20_000
_ITEM_SIZE = 8
"""Characters that an item of a list counts for, in addition to its own."""


class TooMuchError(TemplateRuntimeError):
    """A template does more than it may."""


class OverTimeError(TooMuchError):
    """The run has no time left."""


class Raw(str):
    """JSON text that is not encoded once more."""

    __slots__ = ()


class Meter:
    """The remaining work of one rendering; `is_over` returns whether the run has no time left."""

    __slots__ = ("_is_over", "_left", "_next_look")

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over
        self._left = MOST_WORK
        self._next_look = MOST_WORK - _WORK_BETWEEN_LOOKS

    def spend(self, work: int) -> None:
        """Pay; raises TooMuchError if nothing is left."""
        self._left -= work
        if self._left < self._next_look:
            self._look()

    def spend_on(self, characters: int) -> None:
        """Pay for that much text; raises TooMuchError, also where no text may be that long."""
        if characters > MOST_TEXT:
            raise TooMuchError(f"it makes a value of more than {MOST_TEXT:,} characters")
        self.spend(1 + characters // _TEXT_PER_WORK)

    def _look(self) -> None:
        if self._left < 0:
            raise TooMuchError(f"it takes more than {MOST_WORK:,} steps for one object")
        if self._is_over():
            raise OverTimeError("it was still running when the time limit of the run (--deadline) had passed")
        self._next_look = max(0, self._left - _WORK_BETWEEN_LOOKS)


class MeteredContext(Context):
    """The variables of one rendering, and its meter."""

    meter: Meter

    def derived(self, locals: dict[str, Any] | None = None) -> "MeteredContext":  # noqa: A002 -- Jinja's name
        """The same with more variables, on the same meter."""
        context: Any = super().derived(locals)
        context.meter = self.meter
        found: MeteredContext = context
        return found


# --- how large values are ---------------------------------------------------------------------------------------------

_CONTENT_FIELDS: Mapping[type, frozenset[str]] = {
    found: frozenset(field.name for field in fields(found))
    for found in vars(desired_values).values()
    if isinstance(found, type) and is_dataclass(found)
}
_SMALL = _CONTENT_FIELDS.keys() | {bool, float, type(None)}
"""Types whose values a template cannot make larger."""

_CONTAINERS = (list, tuple, Mapping)


def size_of(value: Any) -> int:
    """The characters of a value written out, roughly; raises TooMuchError instead of counting for long.

    A list that contains the same list many times counts each of them, as comparing or printing it does.
    """
    kind = type(value)
    if kind is str:
        return _size_of_text(value)
    if kind in _SMALL:
        return 1
    if kind is int:
        return _size_of_number(value)
    if isinstance(value, str):
        return _size_of_text(value)
    return _size_of_items(value) if isinstance(value, _CONTAINERS) else 1


def _size_of_text(text: str) -> int:
    """A character outside of Unicode's first plane is two, as JSON escapes it as two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _size_of_number(value: int) -> int:
    bits = value.bit_length()
    if bits > MOST_BITS:
        raise TooMuchError(f"it makes a number of more than {MOST_BITS:,} bits")
    return 1 + bits // 3


def _size_of_items(value: Any) -> int:
    size = 1
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, Mapping):
            todo += item.keys()
            todo += item.values()
            size += 2 * _ITEM_SIZE * len(item)
        elif isinstance(item, list | tuple):
            todo += item
            size += _ITEM_SIZE * len(item)
        else:
            size += size_of(item)
        if size > MOST_TEXT:
            raise TooMuchError(f"it makes a list of more than {MOST_TEXT:,} characters")
    return size


_Cost = Callable[[Sequence[Any]], int]
"""The cost of a call with these values, in characters; the first value is the subject of the call."""


def _linear(values: Sequence[Any]) -> int:
    return sum(map(size_of, values))


def _each(values: Sequence[Any]) -> int:
    """As if each item met all the other values."""
    items = len(values[0]) if isinstance(values[0], (str, *_CONTAINERS)) else 1
    return _linear(values) + items * (_TEXT_PER_WORK + _linear(values[1:]))


def _sorting(values: Sequence[Any]) -> int:
    return 16 * _each(values)


def _extent(value: Any) -> int:
    """How much larger a value can make another: a number by itself, a text by its length."""
    if isinstance(value, int):
        return abs(value)
    return math.ceil(abs(value)) if isinstance(value, float) and math.isfinite(value) else size_of(value)


def _product(values: Sequence[Any]) -> int:
    """As if each made all others longer."""
    cost = 1
    for value in values:
        cost *= 1 + _extent(value)
        if cost > MOST_TEXT:
            break
    return cost


def _power(values: Sequence[Any]) -> int:
    return _product(values) ** 2


_NUMBER = re.compile(r"\d+")
_WIDTH_FROM_ARGUMENT = re.compile(r"%[^%a-zA-Z]*\*")


def _formatting(values: Sequence[Any]) -> int:
    """Of `"%5d" % value`: each number may be a width, and each % may write every value."""
    text = str(values[0])
    if _WIDTH_FROM_ARGUMENT.search(text):
        raise TooMuchError("%* is not available: write the width into the text")
    return len(text) + _widths_in(text) + text.count("%") * _linear(values[1:])


def _widths_in(text: str) -> int:
    return sum(min(int(number[:12]), 10**9) for number in _NUMBER.findall(text))


# --- what may be called -----------------------------------------------------------------------------------------------

_ANY_TEXT: Mapping[str, _Cost] = {
    **dict.fromkeys(
        (
            "capitalize", "casefold", "count", "endswith", "find", "format", "format_map", "index", "isalnum",
            "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper",
            "lower", "partition", "removeprefix", "removesuffix", "split", "splitlines", "startswith", "swapcase",
            "title", "upper",
        ),
        _linear,
    ),
    **dict.fromkeys(
        (
            "center", "expandtabs", "join", "ljust", "lstrip", "replace", "rfind", "rindex", "rjust", "rpartition",
            "rsplit", "rstrip", "strip", "zfill",
        ),
        _product,
    ),
}  # fmt: skip
_ANY_SEQUENCE: Mapping[str, _Cost] = {"count": _linear, "index": _linear}
_ANY_MAPPING: Mapping[str, _Cost] = dict.fromkeys(("get", "items", "keys", "values"), _linear)
_FORMATS = frozenset({"format", "format_map"})


def _methods_of(value: Any) -> Mapping[str, _Cost]:
    """The methods that a template may call on a value, each with its cost."""
    kind = type(value)
    if kind is str or kind is Raw:
        return _ANY_TEXT
    if kind is list or kind is tuple:
        return _ANY_SEQUENCE
    return _ANY_MAPPING if isinstance(value, Mapping) else {}


class _Method:
    """A method of a value, to be called through the sandbox only."""

    __slots__ = ("name", "subject")

    def __init__(self, subject: Any, name: str) -> None:
        self.subject = subject
        self.name = name


FILTERS: Mapping[str, _Cost] = {
    **dict.fromkeys(
        (
            "abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower",
            "reverse", "string", "title", "tojson", "truncate", "upper", "urlencode", "wordcount",
        ),
        _linear,
    ),
    **dict.fromkeys(
        ("attr", "items", "map", "reject", "rejectattr", "select", "selectattr", "sum"),
        _each,
    ),
    **dict.fromkeys(("dictsort", "groupby", "max", "min", "sort", "unique"), _sorting),
    **dict.fromkeys(("batch", "center", "indent", "join", "replace", "slice", "trim"), _product),
    "format": _formatting,
    "round": _power,
}  # fmt: skip
"""Jinja's filters that a template may use. Left out: chance, and those that write HTML or prose."""

_TESTS_OF_CONTENT = frozenset(
    {
        "!=", "<", "<=", "==", ">", ">=", "divisibleby", "eq", "equalto", "even", "ge", "greaterthan", "gt", "in", "le",
        "lessthan", "lower", "lt", "ne", "odd", "upper",
    }
)  # fmt: skip
"""The tests that look at all of a value; the others look at its type."""

_OF_A_LOOP = frozenset(
    {
        "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem",
        "revindex", "revindex0",
    }
)  # fmt: skip
_CALLABLE = (BlockReference, LoopContext, Macro, Undefined)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja restricted to what this module lists; undefined names are errors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(loader=BaseLoader(), undefined=StrictUndefined, autoescape=False, optimized=False, **options)
        self.globals = {}
        self.filters = {name: _sum if name == "sum" else self.filters[name] for name in FILTERS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of our own values, a method in `_METHODS`, or an item of a mapping."""
        kind = type(obj)
        if attribute in _CONTENT_FIELDS.get(kind, ()):
            return getattr(obj, attribute)
        if kind is LoopContext and attribute in _OF_A_LOOP:
            return getattr(obj, attribute)
        if attribute in _methods_of(obj):
            return _Method(obj, attribute)
        if isinstance(obj, Mapping | TemplateReference):
            try:
                return obj[attribute]
            except LookupError:
                pass
        if isinstance(obj, Undefined):
            str(obj)  # raises what it has to say
        is_there = hasattr(kind, attribute) or attribute.startswith("_")
        return self.unsafe_undefined(obj, attribute) if is_there else self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item; a text also finds what `getattr` does."""
        try:
            return obj[argument]
        except (TypeError, LookupError):
            if type(argument) is str:
                return self.getattr(obj, argument)
        return self.undefined(obj=obj, name=argument)


def _sum(items: Any, attribute: str | int | None = None, start: float = 0) -> float:
    """Of numbers; Jinja's own also joins lists, and copies all of them for each."""
    numbers = list(items if attribute is None else map(make_attrgetter(_PLAIN, attribute), items))
    if not all(isinstance(number, int | float) for number in (start, *numbers)):
        raise TypeError("sum adds numbers")
    return sum(numbers, start)


_PLAIN = _Sandbox()
"""Runs filters and tests after they have been paid for."""


class Sandbox(_Sandbox):
    """The environment of templates, in which everything is paid for."""

    intercepted_binops = frozenset(_Sandbox.default_binop_table)
    context_class = MeteredContext

    def __init__(self, functions: Mapping[str, Callable[..., Any]], finalize: Callable[[Any], Any]) -> None:
        super().__init__(finalize=_paying(finalize))
        self.globals = {**functions}
        self._functions = frozenset(functions.values())
        self.filters = {name: _metered_filter(name, cost) for name, cost in FILTERS.items()}
        self.filters |= {_SPENT: _spent, _WEIGHED: _weighed}
        self.tests = {**self.tests, **{name: _metered_test(name) for name in _TESTS_OF_CONTENT}}

    def parse_metered(self, text: str, file: str) -> nodes.Template:
        """The tree of a template that pays for what it does."""
        tree = self.parse(text, file, file)
        _Metering(self).visit(tree)
        tree.set_environment(self)
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """The result of an operator, paid for before it is made."""
        context.meter.spend_on(_cost_of_operator(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def call(
        self, context: Any, obj: Any, /, *args: Any, _loop_vars: Any = None, _block_vars: Any = None, **kwargs: Any
    ) -> Any:
        """The result of a call, paid for before it is made."""
        meter: Meter = context.meter
        meter.spend(_WORK_PER_CALL)
        if type(obj) is _Method:
            return self._call_method(meter, obj, args, kwargs)
        meter.spend_on(_linear(args) + _linear(tuple(kwargs.values())))
        if type(obj) is FunctionType and obj in self._functions:
            return obj(*args, **kwargs)
        is_of_a_loop = type(obj) is MethodType and type(obj.__self__) is LoopContext
        if not (is_of_a_loop or isinstance(obj, _CALLABLE)):
            raise SecurityError(f"{type(obj).__name__} cannot be called")
        return super().call(context, obj, *args, **kwargs)

    def _call_method(self, meter: Meter, method: _Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        subject, name = method.subject, method.name
        meter.spend_on(_methods_of(subject)[name]((subject, *args, *kwargs.values())))
        if name in _FORMATS:
            if name == "format_map":
                (kwargs,), args = args, ()
            return _Formatter(self, meter).vformat(subject, args, kwargs)
        return _kept(getattr(subject, name)(*args, **kwargs), meter)


class _Formatter(SandboxedFormatter):
    """`str.format`, of texts and numbers alone, paid for field by field."""

    def __init__(self, environment: Sandbox, meter: Meter) -> None:
        super().__init__(environment)
        self._meter = meter

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """The value as text for `!s`, `!r` or `!a`."""
        if not isinstance(value, str | int | float | None):
            raise TypeError(f"format writes texts and numbers, not a {type(value).__name__}")
        return super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value with a width and a precision, which cannot be long."""
        self._meter.spend_on(size_of(value) + _widths_in(format_spec))
        return str(super().format_field(value, format_spec))


def _cost_of_operator(operator: str, left: Any, right: Any) -> int:
    is_whole = isinstance(left, int) and isinstance(right, int)
    match operator:
        case "*" if not is_whole:
            return size_of(left) * _extent(right) if isinstance(right, int) else size_of(right) * _extent(left)
        case "**" if is_whole:
            if left.bit_length() * abs(right) > MOST_BITS:
                raise TooMuchError(f"it makes a number of more than {MOST_BITS:,} bits")
        case "%" if isinstance(left, str):
            return _formatting((left, right))
    return _linear((left, right))


def _kept(result: Any, meter: Meter) -> Any:
    """A result with a known size: iterators are collected into lists."""
    if isinstance(result, Iterator | KeysView | ValuesView | ItemsView):
        result = list(result)
    meter.spend_on(size_of(result))
    return result


def _metered_filter(name: str, cost: _Cost) -> Callable[..., Any]:
    @pass_context
    def metered(context: MeteredContext, value: Any, /, *args: Any, **kwargs: Any) -> Any:
        context.meter.spend_on(cost((value, *args, *kwargs.values())))
        return _kept(_PLAIN.call_filter(name, value, args, kwargs, context), context.meter)

    return metered


def _metered_test(name: str) -> Callable[..., bool]:
    @pass_context
    def metered(context: MeteredContext, value: Any, /, *args: Any) -> bool:
        context.meter.spend_on(_linear((value, *args)))
        return bool(_PLAIN.call_test(name, value, args, context=context))

    return metered


def _paying(finalize: Callable[[Any], Any]) -> Callable[..., Any]:
    @pass_context
    def paying(context: MeteredContext, value: Any) -> Any:
        context.meter.spend_on(len(value) if type(value) is str else size_of(value))
        return finalize(value)

    return paying


# --- templates that pay -----------------------------------------------------------------------------------------------

_SPENT = " spent"
_WEIGHED = " weighed"
"""No template can write a name with a blank, and calling these filters would gain nothing."""


@pass_context
def _spent(context: MeteredContext, work: int) -> bool:
    """True, once that much work is paid for."""
    if type(work) is not int or work < 1:
        raise TypeError("work is a number")
    context.meter.spend(work)
    return True


@pass_context
def _weighed(context: MeteredContext, value: Any) -> Any:
    """The value, once its size is paid for."""
    context.meter.spend_on(size_of(value))
    return value


class _Metering(NodeTransformer):
    """Puts the payments into the tree of a template."""

    def __init__(self, environment: Sandbox) -> None:
        self._environment = environment

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 -- Jinja's name
        test = _length([node.test]) if node.test is not None else 0
        self._visit_body(node)
        node.iter = self._weigh(node.iter)
        if node.test is not None:
            node.test = nodes.And(self._spent(test, node.lineno), node.test, lineno=node.lineno)
        return node

    def _visit_body(self, node: Any) -> nodes.Node:
        length = _length(node.body)
        self.generic_visit(node)
        node.body = [nodes.ExprStmt(self._spent(length, node.lineno), lineno=node.lineno), *node.body]
        found: nodes.Node = node
        return found

    visit_Macro = visit_CallBlock = visit_Block = _visit_body  # noqa: N815 -- Jinja's names

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 -- Jinja's name
        self.generic_visit(node)
        node.nodes = [self._weigh(part) for part in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 -- Jinja's name
        self.generic_visit(node)
        node.expr = self._weigh(node.expr)
        for operand in node.ops:
            operand.expr = self._weigh(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 -- Jinja's name
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = self._weigh(node.node)
        else:
            node.arg = self._weigh(node.arg)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802 -- Jinja's name
        self.generic_visit(node)
        node.key = self._weigh(node.key)
        return node

    def visit_Const(self, node: nodes.Const) -> nodes.Node:  # noqa: N802 -- Jinja's name
        if isinstance(node.value, float) and not math.isfinite(node.value):
            raise TemplateSyntaxError("a number that JSON cannot write", node.lineno)
        return node

    def _weigh(self, node: Any) -> Any:
        return node if isinstance(node, nodes.Const) else _through(_WEIGHED, node)

    def _spent(self, work: int, lineno: int) -> nodes.Filter:
        return _through(_SPENT, nodes.Const(work, lineno=lineno, environment=self._environment))


def _through(name: str, node: Any) -> nodes.Filter:
    """A filter rather than a call: it takes half the time."""
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _length(found: Sequence[nodes.Node]) -> int:
    """The steps of a part of a template, in the order of its nodes and of the text between them."""
    todo = list(found)
    length = 1
    while todo:
        node = todo.pop()
        length += 1 + (len(node.data) // _TEXT_PER_WORK if isinstance(node, nodes.TemplateData) else 0)
        todo += node.iter_child_nodes()
    return length
