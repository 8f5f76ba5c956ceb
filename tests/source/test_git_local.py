"""Reading a repository that lies on this machine."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sync.errors import SourceError, UnreachableError
from sync.model.problem import Severity
from sync.model.source import Snapshot, SourceLimits

Git = Callable[..., str]
Make = Callable[..., Path]
Read = Callable[..., Snapshot]

PROD = {
    "README.md": "hello",
    "base.yaml": "a: 1\n",
    "clusters/prod/values.yaml": "b: 2\n",
    "clusters/prod/gateways/web.yml": "c: 3\n",
    "clusters/prod/notes.txt": "no",
    "clusters/test/values.yaml": "d: 4\n",
    "clusters/prod.yaml": "e: 5\n",
}


def paths(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(file): (file.stat().st_mtime_ns, file.stat().st_size) for file in folder.rglob("*")}


def test_files_of_head(make_repository: Make, git: Git, read: Read) -> None:
    """HEAD is read by default, with its full SHA and the files that matter, in order."""
    repository = make_repository(PROD | {"templates/pool.json.j2": "{}", "a.json": "{}", ".avi-sync-freeze": "x"})

    snapshot = read(repository)

    assert git(repository, "rev-parse", "HEAD") == snapshot.commit
    assert str(repository) == snapshot.location
    assert paths(snapshot) == [
        "a.json",
        "base.yaml",
        "clusters/prod.yaml",
        "clusters/prod/gateways/web.yml",
        "clusters/prod/values.yaml",
        "clusters/test/values.yaml",
        "templates/pool.json.j2",
    ]
    assert snapshot.freeze == "x"
    assert snapshot.path == ""
    assert snapshot.is_complete
    assert snapshot.problems == ()


@pytest.mark.parametrize("file", [".avi-sync-freeze", "clusters/.Avi-Sync-Freeze", "clusters/prod/.avi-sync-freeze"])
@pytest.mark.parametrize("options", [{}, {"working_tree": True}], ids=["commit", "working tree"])
def test_a_freeze_file_holds_for_every_folder_below_it(
    file: str, options: dict[str, bool], make_repository: Make, read: Read
) -> None:
    """Whoever freezes a repository need not know with which --path each job reads it; a folder beside it goes on."""
    repository = make_repository(PROD | {file: "quarter end"})

    assert read(repository, path="clusters/prod", **options).freeze == "quarter end"
    assert read(repository, path="clusters/test", **options).freeze == (None if "prod" in file else "quarter end")


@pytest.mark.parametrize("options", [{}, {"working_tree": True}], ids=["commit", "working tree"])
def test_a_snapshot_says_which_folder_of_the_repository_it_is(
    options: dict[str, bool], make_repository: Make, read: Read
) -> None:
    """Other files name folders from the root of the repository."""
    assert read(make_repository(PROD), path="./clusters/prod/", **options).path == "clusters/prod"


@pytest.mark.parametrize("path", ["clusters/prod", "clusters/prod/", "./clusters//prod/."])
def test_sub_folder(path: str, make_repository: Make, read: Read) -> None:
    """With a path only the files below it are read, and named from there."""
    repository = make_repository(PROD)

    snapshot = read(repository, path=path)

    assert {file.path: file.content for file in snapshot.files} == {
        "gateways/web.yml": b"c: 3\n",
        "values.yaml": b"b: 2\n",
    }


@pytest.mark.parametrize("ref", ["v1", "v1-annotated", "refs/heads/old", "old", "HEAD~1", "sha", "short sha"])
def test_refs(ref: str, make_repository: Make, git: Git, commit_files: Callable[..., str], read: Read) -> None:
    """A branch, a tag of either kind, a full ref, a revision and a SHA in full or short all name a commit."""
    repository = make_repository({"a.yaml": "1"})
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "branch", "old")
    git(repository, "tag", "v1")
    git(repository, "tag", "--annotate", "--message", "one", "v1-annotated")
    commit_files(repository, {"a.yaml": "2"})

    snapshot = read(repository, ref={"sha": first, "short sha": first[:8]}.get(ref, ref))

    assert (first, b"1") == (snapshot.commit, snapshot.files[0].content)


@pytest.mark.parametrize("ref", ["mian", "^main", "main..main", "--all", "-h", "HEAD:web.yaml", "a b", "@{u}", "\x1b"])
def test_unknown_or_hostile_ref(ref: str, make_repository: Make, read: Read) -> None:
    """What names no commit is an error that a user can act on, even if it looks like an option or a range."""
    repository = make_repository()

    with pytest.raises(SourceError) as caught:
        read(repository, ref=ref)

    assert caught.value.fix


def test_unknown_ref_names_near_ones(make_repository: Make, git: Git, read: Read) -> None:
    """A misspelt branch is answered with the branch that was meant."""
    repository = make_repository()
    git(repository, "branch", "release/1.0")

    with pytest.raises(SourceError, match=r"no branch, tag or commit relaese/1\.0") as caught:
        read(repository, ref="relaese/1.0")

    assert caught.value.fix == "did you mean --ref release/1.0?"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("clusters/prd", "did you mean --path clusters/prod", id="misspelt"),
        pytest.param(
            "qqqqqq", "give one that exists: clusters, clusters/prod, clusters/prod/gateways", id="unlike any"
        ),
        pytest.param("base.yaml", "give one that exists", id="a file"),
        pytest.param("base.yaml/x", "give one that exists", id="below a file"),
    ],
)
def test_missing_path(path: str, expected: str, make_repository: Make, git: Git, read: Read) -> None:
    """A path that is no folder of the commit is an error that names the commit and near folders."""
    repository = make_repository(PROD)

    with pytest.raises(SourceError, match=git(repository, "rev-parse", "HEAD")) as caught:
        read(repository, path=path)

    assert expected in caught.value.fix


@pytest.mark.parametrize("path", ["/etc", "../other", "a/../../b", "-x", "a/.git", ".GIT", "a\nb", "a\x00b"])
def test_hostile_path(path: str, make_repository: Make, read: Read) -> None:
    """A path that leads out of the tree, or could be read as something else, is refused."""
    repository = make_repository(PROD)

    with pytest.raises(SourceError, match="the path") as caught:
        read(repository, path=path)

    assert "\n" not in caught.value.message


def test_path_is_no_pattern(make_repository: Make, read: Read) -> None:
    """Characters that Git gives a meaning in patterns and revisions are just part of a folder's name."""
    repository = make_repository({"x:~1^{tree}*/web.yaml": "1", "x:~1^{tree}y/web.yaml": "2"})
    (repository / "x:~1^{tree}y/new.yaml").touch()

    snapshot = read(repository, path="x:~1^{tree}*")

    assert [file.content for file in snapshot.files] == [b"1"]
    assert snapshot.problems == ()


def test_uncommitted_files_are_named(make_repository: Make, read: Read) -> None:
    """Changed, new and deleted manifests below the path are named in one warning; the commit is read all the same."""
    repository = make_repository(PROD | {".gitignore": "*.tmp.yaml\n", "clusters/prod/gone.yaml": "x"})
    (repository / "clusters/prod/values.yaml").write_text("changed")
    (repository / "clusters/prod/new.yaml").write_text("new")
    (repository / "clusters/prod/gone.yaml").unlink()
    (repository / "clusters/prod/x.tmp.yaml").write_text("ignored")
    (repository / "clusters/prod/draft.txt").write_text("does not matter")
    (repository / "base.yaml").write_text("elsewhere")

    snapshot = read(repository, path="clusters/prod")

    (problem,) = snapshot.problems
    assert problem.severity == Severity.WARNING
    assert problem.message.endswith(": gone.yaml (deleted), new.yaml (new), values.yaml (changed)")
    assert {file.path: file.content for file in snapshot.files}["values.yaml"] == b"b: 2\n"
    assert snapshot.is_complete


def test_many_uncommitted_files_are_counted(make_repository: Make, read: Read) -> None:
    """A long list of uncommitted files ends in a number."""
    repository = make_repository()
    for number in range(25):
        (repository / f"{number:02}.yaml").touch()

    (problem,) = read(repository).problems

    assert problem.message.endswith("19.yaml (new) and 5 more")


def test_working_tree(make_repository: Make, read: Read) -> None:
    """The work tree is what `git add` would commit, changed and new files but no ignored ones, under no commit."""
    repository = make_repository(PROD | {".gitignore": "ignored.yaml\nbuild/\n"})
    (repository / "clusters/prod/values.yaml").write_text("changed")
    (repository / "clusters/prod/new.yaml").write_text("new")
    (repository / "clusters/prod/ignored.yaml").write_text("ignored")
    (repository / "clusters/prod/build/deep").mkdir(parents=True)
    (repository / "clusters/prod/build/deep/made.yaml").write_text("ignored")
    (repository / "clusters/prod/gateways/web.yml").unlink()

    snapshot = read(repository, path="clusters/prod", working_tree=True)

    assert snapshot.commit == ""
    assert {file.path: file.content for file in snapshot.files} == {"values.yaml": b"changed", "new.yaml": b"new"}
    assert snapshot.problems == ()


def test_working_tree_with_submodule(make_repository: Make, git: Git, read: Read) -> None:
    """Repositories inside the work tree are named and not read, whether they are checked out or not."""
    inner = make_repository(name="inner")
    repository = make_repository(name="outer")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "there")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "not-there")
    git(repository, "submodule", "--quiet", "deinit", "--force", "not-there")

    snapshot = read(repository, working_tree=True)

    assert [problem.file for problem in snapshot.problems] == ["not-there", "there"]
    assert paths(snapshot) == ["web.yaml"]
    assert not snapshot.is_complete


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"working_tree": True, "ref": "main"}, id="a work tree at a ref"),
        pytest.param({"working_tree": True, "bare": True}, id="the work tree of a bare repository"),
    ],
)
def test_impossible_working_tree(fields: dict[str, object], make_repository: Make, git: Git, read: Read) -> None:
    """A work tree that cannot be meant is an error rather than a guess."""
    repository = make_repository()
    if fields.pop("bare", False):
        git(repository, "config", "core.bare", "true")
        repository = repository / ".git"

    with pytest.raises(SourceError, match="work tree"):
        read(repository, **fields)


def test_bare_repository(tmp_path: Path, make_repository: Make, git: Git, read: Read) -> None:
    """A bare repository is read like a clone."""
    repository = make_repository()
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")

    assert read(repository) == replace(read(tmp_path / "bare.git"), location=str(repository))


def test_worktree(
    tmp_path: Path, make_repository: Make, git: Git, commit_files: Callable[..., str], read: Read
) -> None:
    """A worktree, whose `.git` is a file, has a HEAD and uncommitted files of its own."""
    repository = make_repository()
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    commit = commit_files(tmp_path / "side", {"side.yaml": "1"})
    (tmp_path / "side/new.yaml").touch()

    snapshot = read(tmp_path / "side")

    assert (commit, ["side.yaml", "web.yaml"]) == (snapshot.commit, paths(snapshot))
    assert ["new.yaml (new)" in problem.message for problem in snapshot.problems] == [True]


def test_sha256_repository(make_repository: Make, read: Read) -> None:
    """A repository with SHA-256 objects is read like any other."""
    repository = make_repository(init="--object-format=sha256")

    snapshot = read(repository)

    assert (len(snapshot.commit), paths(snapshot)) == (64, ["web.yaml"])


def test_nothing_is_written(make_repository: Make, read: Read, tmp_path: Path) -> None:
    """Reading a repository leaves no trace in it, nor in the cache."""
    repository = make_repository()
    (repository / "web.yaml").write_text("kind: Changed\n")
    os.utime(repository / "web.yaml", (1, 1))
    before = state_of(repository)

    read(repository)
    read(repository, working_tree=True)

    assert before == state_of(repository)
    assert not (tmp_path / "cache").exists()


def test_the_repository_cannot_run_commands(tmp_path: Path, make_repository: Make, git: Git, read: Read) -> None:
    """Hooks, monitors and filters that a repository's own configuration names are not run."""
    repository = make_repository({"web.yaml": "1", ".gitattributes": "*.yaml filter=evil diff=evil\n"})
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "core.pager"):
        git(repository, "config", key, str(trap))
    git(repository, "config", "filter.evil.required", "true")
    (repository / ".git/hooks").mkdir()
    (repository / ".git/hooks/post-index-change").symlink_to(trap)
    (repository / "web.yaml").write_text("2")

    snapshot = read(repository)
    read(repository, working_tree=True)

    assert [problem.message for problem in snapshot.problems] == [
        "uncommitted changes are not read: web.yaml (changed)"
    ]
    assert not (tmp_path / "sprung").exists()


def test_the_surroundings_do_not_redirect(
    make_repository: Make, git: Git, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """GIT_ variables as a hook has them and the user's configuration point elsewhere in vain."""
    repository = make_repository(name="wanted")
    other = make_repository({"other.yaml": ""}, name="other")
    (tmp_path / ".gitconfig").write_text("[core]\n\tworktree = /nowhere\n[include]\n\tpath = /nowhere/else\n[broken")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / ".git/objects"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.bare")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "nonsense")

    snapshot = read(repository)

    assert (paths(snapshot), snapshot.problems) == (["web.yaml"], ())


def test_replaced_objects_are_not_believed(
    make_repository: Make, git: Git, commit_files: Callable[..., str], read: Read
) -> None:
    """`git replace` cannot put other files under the commit's name."""
    repository = make_repository({"a.yaml": "1"})
    first = git(repository, "rev-parse", "HEAD")
    second = commit_files(repository, {"a.yaml": "2"})
    git(repository, "replace", first, second)

    snapshot = read(repository, ref=first)

    assert (first, b"1") == (snapshot.commit, snapshot.files[0].content)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user(make_repository: Make, git: Git, read: Read) -> None:
    """A repository that somebody else owns, as in a container, is read without configuring Git."""
    repository = make_repository()
    for file in (repository, *repository.rglob("*")):
        os.chown(file, 12345, 12345)

    assert paths(read(repository)) == ["web.yaml"]
    assert paths(read(repository.as_uri())) == ["web.yaml"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda folder: None, "no such folder", id="missing"),
        pytest.param(lambda folder: folder.touch(), "a file, not a folder", id="a file"),
        pytest.param(lambda folder: folder.mkdir(), "not the root of a Git repository", id="no repository"),
        pytest.param(
            lambda folder: (folder / ".git").mkdir(parents=True), "not a repository that Git can read", id="empty .git"
        ),
    ],
)
def test_not_a_repository(make: Callable[[Path], None], message: str, tmp_path: Path, read: Read) -> None:
    """Whatever is no repository is an error that says what it is instead."""
    make(tmp_path / "source")

    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path / "source")

    assert str(tmp_path / "source") == caught.value.where


def test_folder_inside_a_repository(make_repository: Make, read: Read) -> None:
    """A folder inside a repository is not read as if it were one, and the fix says how to read it."""
    repository = make_repository(PROD)

    with pytest.raises(SourceError) as caught:
        read(repository / "clusters/prod")

    assert f"give --source {repository} --path clusters/prod" == caught.value.fix


def test_a_name_no_file_can_have(tmp_path: Path, read: Read) -> None:
    """What the operating system says about a folder is an error of the source, not a traceback."""
    with pytest.raises(SourceError, match="cannot be read: File name too long"):
        read(tmp_path / ("x" * 1000))


def test_without_git(tmp_path: Path, make_repository: Make) -> None:
    """On a machine without Git the error says that it is missing."""
    script = (
        "import sys; from pathlib import Path; from sync.model.source import SourceLimits;"
        "from sync.source.git.source import SourceRequest, read_source;"
        "read_source(SourceRequest(location=sys.argv[1], cache_dir=Path('cache')), SourceLimits())"
    )
    environment = {"PATH": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", script, str(make_repository())],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "SourceError: the program git was not found" in done.stderr


def test_no_commit_yet(tmp_path: Path, git: Git, read: Read) -> None:
    """A repository without a commit is said to be one."""
    git(tmp_path, "init", "--quiet", "empty")

    with pytest.raises(SourceError, match="no commit yet"):
        read(tmp_path / "empty")


def test_missing_objects(make_repository: Make, git: Git, read: Read) -> None:
    """A commit whose files are not all there is an error, never a smaller tree."""
    repository = make_repository({"a.yaml": "1", "b.yaml": "2"})
    blob = git(repository, "rev-parse", "HEAD:b.yaml")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(SourceError, match=r"b\.yaml is missing"):
        read(repository)


def test_links_and_submodules_are_not_followed(
    make_repository: Make, git: Git, commit_files: Callable[..., str], read: Read
) -> None:
    """Links out of the folder and submodules are named, not followed, and make the tree incomplete."""
    repository = make_repository({"in/web.yaml": "1", "secret.yaml": "2"})
    (repository / "in/link.yaml").symlink_to("../secret.yaml")
    (repository / "in/passwd.yaml").symlink_to("/etc/passwd")
    commit = commit_files(repository)
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},in/vendor")
    git(repository, "commit", "--quiet", "--message", "submodule")

    snapshot = read(repository, path="in")

    assert paths(snapshot) == ["web.yaml"]
    assert [p.file for p in snapshot.problems if p.file] == ["link.yaml", "passwd.yaml", "vendor"]
    assert {Severity.WARNING} == {problem.severity for problem in snapshot.problems}
    assert not snapshot.is_complete


def test_hostile_tree(make_repository: Make, git: Git, read: Read) -> None:
    """Names that lead out of the tree or into `.git`, which only a forged tree holds, are left out."""
    repository = make_repository()
    blob = git(repository, "hash-object", "-w", "web.yaml")
    inner = git(repository, "mktree", stdin=f"100644 blob {blob}\tweb.yaml\n".encode())
    odd = [f"040000 tree {inner}\t{name}" for name in ("..", ".git", "ok")]
    escape = f"100644 blob {blob}\tred\x1b[31m.yaml"
    tree = git(repository, "mktree", "-z", stdin="\0".join([*odd, escape, ""]).encode())
    commit = git(repository, "commit-tree", tree, "-m", "forged")

    snapshot = read(repository, ref=commit)

    assert paths(snapshot) == ["ok/web.yaml", "red\\x1b[31m.yaml"]


def test_too_many_files(make_repository: Make, read: Read) -> None:
    """More files than the limit are refused as a whole; files that would not be read do not count."""
    repository = make_repository({"a.yaml": "", "b.yaml": "", "c.txt": ""})

    assert paths(read(repository, limits=SourceLimits(max_files=2))) == ["a.yaml", "b.yaml"]
    with pytest.raises(SourceError, match="limit of 1"):
        read(repository, limits=SourceLimits(max_files=1))


def test_git_that_hangs_is_killed(make_repository: Make, tmp_path: Path, read: Read) -> None:
    """A repository on a file system that does not answer ends in an UnreachableError."""
    repository = make_repository()
    (repository / ".git/HEAD").unlink()
    os.mkfifo(repository / ".git/packed-refs")
    (repository / ".git/HEAD").write_text("ref: refs/heads/elsewhere\n")

    with pytest.raises(UnreachableError, match=r"longer than 0\.5 seconds"):
        read(repository, timeout_seconds=0.5)


def test_many_files_in_few_processes(make_repository: Make, read: Read) -> None:
    """Equal and different contents of many files arrive under the right names."""
    repository = make_repository({f"{number % 7}/{number}.yaml": f"{number % 300}\n" for number in range(1000)})

    snapshot = read(repository)

    assert {f"{number % 7}/{number}.yaml": b"%d\n" % (number % 300) for number in range(1000)} == {
        file.path: file.content for file in snapshot.files
    }
