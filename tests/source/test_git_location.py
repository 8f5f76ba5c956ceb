"""What may be given as a source, and when two sources are the same."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.errors import ExitCode, SourceError
from sync.source.git.location import Transport, normalised_location, parse_location


def is_allowed(text: str) -> bool:
    try:
        parse_location(text)
    except SourceError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("examples/repo", Transport.FOLDER, id="relative folder"),
        pytest.param("/srv/lb", Transport.FOLDER, id="absolute folder"),
        pytest.param("./git@host:lb", Transport.FOLDER, id="a colon after a slash is no host"),
        pytest.param("file:///srv/lb.git", Transport.FILE, id="file URL"),
        pytest.param("https://git.example.com/net/lb.git", Transport.HTTPS, id="https"),
        pytest.param("HTTPS://git.example.com/net/lb.git", Transport.HTTPS, id="upper-case scheme"),
        pytest.param("http://127.0.0.1:8080/lb", Transport.HTTP, id="plain http to loopback"),
        pytest.param("http://[::1]/lb", Transport.HTTP, id="plain http to IPv6 loopback"),
        pytest.param("ssh://git@git.example.com:2222/net/lb.git", Transport.SSH, id="ssh URL"),
        pytest.param("git@git.example.com:net/lb.git", Transport.SSH, id="scp form"),
        pytest.param("git.example.com:net/lb.git", Transport.SSH, id="scp form without user"),
        pytest.param("git@[::1]:net/lb.git", Transport.SSH, id="scp form with IPv6"),
    ],
)
def test_allowed(text: str, expected: Transport) -> None:
    """Folders and the four safe kinds of URL are told apart as Git does."""
    location = parse_location(text)

    assert expected == location.transport


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "no source", id="nothing"),
        pytest.param("ext::sh -c 'touch /tmp/owned'", "remote helpers", id="ext helper"),
        pytest.param("fd::17", "remote helpers", id="fd helper"),
        pytest.param("ext::https://x/y", "remote helpers", id="helper around a URL"),
        pytest.param("git://git.example.com/lb", "git:// is not allowed", id="git protocol"),
        pytest.param("ftp://git.example.com/lb", "ftp:// is not allowed", id="ftp"),
        pytest.param("git+ssh://git.example.com/lb", "not allowed", id="alias of ssh"),
        pytest.param("http://git.example.com/lb", "loopback", id="plain http"),
        pytest.param("http://127.0.0.1.example.com/lb", "loopback", id="looks like loopback"),
        pytest.param("--upload-pack=touch /tmp/owned", "dash", id="option"),
        pytest.param("ssh://-oProxyCommand=touch/lb", "valid host", id="option as host"),
        pytest.param("ssh://%2doProxyCommand=touch/lb", "valid host", id="encoded option as host"),
        pytest.param("ssh://-l@host/lb", "valid user", id="option as user"),
        pytest.param("-oProxyCommand=x:lb", "dash", id="option as scp host"),
        pytest.param("git@-oProxyCommand=x:lb", "valid host", id="option as scp host after a user"),
        pytest.param("git@host:-oProxyCommand", "dash", id="option as scp path"),
        pytest.param("ssh://host/", "names no repository", id="ssh without path"),
        pytest.param("https:///lb", "valid host", id="no host"),
        pytest.param("https://host:99999/lb", "valid URL", id="port out of range"),
        pytest.param("https://host:0/lb", "valid URL", id="port zero"),
        pytest.param("https://[::1/lb", "valid URL", id="broken IPv6"),
        pytest.param("file://host/share", "no host", id="file with a host"),
        pytest.param("https://host/lb\nevil", "line break", id="line break"),
        pytest.param("https://host/lb%0aevil", "line break", id="encoded line break"),
        pytest.param("/srv/lb\x1b[2J", "control character", id="control character in a folder"),
    ],
)
def test_refused(text: str, message: str) -> None:
    """Whatever could run a command, smuggle an option or talk in the clear is refused with exit 3 and a fix."""
    with pytest.raises(SourceError, match=message) as caught:
        parse_location(text)

    assert caught.value.exit_code == ExitCode.SOURCE_INVALID
    assert caught.value.fix
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:s3cr3t@git.example.com/lb",
        "https://s3cr3t@git.example.com/lb",
        "http://user:s3cr3t@127.0.0.1/lb",
        "https://user:x/s3cr3t@git.example.com/lb",
        "https://user:x@s3cr3t@git.example.com/lb",
        "git://user:s3cr3t@git.example.com/lb",
        "ssh://git:s3cr3t@git.example.com/lb",
        "https://git.example.com/lb?access_token=s3cr3t",
        "https://git.example.com/lb#s3cr3t",
        "file://user:s3cr3t@localhost/lb",
        "user:s3cr3t@git.example.com:lb",
        "https://user:s3cr3t@git.example.com:99999/lb",
    ],
)
def test_credentials_are_refused_and_not_repeated(text: str) -> None:
    """A URL with a login is refused without printing it, and its normal form holds none either."""
    with pytest.raises(SourceError) as caught:
        parse_location(text)

    assert "s3cr3t" not in f"{caught.value} {caught.value.__cause__} {normalised_location(text)}"


def test_refused_login_says_where_the_token_goes() -> None:
    """Somebody with a token in the URL learns where to put it instead."""
    with pytest.raises(SourceError) as caught:
        parse_location("https://user:s3cr3t@git.example.com/lb")

    assert "environment" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://Git.Example.com:443/Net/lb.git/", "https://git.example.com/Net/lb", id="https"),
        pytest.param("https://git.example.com:8443/net/lb", "https://git.example.com:8443/net/lb", id="other port"),
        pytest.param("git@Git.Example.com:net/lb.git", "ssh://git@git.example.com/net/lb", id="scp form"),
        pytest.param("ssh://git@git.example.com:22/net/lb", "ssh://git@git.example.com/net/lb", id="ssh"),
        pytest.param("git@[::1]:lb", "ssh://git@[::1]/lb", id="scp form with IPv6"),
        pytest.param("file://localhost/srv/lb.git", "file:///srv/lb", id="file"),
        pytest.param("/srv//lb/.git", "file:///srv/lb", id="absolute folder"),
        pytest.param("lb/", "./lb", id="relative folder"),
        pytest.param("./host:lb", "./host:lb", id="a relative folder that looks like a host"),
        pytest.param("/srv/my%20lb", "file:///srv/my%2520lb", id="a percent sign in a folder"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_normalised_location(text: str, expected: str) -> None:
    """All spellings of one source have one normal form."""
    assert expected == normalised_location(text)


@given(
    st.text(max_size=40) | st.from_regex(r"(ssh|https|file)://[a-zA-Z@:.\[\]0-9]{0,12}/[a-z./]{0,12}", fullmatch=True)
)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """The normal form of a normal form is itself."""
    assume(is_allowed(text))

    once = normalised_location(text)

    assert once == normalised_location(once)


@given(st.text(max_size=40))
def test_any_text_is_a_location_or_a_source_error(text: str) -> None:
    """No text makes the parser fail in another way than with a SourceError."""
    assert is_allowed(text) in (True, False)
