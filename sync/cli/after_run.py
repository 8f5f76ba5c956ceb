"""After a run: metrics, a message when the state changes, and a termination message, as far as options request them.

Nothing here changes how the run ends. Failures to notify are printed on stderr.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sync.cli.arguments import Arguments, NotifyOptions
from sync.cli.recording import Recorder
from sync.cli.signals import SIGNALS, StoppedError
from sync.cli.terminal import complain, paint
from sync.config import secret, secrets_read, state_folder
from sync.context import Hooks
from sync.credentials import environment
from sync.errors import ExitCode, SyncError
from sync.model.ending import Ending, Memory, Phase, Traffic, remembered, topic_of
from sync.model.run import Run
from sync.model.traffic import Exchange, Repetition

T = TypeVar("T")


@contextmanager
def notify_on_exit(arguments: Arguments, recorder: Recorder) -> Iterator["Watch"]:
    """Send metrics and messages however the command ends."""
    watch = Watch(arguments.target_name)
    try:
        yield watch
    except SyncError as error:
        _tell(watch.ending(SIGNALS.exit_code or error.exit_code, error=str(error)), arguments, recorder)
        raise
    except StoppedError as stop:
        _tell(watch.ending(stop.exit_code), arguments, recorder)
        raise
    except Exception as error:
        _tell(watch.ending(ExitCode.UNEXPECTED, error=_shown(error)), arguments, recorder)
        raise
    _tell(watch.ending(watch.exit_code), arguments, recorder)
    if recorder.failure is not None and watch.exit_code is ExitCode.DONE:
        watch.exit_code = ExitCode.UNEXPECTED


class Watch:
    """Observes a run and knows how it ended. Thread-safe."""

    def __init__(self, target: str) -> None:
        self.exit_code = ExitCode.DONE
        self._target = target
        self._run: Run | None = None
        self._begun = time.monotonic()
        self._writing: float | None = None
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._repetitions: Counter[str] = Counter()

    def hooks(self, hooks: Hooks) -> Hooks:
        """The same hooks, and this watch beside them."""

        def writing() -> None:
            self._writing = time.monotonic()
            hooks.writing()

        def observe(event: Exchange | Repetition) -> None:
            self._count(event)
            hooks.observe(event)

        return replace(hooks, writing=writing, observe=observe)

    def ended(self, run: Run, exit_code: ExitCode) -> None:
        """Record the result, and the exit code if nothing fails afterwards."""
        self._run, self.exit_code = run, exit_code

    def ending(self, exit_code: ExitCode, *, error: str = "") -> Ending:
        """The ending of the run if it ended now."""
        now = time.monotonic()
        writing = now if self._writing is None else self._writing
        return Ending(
            target=self._target,
            exit_code=exit_code,
            ended=time.time(),
            seconds={Phase.PLAN: writing - self._begun, Phase.APPLY: now - writing},
            run=self._run,
            error=error,
            traffic=Traffic(requests=dict(self._requests), repetitions=dict(self._repetitions)),
        )

    def _count(self, event: Exchange | Repetition) -> None:
        with self._lock:
            match event:
                case Exchange():
                    self._requests[event.method, event.status] += 1
                case Repetition():
                    self._repetitions[event.trouble] += 1


def _tell(ending: Ending, arguments: Arguments, recorder: Recorder) -> None:
    """Notify every configured receiver; a failure is printed and does not stop the others."""
    recorder.ended(ending)
    if recorder.failure is not None:
        complain(f"{paint('error:', 'error')} the journal of this run is incomplete: {recorder.failure}")
    if file := os.environ.get("SYNC_TERMINATION_LOG", ""):
        _try("the termination message could not be written", lambda: _write_termination_message(Path(file), ending))
    webhook = (
        _try(
            "the address of the webhook could not be read",
            lambda: secret("SYNC_WEBHOOK_URL", arguments.notify.webhook_url_file, environment()),
        )
        or ""
    )
    if webhook or arguments.notify.metrics_file or arguments.notify.pushgateway:
        _tell_with_memory(ending, arguments, webhook)


def _tell_with_memory(ending: Ending, arguments: Arguments, webhook: str) -> None:
    """What depends on earlier runs: whether a message is due, when a run last succeeded, and counters."""
    from sync.notify.memory import memory_file, recall, remember

    folder = state_folder(os.environ)
    source = arguments.source
    file = memory_file(folder, (arguments.controller.controller, source.source, source.ref, source.path))
    before = recall(file)
    is_told = not webhook or _try("the webhook could not be called", lambda: _send(ending, before, webhook)) is not None
    after = remembered(before, ending, is_told=is_told)
    _tell_prometheus(ending, after, arguments.notify)
    _try(f"the state for the next run could not be saved in {folder}", lambda: remember(file, ending.target, after))


def _send(ending: Ending, before: Memory, webhook: str) -> bool:
    """Whether a message was due."""
    topic = topic_of(before.sync_state, ending.sync_state)
    if topic is None:
        return False
    from sync.notify.webhook import send_message
    from sync.report.message import message_document

    send_message(webhook, message_document(ending, topic, before.sync_state))
    return True


def _tell_prometheus(ending: Ending, after: Memory, options: NotifyOptions) -> None:
    file, gateway = options.metrics_file, options.pushgateway
    if not file and not gateway:
        return
    from sync.notify.prometheus import push_metrics, write_metrics
    from sync.report.metrics import registry_of

    registry = registry_of(ending, after)
    if file:
        _try("the metrics could not be written", lambda: write_metrics(Path(file), registry))
    if gateway:
        _try("the metrics could not be pushed", lambda: push_metrics(gateway, ending.target, registry))


def _write_termination_message(file: Path, ending: Ending) -> None:
    """Not replaced atomically: Kubernetes watches the file that it has created itself."""
    from sync.report.ending import termination_message

    file.write_text(termination_message(ending) + "\n", "utf-8")


def _try(failure: str, tell: Callable[[], T]) -> T | None:
    """The result of the call; None, and a warning, if it fails."""
    try:
        return tell()
    except SyncError as error:
        complain(f"{paint('warning:', 'warning')} {error}")
    except Exception as error:  # whatever it is, the run has ended as it has
        complain(f"{paint('warning:', 'warning')} {failure}: {_shown(error)}")
    return None


def _shown(error: Exception) -> str:
    """An unexpected error as text, without secrets."""
    from sync.model.secrets import blanked, without_user_info

    return without_user_info(blanked(f"{type(error).__name__}: {error}", secrets_read))
