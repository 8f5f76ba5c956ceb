"""The options of the commands, each with its environment variable, so that a machine needs no flags at all."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from sync.cli.verbosity import verbosity_options
from sync.errors import SyncError
from sync.model.plan import Policy

F = TypeVar("F", bound=Callable[..., Any])


EXAMPLES = {
    "sync": """\b
Examples:
  avi-sync --dry-run --source https://git.example.com/net/avi.git --controller https://avi.example.com
  avi-sync --source . --path clusters/prod --controller https://avi.example.com
  avi-sync --dry-run --detailed-exitcode -o json      (with SYNC_SOURCE and SYNC_CONTROLLER set)
  avi-sync --dry-run --output-file markdown=plan.md --output-file junit=plan.xml""",
    "plan": """\b
Examples:
  avi-sync plan --source https://git.example.com/net/avi.git --controller https://avi.example.com --out plan.json
  avi-sync apply plan.json""",
    "apply": """\b
Examples:
  avi-sync apply plan.json                       (with SYNC_PASSWORD_FILE set)
  avi-sync apply plan.json --allow-deletes 7 --plan-digest 3844249bf9ae""",
    "drift": """\b
Examples:
  avi-sync drift --source . --controller https://avi.example.com --detailed-exitcode
  avi-sync drift --only Gateway/shop/web""",
    "status": """\b
Examples:
  avi-sync status --source . --controller https://avi.example.com
  avi-sync status --namespace shop -o json""",
    "explain": """\b
Examples:
  avi-sync explain VsVip/my-cluster--shop-storefront --source . --controller https://avi.example.com
  avi-sync explain Pool/my-cluster--shop-storefront-storefront-TCP-443 --source . --working-tree -o json""",
    "pause": """\b
Examples:
  avi-sync pause Gateway/shop/web --for 4h --reason "draining a server, ask net-ops"
  avi-sync resume Gateway/shop/web""",
    "resume": """\b
Examples:
  avi-sync resume Gateway/shop/web""",
    "adopt": """\b
Examples:
  avi-sync adopt --dry-run --source . --controller https://avi.example.com
  avi-sync adopt --ako-is-stopped --source . --controller https://avi.example.com
  avi-sync adopt --ako-is-stopped --only Gateway/shop/web      (with SYNC_SOURCE and SYNC_CONTROLLER set)""",
    "release": """\b
Examples:
  avi-sync release --dry-run --source . --controller https://avi.example.com
  avi-sync release --source . --controller https://avi.example.com""",
    "validate": """\b
Examples:
  avi-sync validate --source . --working-tree
  avi-sync validate --source . --facts facts.yaml -o junit""",
    "render": """\b
Examples:
  avi-sync render --source . -o json
  avi-sync render --source . --ref main~1 --facts facts.yaml""",
    "facts": """\b
Examples:
  avi-sync facts --source . --controller https://avi.example.com --out facts.yaml
  avi-sync render --source . --facts facts.yaml""",
    "doctor": """\b
Examples:
  avi-sync doctor --source https://git.example.com/net/avi.git --controller https://avi.example.com
  avi-sync doctor -o json      (with SYNC_SOURCE and SYNC_CONTROLLER set)""",
    "lock status": """\b
Examples:
  avi-sync lock status --source . --controller https://avi.example.com
  avi-sync lock status -o json                   (with SYNC_SOURCE and SYNC_CONTROLLER set)""",
    "lock release": """\b
Examples:
  avi-sync lock release --source . --controller https://avi.example.com
  avi-sync lock release --yes                    (with SYNC_SOURCE and SYNC_CONTROLLER set)""",
    "history": """\b
Examples:
  avi-sync history --journal /var/lib/avi-sync/journal.jsonl
  avi-sync history --run last -o json                                 (with SYNC_JOURNAL set)""",
    "completion": """\b
Examples:
  source <(avi-sync completion bash)                                  (in ~/.bashrc)
  avi-sync completion zsh > "${fpath[1]}/_avi-sync"
  avi-sync completion fish > ~/.config/fish/completions/avi-sync.fish""",
    "emulate": """\b
Examples:
  avi-sync emulate --port 9443 --state emulator.sqlite
  SYNC_PASSWORD=emulator avi-sync --source . --controller http://127.0.0.1:9443""",
}
"""What the help of each command ends with."""


def option(*names: str, env: str = "", **attributes: Any) -> Callable[[F], F]:
    """An option with its environment variable, which the help shows; a shell completes file names where they belong."""
    if env:
        attributes |= {"envvar": env, "show_envvar": True}
    if {"FILE", "DIR"} & set(str(attributes.get("metavar", "")).split("|")):
        attributes.setdefault("shell_complete", _complete_path)
    return click.option(*names, **attributes)


def _complete_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del ctx
    is_folder = "FILE" not in str(param.metavar)
    return [CompletionItem(incomplete, type="dir" if is_folder else "file")]


def _complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The runs of the journal that is named so far, the newest first."""
    del param
    from sync.cli.recorded_runs import runs_of

    try:
        runs, _ = runs_of(ctx.params.get("journal") or os.environ.get("SYNC_JOURNAL", ""), "completion")
    except SyncError:
        return []
    return [CompletionItem(run.run) for run in reversed(runs) if run.run.startswith(incomplete)]


deadline = option(
    "--deadline",
    env="SYNC_DEADLINE",
    type=click.FloatRange(min=1),
    default=3600.0,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for the run. No change, try or template starts after it; a replace that has begun is finished.",
)


def source_options(function: F) -> F:
    """Where the manifests come from, and how much is said on the way."""
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
                "--git-username",
                env="SYNC_GIT_USERNAME",
                default="",
                metavar="NAME",
                help="User name for https://, where the host wants one beside the token.",
            ),
            option(
                "--git-auth",
                env="SYNC_GIT_AUTH",
                default="basic",
                show_default=True,
                type=click.Choice(["basic", "bearer"]),
                help="How the token is sent; bearer for hosts such as Bitbucket Data Center.",
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
    return verbosity_options(function)


def controller_options(function: F) -> F:
    """Where the result goes to, and how to log in there."""
    for decorate in reversed(
        (
            option(
                "--controller",
                env="SYNC_CONTROLLER",
                metavar="URL",
                required=True,
                help="The Avi Controller, or `embedded` for an emulator inside this process.",
            ),
            option("--username", env="SYNC_USERNAME", default="admin", show_default=True, metavar="NAME"),
            option(
                "--password-file",
                env="SYNC_PASSWORD_FILE",
                default="",
                metavar="FILE",
                help="Password (or the variable SYNC_PASSWORD).",
            ),
            option(
                "--token-file",
                env="SYNC_TOKEN_FILE",
                default="",
                metavar="FILE",
                help="User token, instead of a password (or the variable SYNC_TOKEN).",
            ),
            option(
                "--ca-bundle",
                env="SYNC_CA_BUNDLE",
                default="",
                metavar="FILE",
                help="Certificates (PEM) to trust, instead of the system's.",
            ),
            option(
                "--insecure-skip-verify",
                env="SYNC_INSECURE_SKIP_VERIFY",
                is_flag=True,
                help="Do not check the Controller's certificate. Anybody in between can read the password.",
            ),
            option(
                "--timeout",
                env="SYNC_TIMEOUT",
                type=click.FloatRange(min=0.1),
                default=30.0,
                show_default=True,
                metavar="SECONDS",
                help="For each answer of the Controller, to its last byte.",
            ),
            deadline,
            option(
                "--parallelism",
                env="SYNC_PARALLELISM",
                type=click.IntRange(1, 64),
                default=8,
                show_default=True,
                help="How many owners are changed side by side.",
            ),
        )
    ):
        function = decorate(function)
    return function


def not_required(decorate: Callable[[F], F]) -> Callable[[F], F]:
    """The same options, none of them required: something else may say it."""

    def decorated(function: F) -> F:
        known = len(getattr(function, "__click_params__", []))
        function = decorate(function)
        for parameter in getattr(function, "__click_params__", [])[known:]:
            parameter.required = False
        return function

    return decorated


def selection_options(function: F) -> F:
    """Which owners a run is about."""
    for decorate in reversed(
        (
            option(
                "--only",
                env="SYNC_ONLY",
                multiple=True,
                metavar="KIND/NAMESPACE/NAME",
                help="Only this Gateway, Service or SharedVip; may be given several times.",
            ),
            option(
                "--namespace",
                env="SYNC_NAMESPACE",
                multiple=True,
                metavar="NAME",
                help="Only owners in this namespace; may be given several times.",
            ),
        )
    ):
        function = decorate(function)
    return function


def writer_options(function: F) -> F:
    """What lets one run write although another one is in charge."""
    for decorate in reversed(
        (
            option(
                "--accept-source",
                env="SYNC_ACCEPT_SOURCE",
                is_flag=True,
                help="Write although the last run read another repository or folder.",
            ),
            option(
                "--accept-cluster-name",
                env="SYNC_ACCEPT_CLUSTER_NAME",
                is_flag=True,
                help="Create everything again although this source has written under another clusterName.",
            ),
            option(
                "--accept-older-commit",
                env="SYNC_ACCEPT_OLDER_COMMIT",
                is_flag=True,
                help="Write although the commit does not descend from the one that was applied last.",
            ),
        )
    ):
        function = decorate(function)
    return function


def permit_options(function: F) -> F:
    """What lets one run write that a guard refuses."""
    for decorate in reversed(
        (
            option(
                "--allow-deletes",
                env="SYNC_ALLOW_DELETES",
                type=click.IntRange(min=0),
                default=0,
                metavar="N",
                help="With --plan-digest: let a plan pass that deletes, replaces or disrupts N owners.",
            ),
            option(
                "--plan-digest",
                env="SYNC_PLAN_DIGEST",
                default="",
                metavar="DIGEST",
                help="The plan that --allow-deletes is meant for, as its last line names it; no other passes.",
            ),
            writer_options,
        )
    ):
        function = decorate(function)
    return function


def plan_options(function: F) -> F:
    """What a plan may hold, and what lets it pass where a guard refuses it."""
    for decorate in reversed(
        (
            selection_options,
            option(
                "--policy",
                env="SYNC_POLICY",
                type=click.Choice([policy.value for policy in Policy]),
                default=Policy.SYNC.value,
                show_default=True,
                help="Which actions are taken at all.",
            ),
            option(
                "--no-replace",
                env="SYNC_NO_REPLACE",
                is_flag=True,
                help="Hold what would have to be replaced, for its connections would break.",
            ),
            option(
                "--retry-refused",
                env="SYNC_RETRY_REFUSED",
                is_flag=True,
                help="Try again what the Controller refused before.",
            ),
            permit_options,
        )
    ):
        function = decorate(function)
    return function


wait = option(
    "--wait",
    env="SYNC_WAIT",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="After applying, look for so long whether the VirtualServices that were changed come up; exit 5 if not.",
)


def emulator_options(function: F) -> F:
    """Where an emulated Controller listens and what it holds."""
    for decorate in reversed(
        (
            option(
                "--host",
                env="SYNC_EMULATE_HOST",
                default="127.0.0.1",
                show_default=True,
                metavar="ADDRESS",
                help="Address to listen on.",
            ),
            option(
                "--port",
                env="SYNC_EMULATE_PORT",
                default=9443,
                show_default=True,
                type=click.IntRange(0, 65535),
                help="Port to listen on; 0 takes a free one.",
            ),
            option(
                "--state",
                env="SYNC_EMULATE_STATE",
                default="",
                metavar="FILE",
                help="Keep everything in this file, across restarts.",
            ),
            option(
                "--seed",
                env="SYNC_EMULATE_SEED",
                default="",
                metavar="FILE",
                help="Facts file: what an empty Controller holds at first.",
            ),
            option(
                "--tls/--no-tls",
                env="SYNC_EMULATE_TLS",
                default=False,
                show_default=True,
                help="Serve https, with a certificate of its own.",
            ),
            option(
                "--latency",
                env="SYNC_EMULATE_LATENCY",
                default=0,
                type=click.IntRange(min=0),
                metavar="MS",
                help="Wait before each answer.",
            ),
            option(
                "--requests-log",
                env="SYNC_EMULATE_REQUESTS_LOG",
                default="",
                metavar="FILE",
                help="Write one JSON line per request.",
            ),
            option(
                "--faults",
                env="SYNC_EMULATE_FAULTS",
                default="",
                metavar="FILE",
                help="Requests that go wrong: a list of rules, see docs/emulator.md.",
            ),
            option(
                "--name-hold",
                env="SYNC_EMULATE_NAME_HOLD",
                default=0,
                type=click.IntRange(min=0),
                metavar="MS",
                help="How long the name of a deleted object stays taken.",
            ),
        )
    ):
        function = decorate(function)
    return function


journal = option(
    "--journal",
    env="SYNC_JOURNAL",
    default="",
    metavar="FILE|DIR",
    help="Write down what each run changes: JSON lines in a file, or one file per run in a folder.",
)

run_id = option(
    "--run",
    env="SYNC_RUN",
    default="",
    metavar="ID",
    shell_complete=_complete_run,
    help="One run in full: its id, its beginning or end, or `last`.",
)


def after_run_options(function: F) -> F:
    """Who is told how a run ended."""
    for decorate in reversed(
        (
            journal,
            option(
                "--metrics-file",
                env="SYNC_METRICS_FILE",
                default="",
                metavar="FILE",
                help="Write metrics there, for the textfile collector of Prometheus' node_exporter (FILE.prom).",
            ),
            option(
                "--pushgateway",
                env="SYNC_PUSHGATEWAY",
                default="",
                metavar="URL",
                help="Push metrics to this Prometheus Pushgateway.",
            ),
            option(
                "--webhook-url-file",
                env="SYNC_WEBHOOK_URL_FILE",
                default="",
                metavar="FILE",
                help="Address that hears of a change: failing, drift, recovered (or the variable SYNC_WEBHOOK_URL).",
            ),
            option(
                "--target-name",
                env="SYNC_TARGET_NAME",
                default="",
                metavar="NAME",
                help="What metrics and messages call this run; default: the Controller's host and --path.",
            ),
            option(
                "--pull-request-comment",
                env="SYNC_PULL_REQUEST_COMMENT",
                is_flag=True,
                help="Write the result into one comment of the pull request that the workflow runs for.",
            ),
            option(
                "--github-token-file",
                env="SYNC_GITHUB_TOKEN_FILE",
                default="",
                metavar="FILE",
                help="Token for the comment (or the variables SYNC_GITHUB_TOKEN, GITHUB_TOKEN).",
            ),
        )
    ):
        function = decorate(function)
    return function


dry_run = option("--dry-run", env="SYNC_DRY_RUN", is_flag=True, help="Only show what would change.")
detailed_exitcode = option(
    "--detailed-exitcode",
    env="SYNC_DETAILED_EXITCODE",
    is_flag=True,
    help="Exit 2 if there are changes (in a dry run).",
)
ako_is_stopped = option(
    "--ako-is-stopped",
    env="SYNC_AKO_IS_STOPPED",
    is_flag=True,
    help="Say that no AKO runs with this clusterName: it would take everything back.",
)
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
status_dir = option(
    "--status-dir",
    env="SYNC_STATUS_DIR",
    default="",
    metavar="DIR",
    help="Write the status of each Gateway and Service there, as YAML in the shape of Kubernetes.",
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
