"""Bad input by the thousand: an error with a place and a fix, never a traceback, never a write."""

import contextlib
import copy
import io
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from sync.cli import main
from sync.config import read_settings
from sync.desired import Source, make_desired, offline
from sync.errors import SyncError
from sync.model.desired import DesiredState
from sync.model.problem import Severity
from sync.model.source import Snapshot, SourceFile
from sync.source.manifests import parse_manifests
from sync.template_files import read_templates
from tests.chaos.lab import Row
from tests.shared.tree import GATEWAY_CLASS, VALUES, app, endpoints, infra_setting, load_balancer

MOST = 5_000
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, float("nan"), "", " ", "a\nb", "\x00", "é" * 300, "../../etc/passwd", "{{ 7*7 }}",
    "a" * 5000, [], {}, [[]], [None], {"a": None}, {"": ""}, "2001:db8::1", "999.1.1.1", "true", "0x10",
    "ext::sh", "%n",
)  # fmt: skip
TEMPLATES: tuple[str, ...] = (
    "",
    "{",
    "[]",
    "null",
    "{{",
    "{% for x in range(3) %}",
    "{% import 'os' as os %}{}",
    "{% include '/etc/passwd' %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ spec.__class__ }}",
    "{{ spec.__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ref.__globals__['os'].system('touch broken-out') }}",
    "{{ raw.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ config }}",
    "{{ request }}",
    "{{ 1/0 }}",
    "{{ nothing }}",
    "{{ spec.nothing }}",
    '{"name": {{ spec.vips }}}',
    '{"vip": 1}',
    '{"vip": [1]}',
    '{"servers": {}}',
    '{"services": [[]]}',
    '{"a": 1, "a": 2}',
    '{"a": NaN}',
    "{{ ['a'] * 3 }}",
    "{{ raw('{') }}",
    "{{ '%s' % spec }}",
    "{{ spec|attr('__class__') }}",
    "{{ (1).__class__ }}",
    "{% set x = 1 %}{{ x }",
    "{{ spec.vips.append(1) }}",
)
BOMB = "a: &a [1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 20)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS: tuple[bytes, ...] = (
    b"\xff\xfe\x00", b"\x00", b"- - - -", b"a: b: c", b"&a *a", b"*nothing", b"!!python/object/apply:os.system ['id']",
    b"%YAML 9.9\n---\na: 1", b"---\n---\n---\n", b"\t\t", b"[" * 3000, b"{a: " * 500, b"? a", BOMB.encode(),
    b"kind: Gateway", b"apiVersion: v1\nkind: Service", b"apiVersion: v1\nkind: List\nitems: 7",
)  # fmt: skip
PLACES: tuple[tuple[str, ...], ...] = (
    ("--source", "ext::sh -c touch% broken-out"),
    ("--source", "-oProxyCommand=touch broken-out"),
    ("--source", "file:///nowhere/at/all"),
    ("--source", "http://127.0.0.1:1/x.git"),
    ("--source", "https://user:secret@127.0.0.1:1/x.git"),
    ("--source", "ssh://-oProxyCommand=touch/x"),
    ("--source", "git://127.0.0.1/x.git"),
    ("--source", "\n"),
    ("--source", "."),
    ("--source", ".", "--ref", "--upload-pack=touch broken-out"),
    ("--source", ".", "--ref", "-x"),
    ("--source", ".", "--ref", "nothing"),
    ("--source", ".", "--ref", "HEAD:../../etc"),
    ("--source", ".", "--ref", "a\nb"),
    ("--source", ".", "--path", "../.."),
    ("--source", ".", "--path", "/etc"),
    ("--source", ".", "--path", "nothing"),
)


def spoil(folder: Path, chance: random.Random, deadline: float) -> Row:
    """Mutated manifests, settings, texts and templates in the core; hostile places through the command line."""
    row = Row("bad inputs")
    kinds: tuple[Callable[[random.Random], Mapping[str, bytes]], ...] = (_manifests, _settings, _text, _template)
    while row.tried < MOST and (row.tried < len(kinds) or time.monotonic() < deadline):
        files = kinds[row.tried % len(kinds)](chance)
        _judge(row, files)
    for place in PLACES:
        _judge_place(row, place, folder)
    if list(folder.rglob("broken-out")) or Path("broken-out").exists():
        row.notes.append("something broke out of its sandbox")
    return row


# --- in the core ------------------------------------------------------------------------------------------------------


def _documents() -> list[Any]:
    return [
        GATEWAY_CLASS, *app("web", address="10.10.10.5", hostname="web.example.com"), load_balancer("lb"),
        endpoints("lb", ports=(25,)), infra_setting("one", network={"vipNetworks": [{"networkName": "vip-network"}]}),
    ]  # fmt: skip


def _manifests(chance: random.Random) -> Mapping[str, bytes]:
    documents = copy.deepcopy(_documents())
    for _ in range(chance.randrange(1, 4)):
        _mutate(chance.choice(documents), chance)
    return {"values.yaml": _dump(VALUES), "all.yaml": yaml.safe_dump_all(documents).encode()}


def _settings(chance: random.Random) -> Mapping[str, bytes]:
    values = copy.deepcopy(
        {**VALUES, "SyncSettings": {"guards": {"deletes": {"count": 1}}, "windows": [], "ignore": []}}
    )
    _mutate(values, chance)
    return {"values.yaml": _dump(values), "all.yaml": yaml.safe_dump_all(_documents()).encode()}


def _text(chance: random.Random) -> Mapping[str, bytes]:
    text = bytearray(yaml.safe_dump_all(_documents()).encode())
    for _ in range(chance.randrange(1, 6)):
        position = chance.randrange(len(text))
        text[position : position + chance.randrange(3)] = chance.choice(TEXTS)[: chance.randrange(1, 200)]
    whole = bytes(text) if chance.random() < 0.7 else chance.choice(TEXTS)
    name = chance.choice(["all.yaml", "values.yaml", "x.json", "kustomization.yaml"])
    return {"values.yaml": _dump(VALUES), "all.yaml": _dump(_documents()[0]), name: whole}


def _template(chance: random.Random) -> Mapping[str, bytes]:
    kind = chance.choice(["vsvip", "pool", "l4policyset", "virtualservice", "nonsense"])
    return {
        "values.yaml": _dump(VALUES),
        "all.yaml": yaml.safe_dump_all(_documents()).encode(),
        f"templates/{kind}.json.j2": chance.choice(TEMPLATES).encode(),
    }


def _dump(value: Any) -> bytes:
    return yaml.safe_dump(value).encode()


def _mutate(value: Any, chance: random.Random) -> None:
    """Put junk at a random place of nested mappings and lists, take something away, or add a key."""
    places: list[tuple[Any, Any]] = []

    def walk(here: Any) -> None:
        for key in list(here) if isinstance(here, dict) else range(len(here)):
            places.append((here, key))
            if isinstance(here[key], dict | list):
                walk(here[key])

    walk(value)
    where, key = chance.choice(places)
    action = chance.randrange(4)
    if action == 0 and isinstance(where, dict):
        del where[key]
    elif action == 1 and isinstance(where, dict):
        where[f"{key}x"] = where[key]
    else:
        where[key] = chance.choice(JUNK)


def _desired(files: Mapping[str, bytes]) -> DesiredState:
    snapshot = Snapshot(
        location="tree",
        commit="c0ffee",
        files=tuple(SourceFile(path=path, content=content) for path, content in sorted(files.items())),
    )
    settings, problems = read_settings(snapshot, max_aliases=1000)
    resources, found = parse_manifests(snapshot, exclude=(), max_aliases=1000)
    source = Source(
        snapshot=snapshot,
        settings=settings,
        resources=resources,
        templates=read_templates(snapshot),
        problems=(*problems, *found),
    )
    return offline(make_desired(source, None))


def _judge(row: Row, files: Mapping[str, bytes]) -> None:
    """Every error has a message, a fix, and a place unless it is about the whole tree."""
    row.tried += 1
    what = f"{dict(files)}"[:600]
    try:
        desired = _desired(files)
    except SyncError:
        row.converged += 1
        return
    except Exception as error:
        row.notes.append(f"{type(error).__name__}: {error} for {what}")
        return
    bare = [item for item in desired.problems if item.severity is Severity.ERROR and not (item.message and item.fix)]
    if bare:
        row.notes.append(f"{bare} for {what}")
    else:
        row.converged += 1


# --- through the command line -----------------------------------------------------------------------------------------


def _judge_place(row: Row, place: tuple[str, ...], folder: Path) -> None:
    """One line with a fix, exit 3, 6 or 64."""
    row.tried += 1
    out, err = io.StringIO(), io.StringIO()
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    here = Path.cwd()
    os.chdir(empty)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(["validate", "--cache-dir", str(folder / "cache"), *place])
    except SystemExit as stop:
        said = err.getvalue() + out.getvalue()
        if stop.code in (3, 6, 64) and "Traceback" not in said and "secret" not in said:
            row.converged += 1
        else:
            row.notes.append(f"{place}: exit {stop.code}, {said[-300:]}")
    finally:
        os.chdir(here)
