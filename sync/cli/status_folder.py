"""`--status-dir`: the statuses of a run as manifests in the shape of Kubernetes, one file each."""

from pathlib import Path

import yaml

from sync.cli.files import replace_file
from sync.errors import UsageError
from sync.model.run import Run
from sync.report.kubernetes_status import manifest_of


def write_statuses(folder: str, run: Run) -> None:
    """One file per Gateway and Service: `DIR/<kind>/<namespace>/<name>.yaml`; others are deleted."""
    if not folder:
        return
    files = {Path(folder, item.kind, item.namespace, f"{item.name}.yaml"): item for item in run.statuses}
    try:
        for path, status in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, yaml.safe_dump(manifest_of(status), sort_keys=False))
        for path in Path(folder).glob("*/*/*.yaml") if _tells_everything(run) else ():
            if path not in files and _is_status_of_ours(path):
                path.unlink()
    except OSError as error:
        raise UsageError(f"the status cannot be written: {error.strerror}", where=str(error.filename)) from None


def _tells_everything(run: Run) -> bool:
    """Whether a resource without a status is gone from Git; not while something in the tree cannot be read or used."""
    desired, told = run.desired, {status.owner_name for status in run.statuses}
    return desired.is_complete and not desired.holds_everything and all(held.name in told for held in desired.held)


def _is_status_of_ours(path: Path) -> bool:
    """Whether the file holds a status and nothing else, as only avi-sync writes it; never a manifest."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(found, dict) and found.keys() == {"apiVersion", "kind", "metadata", "status"}
