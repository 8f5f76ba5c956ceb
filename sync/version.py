"""The version, and the commit it was built from."""

from importlib import import_module, metadata
from pathlib import Path

import git

DISTRIBUTION = "avi-sync"


def version_text() -> str:
    """`avi-sync 0.1.0 (commit 0123abcd…)`."""
    commit = built_from()
    return f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}" + (f" (commit {commit})" if commit else "")


def built_from() -> str:
    """The full SHA: written into wheels by the build, asked of the repository for an editable install."""
    try:
        return str(import_module("sync._commit").COMMIT)
    except ImportError:
        return _commit_of_checkout(Path(__file__).parent.parent)


def _commit_of_checkout(folder: Path) -> str:
    try:
        with git.Repo(folder) as repository:
            return repository.head.commit.hexsha
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, ValueError):
        return ""
