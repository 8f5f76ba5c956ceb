"""GitHub Actions: what a step shows of a run, without any option. Nothing here changes how the run ends.

Workflow commands go to stderr, so that a JSON document on stdout stays one.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.cli.arguments import Arguments
from sync.cli.terminal import complain, paint
from sync.config import secret, secrets_read
from sync.credentials import environment
from sync.errors import ExitCode, SyncError, UsageError
from sync.model.desired import DesiredState
from sync.model.nesting import parse_json
from sync.model.run import Run


def is_on_github() -> bool:
    """Whether this is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def folded(title: str) -> Iterator[None]:
    """Output inside `with` is folded in the log under a title; credentials are masked from here on."""
    if not is_on_github():
        yield
        return
    from sync.report.github import command

    for value in sorted(secrets_read):
        for line in value.splitlines():
            complain(command("add-mask", line))
    complain(command("group", title))
    try:
        yield
    finally:
        complain(command("endgroup", ""))


def tell_run(run: Run, exit_code: ExitCode, arguments: Arguments) -> None:
    """Annotations, summary, outputs, and the comment if requested."""
    is_commented = arguments.notify.pull_request_comment
    if not (is_on_github() or is_commented):
        return
    from sync.report.github import run_annotations, run_outputs
    from sync.report.markdown import MAX_COMMENT_BYTES, MAX_SUMMARY_BYTES, run_markdown

    if is_on_github():
        _annotate(run_annotations(run, arguments.source.path))
        _try(lambda: _append("GITHUB_STEP_SUMMARY", run_markdown(run, max_bytes=MAX_SUMMARY_BYTES) + "\n"))
        outputs = run_outputs(run, exit_code)
        _try(lambda: _append("GITHUB_OUTPUT", "".join(f"{key}={value}\n" for key, value in outputs.items())))
    if is_commented:
        _try(lambda: _comment(run_markdown(run, max_bytes=MAX_COMMENT_BYTES), arguments))


def tell_tree(desired: DesiredState, path: str) -> None:
    """Annotations and summary of a tree that was only validated; `path` is its folder in the repository."""
    if not is_on_github():
        return
    from sync.report.github import tree_annotations
    from sync.report.markdown import MAX_SUMMARY_BYTES, tree_markdown

    _annotate(tree_annotations(desired.problems, path))
    _try(lambda: _append("GITHUB_STEP_SUMMARY", tree_markdown(desired, max_bytes=MAX_SUMMARY_BYTES) + "\n"))


def _annotate(commands: Iterable[str]) -> None:
    for line in commands:
        complain(line)


def _append(variable: str, text: str) -> None:
    """Add to one of the files that the runner reads when the step ends."""
    if name := os.environ.get(variable):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)


def _comment(text: str, arguments: Arguments) -> None:
    from sync.notify.pull_request import PullRequest, write_comment
    from sync.report.github import marker_of

    where = PullRequest(
        api=os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        repository=_said("GITHUB_REPOSITORY"),
        number=_number(),
        token=_token(arguments.notify.github_token_file),
    )
    if not where.token:
        raise UsageError("no token for the comment", fix="set GITHUB_TOKEN or SYNC_GITHUB_TOKEN")
    address = write_comment(where, marker_of(arguments.target_name), text)
    complain(f"note: the comment is at {address}")


def _token(file: str) -> str:
    """SYNC_GITHUB_TOKEN, else the token of the workflow."""
    own = secret("SYNC_GITHUB_TOKEN", file, environment())
    return own or secret("GITHUB_TOKEN", "", environment())


def _said(variable: str) -> str:
    if value := os.environ.get(variable):
        return value
    raise UsageError(
        f"{variable} is not set, so there is no pull request to comment on", fix="leave out --pull-request-comment"
    )


def _number() -> int:
    """The number of the pull request, from the event that started the workflow."""
    try:
        event = parse_json(Path(_said("GITHUB_EVENT_PATH")).read_text("utf-8"))
        return int(event["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError):
        fix = "use --pull-request-comment for the event pull_request only"
        raise UsageError("the event is not a pull request, so no comment is written", fix=fix) from None


def _try(tell: Callable[[], None]) -> None:
    try:
        tell()
    except (SyncError, OSError) as error:
        complain(f"{paint('warning:', 'warning')} {error}")
