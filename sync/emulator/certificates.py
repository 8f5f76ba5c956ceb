"""What a Controller reads out of a certificate that it is given.

Which fields there are is documented (swagger 30.2.1, SSLCertificate); how their texts are written is inferred.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from sync.emulator.context import Context
from sync.emulator.errors import Refusal
from sync.emulator.schema import Body

NAME_PARTS: Mapping[str, x509.ObjectIdentifier] = {
    "common_name": NameOID.COMMON_NAME,
    "country": NameOID.COUNTRY_NAME,
    "email_address": NameOID.EMAIL_ADDRESS,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organization_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "state": NameOID.STATE_OR_PROVINCE_NAME,
}
TIME = "%Y-%m-%d %H:%M:%S"
LONGEST_DAYS = 3650  # of days_until_expire, which is at least 1 (swagger 30.2.1)
WARNING_DAYS = 30  # ControllerProperties.ssl_certificate_expiry_warning_days begins there
RSA_SIZES = frozenset({1024, 2048, 3072, 4096})
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def complete_certificate(context: Context) -> None:
    """Fill in what stands in the certificate of an SSLKeyAndCertificate, or refuse one that is none."""
    part = context.draft.get("certificate", {})
    text = part.get("certificate")
    if not text:
        return
    try:
        encoded = base64.b64decode(text, validate=True) if context.draft.get("certificate_base64") else text.encode()
        certificate = x509.load_pem_x509_certificate(encoded)
        part |= facts_of(certificate, datetime.now(UTC))
    except (ValueError, binascii.Error, x509.DuplicateExtension) as error:
        raise Refusal.BAD_CERTIFICATE.error(name=context.draft["name"]) from error


def facts_of(certificate: x509.Certificate, now: datetime) -> Body:
    """The fields of an SSLCertificate that describe its content."""
    days = (certificate.not_valid_after_utc - now).days
    fingerprint = certificate.fingerprint(SHA1()).hex(":").upper()  # noqa: S303 -- a name for it, nothing is signed
    facts: Body = {
        "version": str(certificate.version.value + 1),
        "serial_number": str(certificate.serial_number),
        "self_signed": certificate.issuer == certificate.subject,
        "issuer": _name(certificate.issuer),
        "subject": _name(certificate.subject),
        "not_before": certificate.not_valid_before_utc.strftime(TIME),
        "not_after": certificate.not_valid_after_utc.strftime(TIME),
        "fingerprint": f"SHA1 Fingerprint={fingerprint}",
        "public_key": certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "days_until_expire": min(max(days, 1), LONGEST_DAYS),
        "expiry_status": _expiry(days),
        **_key(certificate),
    }
    names = _alternative_names(certificate)
    return {**facts, "subject_alt_names": names} if names else facts


def _name(name: x509.Name) -> Body:
    parts = {field: name.get_attributes_for_oid(oid) for field, oid in NAME_PARTS.items()}
    shown = {field: str(found[0].value) for field, found in parts.items() if found}
    return {**shown, "distinguished_name": name.rfc4514_string()}


def _expiry(days: int) -> str:
    if days < 0:
        return "SSL_CERTIFICATE_EXPIRED"
    return "SSL_CERTIFICATE_EXPIRY_WARNING" if days <= WARNING_DAYS else "SSL_CERTIFICATE_GOOD"


def _key(certificate: x509.Certificate) -> Body:
    """Kind and size of the key, and the algorithm of the signature."""
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    params: Any = None
    if isinstance(key, RSAPublicKey):
        size = {"key_size": f"SSL_KEY_{key.key_size}_BITS"} if key.key_size in RSA_SIZES else {}
        rsa = {**size, "exponent": key.public_numbers().e}
        params = {"algorithm": "SSL_KEY_ALGORITHM_RSA", "rsa_params": rsa}
    elif isinstance(key, EllipticCurvePublicKey) and key.curve.name in CURVES:
        curve = {"curve": f"SSL_KEY_EC_CURVE_{key.curve.name.upper()}"}
        params = {"algorithm": "SSL_KEY_ALGORITHM_EC", "ec_params": curve}
    shown = {} if digest is None else {"signature_algorithm": digest.name}
    return {**shown, "key_params": params} if params else shown


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
