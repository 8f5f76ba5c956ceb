"""The Controller that a command talks to: a real one, or for `embedded` an emulator in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from sync.cli.arguments import Arguments
from sync.cli.terminal import complain, paint
from sync.config import EMBEDDED, target
from sync.credentials import environment
from sync.model.run import Target


@contextmanager
def controller(arguments: Arguments) -> Iterator[Target]:
    """The Controller of a command; warns each time if its certificate is not checked."""
    if arguments.controller.insecure_skip_verify:
        complain(paint("WARNING: the Controller's certificate is not checked (--insecure-skip-verify)", "error"))
    where = target(arguments.controller, environment(), source=arguments.source.source)
    if where.controller != EMBEDDED:
        yield where
        return
    from sync.cli.emulation import embedded  # not for a real one: it takes a quarter of a second to read

    with embedded(where) as emulated:
        yield emulated
