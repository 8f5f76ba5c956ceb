"""The version, and the commit it was built from."""

from importlib import import_module, metadata
from pathlib import Path

DISTRIBUTION = "avi-sync"


def version_text() -> str:
    """`avi-sync 0.1.0 (commit 0123abcd…)`."""
    commit = built_from()
    return f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}" + (f" (commit {commit})" if commit else "")


def built_from() -> str:
    """The full SHA: from Git for a checkout, from the build for a wheel."""
    checkout = Path(__file__).parent.parent
    if (checkout / ".git").exists() and (checkout / "pyproject.toml").exists():
        return _commit_of(checkout)
    try:
        return str(import_module("sync._commit").COMMIT)
    except ImportError:
        return ""


def _commit_of(checkout: Path) -> str:
    try:
        import git  # GitPython cannot be imported where there is no git program
    except ImportError:
        return ""
    try:
        with git.Repo(checkout) as repository:
            return repository.head.commit.hexsha
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, ValueError):
        return ""
