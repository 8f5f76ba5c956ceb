"""What TLS connections to an API server demand, and the certificate that we show there."""

import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

from sync.cluster.place import ClusterAddress
from sync.errors import UsageError


class _Context(ssl.SSLContext):
    """Asks for the certificate of `tls_server_name` instead of that of the host, also behind a proxy.

    httpx hands a name on for direct connections only (httpcore 1.0: the `sni_hostname` of a request is not used for
    the connection inside of a tunnel).
    """

    tls_server_name = ""

    def wrap_bio(self, *arguments, **options):  # type: ignore[no-untyped-def]
        """A connection in memory."""
        return super().wrap_bio(*arguments, **self._named(options))

    def wrap_socket(self, *arguments, **options):  # type: ignore[no-untyped-def]
        """A connection over a socket."""
        return super().wrap_socket(*arguments, **self._named(options))

    def _named(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "server_hostname": self.tls_server_name} if self.tls_server_name else options


def ssl_context(address: ClusterAddress, certificate: bytes = b"", key: bytes = b"") -> ssl.SSLContext:
    """The context for one cluster and one login. Raises UsageError for certificates that cannot be used.

    Only the authority of the cluster is trusted, where it has one: `SSL_CERT_FILE` cannot widen that.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.tls_server_name = address.tls_server_name
    # From Python 3.13 on, `create_default_context` is strict about extensions that authorities of clusters often lack;
    # this constructor is not, and stays so.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        if address.authority:
            context.load_verify_locations(cadata=address.authority.decode("ascii", "replace"))
        else:
            context.load_default_certs()
    except ssl.SSLError:
        raise UsageError(
            "the certificate authority of the cluster is no PEM certificate", where=address.server
        ) from None
    if certificate:
        _load(context, certificate, key, address.server)
    return context


def _load(context: ssl.SSLContext, certificate: bytes, key: bytes, where: str) -> None:
    """OpenSSL reads the pair from a file only: one without a name, where there is such a thing."""
    with (
        tempfile.TemporaryFile()
        if not hasattr(os, "memfd_create")
        else os.fdopen(os.memfd_create("login"), "w+b") as file
    ):
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        try:
            context.load_cert_chain(Path(f"/dev/fd/{file.fileno()}"), password=_no_password)
        except (ssl.SSLError, OSError, ValueError):
            raise UsageError(
                "client certificate and key cannot be used: not PEM, not a pair, or the key has a password",
                where=where,
            ) from None


def _no_password() -> str:
    """Keeps OpenSSL from asking at the terminal."""
    raise ValueError("the key has a password")
