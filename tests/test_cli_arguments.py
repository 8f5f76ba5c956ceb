"""Options of the command line → typed values: nothing that somebody may type is lost on the way."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from inspect import signature
from typing import Any

import click
import pytest

from sync.cli import COMMANDS, command_of
from sync.cli.arguments import Arguments, NotifyOptions, PlanArguments, picked, run_options
from sync.config import ClusterOptions, ControllerOptions, SourceOptions
from sync.errors import UsageError
from sync.model.desired import Owner, OwnerKind
from sync.model.plan import Permit
from sync.model.policy import Policy

TYPED: tuple[type[Any], ...] = (SourceOptions, ControllerOptions, ClusterOptions, NotifyOptions, PlanArguments)
OUTPUT = {"output", "output_files"}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and subcommand."""
    for name in COMMANDS:
        command = command_of(name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", each) for sub, each in command.commands.items())
        else:
            yield name, command


ALL = dict(commands())


def own_parameters(callback: Callable[..., Any] | None) -> set[str]:
    """What the function of a command takes by name; all else comes as one mapping."""
    assert callback is not None
    return {name for name, each in signature(callback).parameters.items() if each.kind is not each.VAR_KEYWORD}


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"emulate"}))
def test_every_option_is_a_parameter_of_its_command_or_has_a_typed_value(name: str) -> None:
    """An option that nothing reads would be ignored without a word."""
    options = {each.name for each in ALL[name].params if each.expose_value}

    typed = {each.name for kind in TYPED for each in fields(kind)} | OUTPUT
    assert options - own_parameters(ALL[name].callback) - typed == set()


@pytest.mark.parametrize("kind", TYPED)
def test_every_typed_value_is_an_option_of_a_command(kind: type[Any]) -> None:
    """A field that no option fills would keep its default for ever."""
    options = {each.name for command in ALL.values() for each in command.params}

    assert {each.name for each in fields(kind)} <= options


@pytest.mark.parametrize("name", sorted(ALL))
def test_without_options_a_command_has_the_default_of_each_typed_value(name: str) -> None:
    """What `--help` shows as a default is what counts where an option is missing altogether."""
    with ALL[name].make_context(name, [], resilient_parsing=True) as context:
        found = [picked(kind, context.params) for kind in TYPED]

    assert found == [kind() for kind in TYPED]


def test_options_become_what_a_run_is_to_do() -> None:
    """A permit needs its digest; undoing an edit and switching off are part of what it may let pass."""
    options = run_options(
        {
            "only": ["gateway/shop/web"],
            "namespace": ("mail",),
            "policy": "upsert-only",
            "no_replace": True,
            "allow_deletes": 3,
            "plan_digest": "c0ffee",
            "accept_older_commit": True,
            "wait": 7.0,
        },
        is_dry=False,
    )

    assert options.plan.selection.owners == {Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")}
    assert options.plan.selection.namespaces == {"mail"}
    assert (options.plan.policy, options.plan.may_replace) == (Policy.UPSERT_ONLY, False)
    assert (options.plan.may_switch_off, options.plan.may_undo) == (True, True)
    assert options.permit == Permit(owners=3, digest="c0ffee")
    assert (options.accepts_source, options.accepts_older_commit, options.wait_seconds) == (False, True, 7.0)
    assert not options.is_dry


@pytest.mark.parametrize("text", ["", "web", "Gateway/web", "Gateway//web", "Route/shop/web", "Gateway/shop/web/x"])
def test_what_names_no_owner_is_refused(text: str) -> None:
    """KIND/NAMESPACE/NAME, with a kind that there is."""
    with pytest.raises(UsageError):
        run_options({"only": (text,)}, is_dry=True)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param({"controller": "https://avi:443/", "path": "/prod/"}, "avi/prod", id="both"),
        pytest.param({"controller": "https://avi.example.com"}, "avi.example.com", id="no folder"),
        pytest.param({"controller": "https://[::1", "path": "prod"}, "unknown/prod", id="no address"),
        pytest.param({"controller": None}, "unknown", id="no Controller"),
        pytest.param({"controller": "https://avi.example.com", "target_name": "lab"}, "lab", id="a name of its own"),
    ],
)
def test_a_target_has_a_name(given: dict[str, Any], name: str) -> None:
    """Metrics and messages need one, however a run was started."""
    assert Arguments.of(given).target_name == name
