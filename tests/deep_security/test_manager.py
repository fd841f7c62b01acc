"""What the manager, and the way to it, can answer, and the sentence for each."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.deep_security import fakes
from tests.deep_security.conftest import Site
from tests.deep_security.fakes import PREFIX
from tools.deep_security import Manager, Refusal


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (302, "does not follow a redirect"),
        (400, "An old manager may lack the setting"),
        (401, "--key-header"),
        (403, "platformSettingPrimaryTenantAllowTenantConfigureSnsEnabled"),
        (404, "A manager before Deep Security 20"),
        (409, "in a minute"),
        (429, "Too many API requests"),
        (500, "Look at the manager"),
    ],
)
@pytest.mark.parametrize("command", ["show", "apply", "rotate"])
def test_each_status_has_a_sentence(site: Site, command: str, status: int, sentence: str) -> None:
    site.manager.answer = (status, {"Location": f"{site.manager.url}/elsewhere"}, json.dumps({"message": "because"}))
    run = site.run(command)
    assert run.code == 2 and sentence in run.errors and f"HTTP {status} because" in run.errors
    assert "Nothing was changed." in run.errors and len(site.manager.requests) == 1


@pytest.mark.parametrize(("status", "text"), [(403, "<html>"), (408, '{"message": ""}'), (200, "<html>"), (504, "")])
def test_an_answer_that_is_not_the_managers_refusal_deletes_nothing(applied: Site, status: int, text: str) -> None:
    applied.manager.answer, applied.manager.answered = (status, {}, text), "POST"
    run = applied.run("rotate", "--yes")
    assert applied.works() and len(applied.aws.keys) == 2, run.text
    assert status == 200 or (run.code == 2 and "may have taken" in run.errors)


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "[]", "{}"])
def test_an_answer_that_is_no_managers(site: Site, text: str) -> None:
    site.manager.answer = (200, {}, text)
    run = site.run("show")
    assert run.code == 2 and "Is a proxy in between?" in run.errors


def test_an_old_manager_without_the_setting(site: Site) -> None:
    del site.manager.settings[f"{PREFIX}AdvancedConfigEnabled"]
    assert "before Deep Security 20" in site.run("apply", "--yes").errors and not site.aws.keys


@pytest.mark.parametrize("header", ["api-secret-key", "authorization"])
def test_both_headers_of_the_api_key(site: Site, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    site.manager.header = header
    (site.folder / "netrc").write_text("machine localhost login somebody password else")
    monkeypatch.setenv("NETRC", str(site.folder / "netrc"))
    assert site.run("apply", "--yes", "--key-header", header).code == 0


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/"])
def test_addresses(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("DEEP_SECURITY_API_KEY", "key")
    address = "https://proxy.example.com/dsm"
    assert Manager(address + path, "api-secret-key", None).address == address


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://dsm.example.com:4119", "must be an https address"),
        ("dsm.example.com:4119", "must be an https address"),
        ("https://admin:pw@dsm.example.com", "must be an https address"),
        ("https://portal.xdr.trendmicro.com", r"workload\.REGION\.cloudone\.trendmicro\.com"),
        ("https://api.xdr.trendmicro.co.jp/", r"workload\.REGION\.cloudone\.trendmicro\.com"),
    ],
)
def test_addresses_are_refused_before_the_key_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.delenv("DEEP_SECURITY_API_KEY", raising=False)
    with pytest.raises(Refusal, match=said):
        Manager(address, "api-secret-key", None)


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "\N{EN DASH}"])
def test_an_api_key_that_no_header_can_carry(site: Site, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("DEEP_SECURITY_API_KEY", key)
    run = site.run("show")
    assert run.code == 2 and "DEEP_SECURITY_API_KEY" in run.errors and (not key or key not in run.text)


def test_the_api_key_is_asked_for_without_echo(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEP_SECURITY_API_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: site.manager.api_key)
    assert site.run("show").code == 1


def test_the_managers_words_hide_secrets_and_controls(site: Site) -> None:
    secret = "secret/00000001+" + "x" * 24
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in f"{site.manager.api_key} {secret} \x9b31m")
    site.manager.answer, site.manager.answered = (400, {}, f'{{"message": "{escaped}{"x" * 9999}"}}'), "POST"
    run = site.run("apply", "--yes")
    assert run.code == 2 and "\x9b" not in run.text and run.errors.count("(secret)") == 2
    assert site.manager.api_key not in run.text and secret not in run.text and len(run.errors) < 1000


# TLS


def certificate(folder: Path, alternative: str | None, days: int) -> Path:
    """Self-signed, with the common name localhost and perhaps an alternative one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=20)).not_valid_after(now + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(alternative)]), critical=False)
    plain = serialization.NoEncryption()
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "own.pem"
    signed = builder.sign(key, hashes.SHA256())
    path.write_bytes(key.private_bytes(pem, private, plain) + signed.public_bytes(pem))
    return path


@pytest.mark.parametrize(
    ("name", "days", "reason", "advice"),
    [
        ("dsm.example.com", 9, "Hostname mismatch", "subject alternative name"),
        (None, 9, "Hostname mismatch", "common name only"),
        ("localhost", -1, "certificate has expired", "Renew"),
    ],
)
def test_a_certificate_of_a_ca_that_was_given(
    site: Site, name: str | None, days: int, reason: str, advice: str
) -> None:
    path = certificate(site.folder, name, days)
    with fakes.running(path) as manager:
        run = site.run("show", "--manager", manager.url, "--ca-bundle", str(path))
        assert run.code == 2 and reason in run.errors and advice in run.errors and "Name the CA" not in run.errors
    assert not manager.requests


@pytest.mark.parametrize(
    ("bundle", "advice"),
    [("missing.pem", "in PEM"), ("configuration.json", "in PEM"), (certifi.where(), "Name the CA")],
)
def test_a_ca_that_does_not_help(site: Site, bundle: str, advice: str) -> None:
    run = site.run("show", "--ca-bundle", bundle)
    assert run.code == 2 and advice in run.errors and not site.manager.requests


def test_plain_http_on_that_port(site: Site) -> None:
    with fakes.running(None) as manager:
        run = site.run("show", "--manager", manager.url)
    assert run.code == 2 and "does not speak TLS" in run.errors and not manager.requests


def test_a_port_where_nobody_listens(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = site.run("show", "--manager", f"https://localhost:{port}")
    assert run.code == 2 and "Connection refused" in run.errors and "Check address, port" in run.errors


def test_the_environment_does_not_replace_the_ca(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    assert site.run("show").code == 1
