"""The options of the commands, each with its environment variable, so that a machine needs no flags at all."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, env: str = "", **attributes: Any) -> Callable[[F], F]:
    """An option with its environment variable, which the help shows."""
    if env:
        attributes |= {"envvar": env, "show_envvar": True}
    return click.option(*names, **attributes)


def source_options(function: F) -> F:
    """Where the manifests come from."""
    for decorate in reversed(
        (
            option(
                "--source",
                env="SYNC_SOURCE",
                metavar="URL|DIR",
                required=True,
                help="Git repository: a folder, file://, https:// or ssh:// URL.",
            ),
            option("--ref", env="SYNC_REF", default="", metavar="REF", help="Branch, tag or commit; default HEAD."),
            option("--path", env="SYNC_PATH", default="", metavar="FOLDER", help="Folder inside the repository."),
            option(
                "--git-token-file",
                env="SYNC_GIT_TOKEN_FILE",
                default="",
                metavar="FILE",
                help="Token for https:// (or the variable SYNC_GIT_TOKEN).",
            ),
            option(
                "--ssh-key-file", env="SYNC_SSH_KEY_FILE", default="", metavar="FILE", help="Private key for ssh://."
            ),
            option(
                "--known-hosts-file",
                env="SYNC_KNOWN_HOSTS_FILE",
                default="",
                metavar="FILE",
                help="Host keys for ssh://; unknown hosts are always refused.",
            ),
            option(
                "--cache-dir",
                env="SYNC_CACHE_DIR",
                default="",
                metavar="DIR",
                help="Where mirrors of repositories are kept.",
            ),
        )
    ):
        function = decorate(function)
    return function


working_tree = option(
    "--working-tree", env="SYNC_WORKING_TREE", is_flag=True, help="Read uncommitted files of a local folder, too."
)
facts = option(
    "--facts",
    env="SYNC_FACTS",
    default="",
    metavar="FILE",
    help="What the Controller would tell; without it a common Controller is assumed.",
)
output = option(
    "--format",
    "-o",
    "output",
    env="SYNC_FORMAT",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the result on stdout.",
)
