"""One git command: what it may see of the surroundings, how long it may take, what it answered."""

import base64
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.errors import SourceError, UnreachableError
from sync.model.secrets import is_secret

if TYPE_CHECKING:
    from git.cmd import Git

OLDEST_GIT = (2, 32)
"""The first Git that lets GIT_CONFIG_GLOBAL shut out the user's configuration (Git 2.32 release notes)."""

KEPT_VARIABLES = frozenset({"GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY"})
"""What a user may say to Git through the environment: where Git and the certificates are.

Every other GIT_… variable is removed: inside a Git hook GIT_DIR and GIT_INDEX_FILE point to another repository,
GIT_SSL_NO_VERIFY drops the check, and GIT_TRACE_CURL with GIT_TRACE_REDACT=0 prints the token.
"""

ENVIRONMENT = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_DEFAULT_REF_FORMAT": "files",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_SSH_VARIANT": "ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
}
"""No prompt, no side effects, and no configuration of users or the system (git(1), Git 2.39)."""

CONFIGURATION = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("safe.directory", "*"),
    ("submodule.recurse", "false"),
)
"""Wins over what a repository's own configuration says, so that none of it can run a command.

`safe.directory` may be a star because each command gets its one repository and never looks for another.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitContext:
    """The repository of a command, and its settings besides the arguments.

    `location` is how messages call the repository. `git_dir` of a command without one is os.devnull: Git then looks
    for none. Without `protocols` the command can reach no remote. `secrets` are blanked in whatever Git says.
    """

    location: str
    git_dir: str = os.devnull
    work_tree: str = ""
    protocols: tuple[str, ...] = ()
    configuration: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_seconds: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAnswer:
    """What a command printed; `words` is its complaint in one line without secrets, empty where it had none."""

    is_success: bool
    output: bytes
    words: str

    @property
    def text(self) -> str:
        """The output as text, for names and SHAs."""
        return self.output.decode("utf-8", "backslashreplace").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLogin:
    """A login for https://: HTTP Basic with `username`, or a Bearer header.

    Without a `username` a name stands beside the token that GitHub, GitLab, Gitea and Bitbucket Cloud accept.
    """

    token: str = field(default="", repr=False)
    username: str = ""
    is_bearer: bool = False

    @property
    def header(self) -> str:
        """The HTTP header that logs in."""
        return f"Authorization: Bearer {self.token}" if self.is_bearer else f"Authorization: Basic {self._encoded}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """All the spellings of the token that could turn up in what Git prints."""
        return (self.token, self._encoded) if self.token else ()

    @property
    def _encoded(self) -> str:
        return base64.b64encode(f"{self.username or 'x-access-token'}:{self.token}".encode()).decode()


class DamagedRepositoryError(SourceError):
    """Objects that should be there cannot be read; a mirror is then built again."""


def run_git(context: GitContext, *arguments: str, standard_input: bytes = b"") -> GitAnswer:
    """The answer of `git ARGUMENTS`, with any exit code.

    Raises UnreachableError when the command takes longer than its timeout; it is then killed with its children.
    The caller puts `--` or `--end-of-options` before arguments that come from a user.
    """
    options = [f"--git-dir={context.git_dir}"]
    if context.work_tree:
        options.append(f"--work-tree={context.work_tree}")
    git = _git_in(context.work_tree or os.sep)
    environment = _environment(context)
    process = git.execute(
        [*_env_without_others(environment), git.GIT_PYTHON_GIT_EXECUTABLE or "git", *options, *arguments],
        istream=subprocess.PIPE,
        as_process=True,
        env=environment,
        shell=False,
        start_new_session=True,  # a process group of its own, so that ssh and the http helper die with it
    )
    try:
        output, errors = process.communicate(standard_input, timeout=context.timeout_seconds)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        raise UnreachableError(
            f"git {arguments[0]} took longer than {context.timeout_seconds:g} seconds",
            where=context.location,
            fix="check the connection, or allow more time",
        ) from None
    except BaseException:
        _kill_group(process)
        raise
    return GitAnswer(is_success=process.returncode == 0, output=output, words=one_line(errors, context.secrets))


def one_line(errors: bytes, secrets: Sequence[str] = ()) -> str:
    """What Git or ssh complained of, without its advice, secrets and control characters.

    Everything up to the first `fatal:` line counts, because ssh explains itself before Git gives up.
    """
    text = errors.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***")
    said: list[str] = []
    for line in text.splitlines():
        sentence = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", line).strip()
        if not sentence or sentence.startswith(("hint:", "warning:", "From ", "Cloning ")):
            continue
        said.append(re.sub(r"^(fatal|error|remote): *", "", sentence))
        if sentence.startswith("fatal:"):
            break
    joined = "; ".join(sentence for sentence in said if sentence)
    return joined if len(joined) <= 400 else f"{joined[:400]}…"


def _environment(context: GitContext) -> dict[str, str]:
    """All variables a command is given beside those it inherits; secrets travel here because `ps` shows arguments."""
    allowed = tuple((f"protocol.{protocol}.allow", "always") for protocol in context.protocols)
    configuration = (*CONFIGURATION, *allowed, *context.configuration)
    numbered = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration):
        numbered[f"GIT_CONFIG_KEY_{number}"] = key
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        **ENVIRONMENT,
        **_certificates(),
        "GIT_ALLOW_PROTOCOL": ":".join(context.protocols),
        **numbered,
        **context.environment,
    }


def _certificates() -> dict[str, str]:
    """SSL_CERT_FILE under Git's own name, because Git built with GnuTLS (Debian) does not read it."""
    if "GIT_SSL_CAINFO" in os.environ or not os.environ.get("SSL_CERT_FILE"):
        return {}
    return {"GIT_SSL_CAINFO": os.environ["SSL_CERT_FILE"]}


def _env_without_others(given: Mapping[str, str]) -> list[str]:
    """The `env` command that takes inherited GIT_… variables and secrets away: GitPython can only add variables.

    Git, ssh and what they start need nothing whose name says that it is a secret, such as those of a CI.
    """
    inherited = {name for name in os.environ if name.startswith("GIT_") or is_secret(name)}
    unwanted = sorted(inherited - given.keys() - KEPT_VARIABLES)
    return ["env", *(part for name in unwanted for part in ("-u", name))] if unwanted else []


def git_version() -> tuple[int, ...]:
    """The version of the program, such as (2, 39, 5). Raises SourceError if there is none."""
    git = _git()
    answer = str(git().execute([*_env_without_others(ENVIRONMENT), "git", "version"], env=dict(ENVIRONMENT)))
    return tuple(int(part) for part in re.findall(r"\d+", answer)[:3])


def _git() -> "type[Git]":
    """GitPython, imported here, for only commands that read a source need it.

    It calls git while it is imported, and cannot be imported where that fails: under our configuration, then, not under
    that of a user, which may be broken.
    """
    if shutil.which("git") is None:
        raise SourceError("the program git was not found", fix="install Git 2.32 or newer")
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, *filter(is_secret, os.environ))}
    for name in before:
        os.environ.pop(name, None)
    os.environ.update(ENVIRONMENT, GIT_PYTHON_REFRESH="quiet")
    try:
        from git.cmd import Git
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    return Git


def _git_in(folder: str) -> "Git":
    git = _git()
    _require_version()
    return git(folder)


@functools.cache
def _require_version() -> None:
    version = git_version()
    if version < OLDEST_GIT:
        raise SourceError(f"git {'.'.join(map(str, version))} is too old", fix="install Git 2.32 or newer")


def _kill_group(process: "Git.AutoInterrupt") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # The pipes stay open while a process that left the group holds them; do not wait for that.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=5)
