"""The options of the commands, each with its environment variable."""

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from sync.cli.files import OutputFile
from sync.cli.help import Decorator, Group, Option, group, together
from sync.cli.verbosity import Verbosity, choose
from sync.errors import SyncError, UsageError
from sync.model.policy import Policy
from sync.model.wording import shown


def option(*names: str, env: str = "", **attributes: Any) -> Decorator:
    """An option; `is_common` ones are described by `--help`.

    The environment variable is `SYNC_` and the long name, unless `env` names another. The default of a text is empty. A
    shell completes file names for FILE and DIR.
    """
    long_name = next(name for name in names if name.startswith("--"))
    variable = env or f"SYNC_{long_name.removeprefix('--').replace('-', '_').upper()}"
    if not attributes.keys() & {"type", "is_flag", "required", "multiple", "default"}:
        attributes["default"] = ""
    if {"FILE", "DIR"} & set(str(attributes.get("metavar", "")).split("|")):
        attributes.setdefault("shell_complete", _complete_path)
    return click.option(*names, cls=Option, envvar=variable, show_envvar=True, **attributes)


def _complete_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    del ctx
    is_folder = "FILE" not in str(param.metavar)
    return [CompletionItem(incomplete, type="dir" if is_folder else "file")]


def _complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The runs of the named journal, the newest first."""
    del param
    from sync.cli.recorded_runs import runs_in

    try:
        runs = [item.began.run for item in runs_in(ctx.params.get("journal") or os.environ.get("SYNC_JOURNAL", ""))]
    except SyncError:
        return []
    return [CompletionItem(run) for run in runs if run.startswith(incomplete)]


working_tree = group(
    Group.SOURCE,
    option("--working-tree", is_flag=True, is_common=True, help="Read uncommitted files of a local folder too."),
)
verbosity_options = group(
    Group.OUTPUT,
    option(
        "--verbose",
        "-v",
        is_flag=True,
        expose_value=False,
        callback=choose(Verbosity.VERBOSE),
        help="Show each request and each change as it happens. Secrets are left out.",
    ),
    option(
        "--quiet",
        "-q",
        is_flag=True,
        expose_value=False,
        callback=choose(Verbosity.QUIET),
        help="Show only errors, and one line if something changes. For cron.",
    ),
)
source_options = together(
    verbosity_options,
    group(
        Group.SOURCE,
        option(
            "--source",
            metavar="URL|DIR",
            required=True,
            is_common=True,
            help="Git repository: a folder or a URL. A URL begins with file://, https:// or ssh://.",
        ),
        option("--ref", metavar="REF", is_common=True, help="Branch, tag or commit; default HEAD."),
        option("--path", metavar="FOLDER", is_common=True, help="Folder inside the repository."),
        option("--git-token-file", metavar="FILE", help="Token for https URLs. Or use the variable SYNC_GIT_TOKEN."),
        option(
            "--git-username", metavar="NAME", help="User name for https URLs, if the host needs one with the token."
        ),
        option(
            "--git-auth",
            type=click.Choice(["basic", "bearer"]),
            default="basic",
            show_default=True,
            help="How the token is sent. Use bearer for hosts such as Bitbucket Data Center.",
        ),
        option("--ssh-key-file", metavar="FILE", help="Private key for ssh URLs."),
        option("--known-hosts-file", metavar="FILE", help="Host keys for ssh URLs. Unknown hosts are always refused."),
        option("--cache-dir", metavar="DIR", help="Folder for the mirrors of repositories."),
    ),
)
facts = group(
    Group.CONTROLLER,
    option(
        "--facts",
        metavar="FILE",
        is_common=True,
        help="Facts of a Controller, from `avi-sync facts`. Without them, a common Controller is assumed.",
    ),
)
deadline = group(
    Group.CONTROLLER,
    option(
        "--deadline",
        type=click.FloatRange(min=1),
        default=3600.0,
        show_default=True,
        metavar="SECONDS",
        help="Time limit for the run. No change, retry or template starts after it; "
        "a replace that has started is completed.",
    ),
)
cluster_state = group(
    Group.CLUSTER,
    option(
        "--cluster-state",
        metavar="FILE",
        help="Read servers from this file instead of the cluster. From `avi-sync cluster export`, or from "
        "`kubectl get services,endpointslices -A -o yaml`. Counts with SyncSettings.backends: cluster.",
    ),
    option(
        "--cluster-state-max-age",
        type=click.FloatRange(min=0),
        default=3600.0,
        show_default=True,
        metavar="SECONDS",
        help="How old that file may be. With an older one nothing is written, and a dry run warns.",
    ),
)
cluster_access = group(
    Group.CLUSTER,
    option(
        "--kubeconfig",
        metavar="FILE",
        help="Read servers from the cluster of this kubeconfig. Without it, from KUBECONFIG, or in a pod with its "
        "service account. Counts with SyncSettings.backends: cluster.",
    ),
    option("--kube-context", metavar="NAME", help="Context of the kubeconfig. Default: its current one."),
)
cluster_options = together(cluster_access, cluster_state)
controller_options = group(
    Group.CONTROLLER,
    option(
        "--controller",
        metavar="URL",
        required=True,
        is_common=True,
        help="The Avi Controller, or `embedded`. `embedded` starts an emulator inside this process.",
    ),
    option("--username", default="admin", show_default=True, metavar="NAME", help="User on the Controller."),
    option(
        "--password-file",
        metavar="FILE",
        is_common=True,
        help="File with the password. Or use the variable SYNC_PASSWORD.",
    ),
    option("--token-file", metavar="FILE", help="User token, instead of a password. Or use the variable SYNC_TOKEN."),
    option("--ca-bundle", metavar="FILE", help="Certificates (PEM) to trust, instead of the system's."),
    option(
        "--insecure-skip-verify",
        is_flag=True,
        help="Do not check the Controller's certificate. Anybody in between can read the password.",
    ),
    option(
        "--timeout",
        type=click.FloatRange(min=0.1),
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help="Time limit for each response of the Controller, to its last byte.",
    ),
    deadline,
    option(
        "--parallelism",
        type=click.IntRange(1, 64),
        default=8,
        show_default=True,
        metavar="N",
        help="How many owners are changed at the same time.",
    ),
)
dry_run = group(Group.PLAN, option("--dry-run", is_flag=True, is_common=True, help="Only show what would change."))
selection_options = group(
    Group.PLAN,
    option(
        "--only",
        multiple=True,
        metavar="OWNER",
        is_common=True,
        help="Only this owner, such as Gateway/shop/web. A Gateway, Service or SharedVip as KIND/NAMESPACE/NAME; "
        "may be repeated.",
    ),
    option(
        "--namespace",
        multiple=True,
        metavar="NAME",
        help="Only owners in this namespace. May be repeated.",
    ),
)
writer_options = group(
    Group.PLAN,
    option("--accept-source", is_flag=True, help="Write although the last run read another repository or folder."),
    option(
        "--accept-cluster-name",
        is_flag=True,
        help="Create everything again although this source has written under another clusterName.",
    ),
    option(
        "--accept-older-commit",
        is_flag=True,
        help="Write although the commit does not descend from the one that was applied last.",
    ),
)
permit_options = group(
    Group.PLAN,
    option(
        "--allow-deletes",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        is_common=True,
        help="Apply a refused plan, with --plan-digest. N is the number of owners that it deletes, replaces or "
        "disrupts.",
    ),
    option(
        "--plan-digest",
        metavar="DIGEST",
        help="Digest of the plan that --allow-deletes permits. It is in the plan's last line. No other plan passes.",
    ),
    writer_options,
)
plan_options = group(
    Group.PLAN,
    selection_options,
    option(
        "--policy",
        type=click.Choice([policy.value for policy in Policy if policy is not Policy.SERVERS_ONLY]),
        default=Policy.SYNC.value,
        show_default=True,
        help="Which actions are allowed.",
    ),
    option(
        "--no-replace",
        is_flag=True,
        help="Hold owners that would be replaced. A replace breaks their connections.",
    ),
    option("--retry-refused", is_flag=True, help="Retry changes that the Controller refused before."),
    permit_options,
)
rollout_wait = group(
    Group.PLAN,
    option(
        "--rollout-wait",
        type=click.FloatRange(min=0),
        default=5.0,
        show_default=True,
        metavar="SECONDS",
        help="When most servers of a pool are terminating, read the cluster once more after this time.",
    ),
)
ako_is_stopped = group(
    Group.PLAN,
    option(
        "--ako-is-stopped",
        is_flag=True,
        is_common=True,
        help="Confirm that no AKO runs with this clusterName. A running AKO would undo the adoption.",
    ),
)
servers_only = group(
    Group.PLAN,
    option(
        "--servers-only",
        is_flag=True,
        help="Write nothing but the servers of pools that follow the cluster. For a run every minute, beside one that "
        "deploys; limits of the plan and change windows are for that one.",
    ),
)
wait = group(
    Group.PLAN,
    option(
        "--wait",
        type=click.FloatRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="Wait for changed VirtualServices to come up. The exit code is 5 if one is still down after this time.",
    ),
)
detailed_exitcode = group(
    Group.OUTPUT,
    option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes (in a dry run)."),
)
status_dir = group(
    Group.OUTPUT,
    option(
        "--status-dir",
        metavar="DIR",
        help="Write the status of each Gateway and Service there, as Kubernetes would show it, in YAML.",
    ),
)
output = group(
    Group.OUTPUT,
    option(
        "--format",
        "-o",
        "output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        is_common=True,
        help="Format of the result on stdout.",
    ),
)


class OutputFileType(click.ParamType[OutputFile]):
    """`FORMAT=PATH`; in the environment a list, separated by spaces or commas."""

    name = "FORMAT=PATH"

    def __init__(self, forms: Collection[str]) -> None:
        self._forms = forms

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> OutputFile:
        """One file."""
        if isinstance(value, OutputFile):
            return value
        form, _, path = str(value).partition("=")
        if form not in self._forms or not path:
            self.fail(f"{shown(value)} is not FORMAT=PATH with one of {', '.join(self._forms)}", param, ctx)
        return OutputFile(form=form, path=Path(path))

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """The variable's files."""
        return [part for part in re.split(r"[\s,]+", rv) if part]


def output_options(forms: Collection[str]) -> Decorator:
    """`--format` for stdout, and `--output-file` for any number of files."""
    *others, last = forms
    return group(
        Group.OUTPUT,
        option(
            "--format",
            "-o",
            "output",
            type=click.Choice(list(forms)),
            default="text",
            metavar="FORMAT",
            is_common=True,
            help=f"Result as {', '.join(others)} or {last}. On stdout; default text.",
        ),
        option(
            "--output-file",
            "output_files",
            multiple=True,
            type=OutputFileType(forms),
            callback=_checked,
            is_common=True,
            help="Write the result to a file too. May be repeated.",
        ),
    )


def _checked(ctx: click.Context, param: click.Parameter, files: tuple[OutputFile, ...]) -> tuple[OutputFile, ...]:
    """Checks before anything is written to a Controller that every result can be written."""
    del ctx, param
    for number, file in enumerate(files):
        if any(file.path == other.path for other in files[:number]):
            raise UsageError("two results cannot share one file", where=str(file.path), fix="name another file")
        if file.path.is_dir() or not os.access(file.path.parent, os.W_OK):
            fix = "name a file in a folder that exists and is writable"
            raise UsageError("the result cannot be written there", where=str(file.path), fix=fix)
    return files


journal = group(
    Group.OUTPUT,
    option(
        "--journal",
        metavar="FILE|DIR",
        help="Record what each run changes. JSON lines in a file, or one file per run in a folder.",
    ),
)
run_id = option(
    "--run",
    metavar="ID",
    shell_complete=_complete_run,
    is_common=True,
    help="Show one run in full. Its id, its beginning or end, or `last`.",
)
after_run_options = together(
    journal,
    group(
        Group.NOTIFICATIONS,
        option(
            "--metrics-file",
            metavar="FILE",
            help="Write metrics to this file. As FILE.prom, the textfile collector of node_exporter reads it.",
        ),
        option("--pushgateway", metavar="URL", help="Push metrics to this Prometheus Pushgateway."),
        option(
            "--webhook-url-file",
            metavar="FILE",
            help="Webhook to call when runs start to fail, find drift, or recover. "
            "The file holds its URL. Or use the variable SYNC_WEBHOOK_URL.",
        ),
        option(
            "--target-name",
            metavar="NAME",
            help="Name of this run in metrics and messages. Default: the Controller's host and --path.",
        ),
        option(
            "--pull-request-comment",
            is_flag=True,
            help="Write the result to a comment of the pull request. The one that the workflow runs for.",
        ),
        option(
            "--github-token-file",
            metavar="FILE",
            help="Token for the comment. Or use the variables SYNC_GITHUB_TOKEN, GITHUB_TOKEN.",
        ),
    ),
)
