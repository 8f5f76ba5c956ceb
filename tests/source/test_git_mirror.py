"""Reading a remote repository through the mirror in the cache."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.errors import SourceError, UnreachableError
from sync.model.source import Snapshot
from sync.source.git.mirror import MOST_FETCHES, mirror_name

Git = Callable[..., str]
Make = Callable[..., Path]
Read = Callable[..., Snapshot]
Commit = Callable[..., str]

READ_IN_A_PROCESS = """
import sys
from pathlib import Path
from sync.model.source import SourceLimits
from sync.source.git.source import SourceRequest, read_source
url, cache, ref = sys.argv[1:]
snapshot = read_source(SourceRequest(location=url, cache_dir=Path(cache), ref=ref), SourceLimits())
print(snapshot.commit, len(snapshot.files))
"""


def contents(snapshot: Snapshot) -> dict[str, bytes]:
    return {file.path: file.content for file in snapshot.files}


def mirror_of(tmp_path: Path) -> Path:
    (mirror,) = (tmp_path / "cache").glob("*/")
    return mirror


def test_first_and_later_reads(tmp_path: Path, make_repository: Make, commit_files: Commit, read: Read) -> None:
    """Each read gives the remote's HEAD of that moment, its full SHA and the URL as it was given."""
    repository = make_repository({"a.yaml": "1", "clusters/prod/b.yaml": "2"})

    first = read(repository.as_uri())
    commit = commit_files(repository, {"a.yaml": "changed"})
    second = read(repository.as_uri())

    assert contents(first) == {"a.yaml": b"1", "clusters/prod/b.yaml": b"2"}
    assert contents(second) == {"a.yaml": b"changed", "clusters/prod/b.yaml": b"2"}
    assert (second.commit, second.location) == (commit, repository.as_uri())
    assert contents(read(repository.as_uri(), path="clusters/prod")) == {"b.yaml": b"2"}


def test_the_mirror_is_bare_and_shallow(
    tmp_path: Path, make_repository: Make, commit_files: Commit, git: Git, read: Read
) -> None:
    """The mirror holds the fetched commit without its history and without a work tree."""
    repository = make_repository()
    for number in range(3):
        commit = commit_files(repository, {"a.yaml": str(number)})

    read(repository.as_uri())

    assert git(mirror_of(tmp_path), "rev-list", commit) == commit
    assert git(mirror_of(tmp_path), "rev-parse", "--is-bare-repository") == "true"


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "heads/main",
        "refs/heads/main",
        "HEAD",
        "v1",
        "tags/v1",
        "refs/tags/annotated",
        "annotated",
        "sha",
        "SHA",
    ],
)
def test_refs(ref: str, make_repository: Make, git: Git, read: Read) -> None:
    """A branch, a tag of either kind, a full ref and a full SHA name the commit; a tag's commit is what is printed."""
    repository = make_repository()
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "v1")
    git(repository, "tag", "--annotate", "--message", "one", "annotated")

    snapshot = read(repository.as_uri(), ref={"sha": commit, "SHA": commit.upper()}.get(ref, ref))

    assert snapshot.commit == commit


def test_sha_that_is_no_tip(make_repository: Make, git: Git, commit_files: Commit, read: Read) -> None:
    """An older commit can be requested by its SHA, and is not fetched again once it is here."""
    repository = make_repository({"a.yaml": "1"})
    first = git(repository, "rev-parse", "HEAD")
    commit_files(repository, {"a.yaml": "2"})

    assert contents(read(repository.as_uri(), ref=first)) == {"a.yaml": b"1"}
    assert contents(read(repository.as_uri())) == {"a.yaml": b"2"}
    shutil.rmtree(repository / ".git/objects")

    assert contents(read(repository.as_uri(), ref=first)) == {"a.yaml": b"1"}


def test_force_pushed_branch(make_repository: Make, git: Git, commit_files: Commit, read: Read) -> None:
    """A branch that was rewritten is read as it is now."""
    repository = make_repository({"a.yaml": "1"})
    commit_files(repository, {"a.yaml": "2", "b.yaml": "2"})
    read(repository.as_uri(), ref="main")
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    git(repository, "commit", "--quiet", "--amend", "--message", "rewritten")

    snapshot = read(repository.as_uri(), ref="main")

    assert (snapshot.commit, contents(snapshot)) == (git(repository, "rev-parse", "HEAD"), {"a.yaml": b"1"})


@pytest.mark.parametrize("options", [(), ("--annotate", "--message", "one")], ids=["tag", "annotated tag"])
def test_branch_wins_over_tag(
    options: tuple[str, ...], make_repository: Make, git: Git, commit_files: Commit, read: Read
) -> None:
    """A name that is a branch and a tag means the branch, in a remote as in a clone, and a warning names both commits.

    While both stand for one commit there is nothing to warn of.
    """
    repository = make_repository({"a.yaml": "1"})
    git(repository, "tag", *options, "both")
    git(repository, "checkout", "--quiet", "-b", "both")
    alike = [read(place, ref="both").problems for place in (repository.as_uri(), repository)]
    commit_files(repository, {"a.yaml": "2"})

    found = [read(place, ref="both") for place in (repository.as_uri(), repository)]

    assert alike == [(), ()]
    assert [contents(snapshot) for snapshot in found] == [{"a.yaml": b"2"}] * 2
    for snapshot in found:
        (problem,) = snapshot.problems
        assert problem.message.startswith("both is both a branch and a tag; the branch is used (")


def test_a_name_is_not_the_end_of_another(make_repository: Make, git: Git, read: Read) -> None:
    """`main` does not mean the branch `feature/main`, although git ls-remote lists it."""
    repository = make_repository()
    git(repository, "branch", "--move", "feature/main")

    with pytest.raises(SourceError, match="no branch, tag or commit main") as caught:
        read(repository.as_uri(), ref="main")

    assert "feature/main" in caught.value.fix


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        pytest.param("mian", "no branch, tag or commit mian", id="misspelt"),
        pytest.param("deadbeef", "abbreviated", id="abbreviated SHA"),
        pytest.param("0" * 39 + "1", f"no commit {'0' * 39}1", id="unknown SHA"),
        pytest.param("tree", "is a tree, not a commit", id="SHA of a tree"),
        pytest.param("main*", "not the name of a branch", id="pattern"),
        pytest.param("a..b", "not the name of a branch", id="range"),
        pytest.param("main:refs/heads/x", "not the name of a branch", id="refspec"),
        pytest.param("HEAD~1", "not the name of a branch", id="revision"),
        pytest.param("--upload-pack=touch", "begin with a dash", id="option"),
        pytest.param("a\nb", "line break", id="line break"),
    ],
)
def test_wrong_refs(ref: str, message: str, make_repository: Make, git: Git, read: Read) -> None:
    """A ref that is not there, or not one, is an error of the source with a fix."""
    repository = make_repository()
    ref = git(repository, "rev-parse", "HEAD^{tree}") if ref == "tree" else ref

    with pytest.raises(SourceError, match=message) as caught:
        read(repository.as_uri(), ref=ref)

    assert caught.value.fix
    assert "folder" not in caught.value.fix


def test_unknown_ref_names_those_that_exist(make_repository: Make, git: Git, read: Read) -> None:
    """Branches and tags are offered in place of an unknown ref."""
    repository = make_repository()
    git(repository, "tag", "--annotate", "--message", "one", "v1")

    with pytest.raises(SourceError) as caught:
        read(repository.as_uri(), ref="zzz")

    assert caught.value.fix == "give one that exists: main, v1"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda folder: None, "no such folder", id="missing"),
        pytest.param(lambda folder: folder.mkdir(), "not a Git repository", id="not a repository"),
        pytest.param(
            lambda folder: subprocess.run(["git", "init", "--quiet", folder], check=True), "no commit yet", id="empty"
        ),
    ],
)
def test_nothing_to_read(make: Callable[[Path], None], message: str, tmp_path: Path, read: Read) -> None:
    """A file:// URL that leads to nothing is an error of the source, not of the network."""
    make(tmp_path / "remote")

    with pytest.raises(SourceError, match=message):
        read((tmp_path / "remote").as_uri())


def test_missing_path(make_repository: Make, read: Read) -> None:
    """A path that is not in the commit is an error with near names."""
    repository = make_repository({"clusters/prod/a.yaml": "1"})

    with pytest.raises(SourceError, match="no folder clusters/prd in commit") as caught:
        read(repository.as_uri(), path="clusters/prd")

    assert caught.value.fix.startswith("did you mean --path clusters/prod")


def test_a_remote_has_no_work_tree(make_repository: Make, read: Read) -> None:
    """Uncommitted files of a remote cannot be requested."""
    with pytest.raises(SourceError, match="no work tree"):
        read(make_repository().as_uri(), working_tree=True)


def test_file_url_of_a_bare_repository(tmp_path: Path, make_repository: Make, git: Git, read: Read) -> None:
    """A bare repository is found with and without its .git, also when its path holds a blank."""
    git(tmp_path, "clone", "--quiet", "--bare", str(make_repository()), "bare one.git")

    assert read((tmp_path / "bare one").as_uri()).commit == read((tmp_path / "bare one.git").as_uri()).commit


def test_sha256_remote(make_repository: Make, read: Read) -> None:
    """A repository with SHA-256 objects gets a mirror of its kind, even where another kind was mirrored before."""
    repository = make_repository()
    read(repository.as_uri())
    shutil.rmtree(repository)
    make_repository(init="--object-format=sha256")

    assert len(read(repository.as_uri()).commit) == 64


def test_many_processes_share_a_cache(tmp_path: Path, make_repository: Make, git: Git, commit_files: Commit) -> None:
    """Processes that start at once on an empty cache all read the right commits from one mirror."""
    repository = make_repository({f"{number}.yaml": str(number) for number in range(50)})
    git(repository, "branch", "old")
    commit_files(repository, {"new.yaml": ""})
    arguments = [sys.executable, "-c", READ_IN_A_PROCESS, repository.as_uri(), str(tmp_path / "cache")]

    readers = [
        subprocess.Popen(
            [*arguments, ref], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": ":".join(sys.path)}
        )
        for ref in ("main", "old", "main", "old")
    ]
    answers = [reader.communicate(timeout=60)[0].split() for reader in readers]

    new, old = git(repository, "rev-parse", "main", "old").split()
    assert answers == [[new, "51"], [old, "50"], [new, "51"], [old, "50"]]
    assert sorted(path.name for path in (mirror_of(tmp_path) / "refs/avi-sync").iterdir()) == sorted([new, old])


def half_made(mirror: Path) -> None:
    shutil.rmtree(mirror)
    (mirror / "objects").mkdir(parents=True)


def without_objects(mirror: Path) -> None:
    shutil.rmtree(mirror / "objects")
    (mirror / "objects").mkdir()


def with_cut_packs(mirror: Path) -> None:
    for file in (file for file in (mirror / "objects").rglob("*") if file.is_file()):
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def with_broken_configuration(mirror: Path) -> None:
    (mirror / "config").write_text("[core")


def with_a_forgotten_lock(mirror: Path) -> None:
    shutil.rmtree(mirror / "refs/avi-sync")
    (mirror / "shallow.lock").touch()


def with_an_empty_ref(mirror: Path) -> None:
    for ref in (mirror / "refs/avi-sync").iterdir():
        ref.write_text("")


@pytest.mark.parametrize(
    "damage",
    [half_made, without_objects, with_cut_packs, with_broken_configuration, with_a_forgotten_lock, with_an_empty_ref],
)
def test_damaged_mirror(damage: Callable[[Path], None], tmp_path: Path, make_repository: Make, read: Read) -> None:
    """A mirror that a killed process left in any state is rebuilt, without leftovers."""
    repository = make_repository()
    expected = read(repository.as_uri())
    damage(mirror_of(tmp_path))

    assert read(repository.as_uri()) == expected
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_leftovers_are_cleared(tmp_path: Path, make_repository: Make, read: Read) -> None:
    """What a process left that was killed while it built a mirror is removed by the next one."""
    repository = make_repository()
    (tmp_path / "cache" / f"{mirror_name(repository.as_uri())}.1-half" / "objects").mkdir(parents=True)

    read(repository.as_uri())

    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_an_old_mirror_is_built_again(tmp_path: Path, make_repository: Make, commit_files: Commit, read: Read) -> None:
    """A mirror does not grow without end."""
    repository = make_repository()
    read(repository.as_uri())
    for number in range(MOST_FETCHES):
        (mirror_of(tmp_path) / "refs/avi-sync" / f"{number:040}").touch()
    commit = commit_files(repository)

    assert read(repository.as_uri()).commit == commit
    assert [ref.name for ref in (mirror_of(tmp_path) / "refs/avi-sync").iterdir()] == [commit]


def test_cache_that_cannot_be_used(tmp_path: Path, make_repository: Make, read: Read) -> None:
    """A file in place of the cache folder is an error that names it."""
    (tmp_path / "cache").touch()

    with pytest.raises(SourceError, match="cache folder cannot be used") as caught:
        read(make_repository().as_uri())

    assert caught.value.where == str(tmp_path / "cache")


def test_another_run_holds_the_lock(tmp_path: Path, make_repository: Make, read: Read) -> None:
    """A fetch that waits for another one gives up after the timeout."""
    repository = make_repository()
    (tmp_path / "cache").mkdir()
    lock = tmp_path / "cache" / f"{mirror_name(repository.as_uri())}.lock"
    script = "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f,2); print('held',flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()

        with pytest.raises(UnreachableError, match="another run"):
            read(repository.as_uri(), timeout_seconds=0.5)

        holder.kill()


def test_a_server_that_does_not_answer(read: Read) -> None:
    """After the timeout Git and the helper that holds the connection are gone, and the error says what took so long."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(UnreachableError, match=r"ls-remote took longer than 0\.7 seconds") as caught:
            read(f"http://127.0.0.1:{listener.getsockname()[1]}/lb", timeout_seconds=0.7)

        connection, _ = listener.accept()
        connection.settimeout(5)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
        connection.close()

    assert received.startswith(b"GET /lb/info/refs")
    assert caught.value.where


def test_no_server(read: Read) -> None:
    """A port nobody listens on is unreachable, in Git's own words, on one line."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(UnreachableError, match="unable to access") as caught:
        read(f"http://127.0.0.1:{port}/lb")

    assert "\n" not in caught.value.message
    assert caught.value.where == f"http://127.0.0.1:{port}/lb"


def test_the_users_configuration_does_not_redirect(
    tmp_path: Path, make_repository: Make, git: Git, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """url.insteadOf in the user's configuration, the current folder's repository or GIT_CONFIG_… has no effect."""
    repository = make_repository()
    other = make_repository({"other.yaml": ""}, name="other")
    section = f'[url "{other.as_uri()}"]\n\tinsteadOf = {repository.as_uri()}\n'
    (tmp_path / ".gitconfig").write_text(section)
    git(other, "config", f"url.{other.as_uri()}.insteadOf", repository.as_uri())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'url.{other.as_uri()}.insteadOf={repository.as_uri()}'")
    monkeypatch.chdir(other)

    assert list(contents(read(repository.as_uri()))) == ["web.yaml"]


@pytest.mark.parametrize(
    ("address", "start"),
    [
        ("https://git.example.com/net/lb.git", "git.example.com-net-lb-"),
        ("git@git.example.com:net/lb.git", "git.example.com-net-lb-"),
        ("file:///", "root-"),
        ("https://git.example.com/" + "long/" * 100, "long-long"),
    ],
)
def test_mirror_name(address: str, start: str) -> None:
    """The name of a mirror can be read by people and used on any file system."""
    name = mirror_name(address)

    assert name.startswith(start) or start in name
    assert len(name) < 80


def test_mirror_names_differ() -> None:
    """Spellings of one repository share a mirror, different repositories do not."""
    assert mirror_name("https://host/a-b") != mirror_name("https://host/a/b")
    assert mirror_name("https://host/lb") != mirror_name("ssh://host/lb")
    assert mirror_name("https://Host:443/lb.git") == mirror_name("https://host/lb/")
