"""What the settings API can answer, and the sentence for each."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import certifi
import pytest

from tests.deep_security.conftest import TOPIC, Site
from tests.deep_security.fake_manager import PREFIX, defaults
from tools.deep_security import api
from tools.deep_security.texts import Refusal


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "An old manager may lack the setting"),
        (401, "does not accept the API key in the header api-secret-key"),
        (403, "platformSettingPrimaryTenantAllowTenantConfigureSnsEnabled"),
        (404, "A manager before Deep Security 20"),
        (409, "Wait a minute"),
        (429, "too many API requests"),
        (500, "Look at the manager"),
    ],
)
@pytest.mark.parametrize("command", ["show", "apply", "rotate"])
def test_each_status_has_a_sentence(site: Site, command: str, status: int, sentence: str) -> None:
    site.manager.answer = (status, {}, json.dumps({"message": "because"}))
    run = site.run(command)
    assert run.code == 2 and sentence in run.errors and "because" in run.errors and f"HTTP {status}" in run.errors
    assert "Nothing was changed." in run.errors and "Traceback" not in run.errors


@pytest.mark.parametrize("header", ["api-secret-key", "authorization"])
def test_both_headers_of_the_api_key(site: Site, header: str) -> None:
    site.manager.header = header
    assert site.run("apply", "--yes", "--key-header", header).code == 0


def test_a_wrong_header_is_refused_with_advice(site: Site) -> None:
    site.manager.header = "authorization"
    run = site.run("show")
    assert run.code == 2 and "HTTP 401" in run.errors and "--key-header" in run.errors


@pytest.mark.parametrize(
    ("address", "key", "header"),
    [
        ("https://dsm.example.com:4119", "2:vJC6lckDygB6FYURIvR0", "api-secret-key"),
        ("https://workload.us-1.cloudone.trendmicro.com", "tmc12example:key", "authorization"),
        ("https://workload.us-1.cloudone.trendmicro.com", "2:vJC6lckDygB6FYURIvR0", "api-secret-key"),
        ("https://dsm.example.com:4119", "tmc12example:key", "api-secret-key"),
        ("https://cloudone.trendmicro.com.example.com", "tmc12example:key", "api-secret-key"),
    ],
)
def test_the_header_follows_from_address_and_key(address: str, key: str, header: str) -> None:
    assert api.SettingsApi(address, key).key_header == header


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://dsm.example.com:4119", "https://dsm.example.com:4119"),
        ("https://dsm.example.com:4119/", "https://dsm.example.com:4119"),
        ("https://dsm.example.com:4119/api/", "https://dsm.example.com:4119"),
        ("https://proxy.example.com/dsm/api", "https://proxy.example.com/dsm"),
        ("https://workload.de-1.cloudone.trendmicro.com", "https://workload.de-1.cloudone.trendmicro.com"),
    ],
)
def test_addresses(given: str, address: str) -> None:
    assert api.base_address(given) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://dsm.example.com:4119",
        "dsm.example.com:4119",
        "https://",
        "https://admin:pw@dsm.example.com",
        "https://a:b:c",
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(Refusal, match="must be an https address"):
        api.base_address(address)


@pytest.mark.parametrize("host", ["portal.xdr.trendmicro.com", "api.eu.xdr.trendmicro.com", "api.xdr.trendmicro.co.jp"])
def test_vision_ones_own_address_leads_to_the_right_one(host: str) -> None:
    with pytest.raises(Refusal, match=r"workload\.REGION\.cloudone\.trendmicro\.com"):
        api.base_address(f"https://{host}/")


def test_a_tenant_that_may_not_configure_sns_keeps_no_key(site: Site) -> None:
    def forbid(method: str) -> bool:
        site.manager.tenant_may_configure = method != "POST"
        return True

    site.manager.before = forbid
    run = site.run("apply", "--yes")
    assert run.code == 2 and "primary tenant" in run.errors and "is deleted again" in run.errors
    assert not site.keys()


@pytest.mark.parametrize("status", [408, 500, 504])
@pytest.mark.parametrize("took", [True, False])
def test_an_error_does_not_say_whether_the_change_was_made(site: Site, status: int, took: bool) -> None:
    def fail(method: str) -> bool:
        site.manager.answer = (status, {}, "") if method == "POST" else None
        if method == "POST" and not took:
            site.manager.settings = defaults()
        return True

    site.manager.after = fail
    run = site.run("apply", "--yes")
    used = site.manager.setting("AccessKey")
    assert run.code == 2 and ("has the new key" if took else "is deleted again") in run.errors
    assert site.keys() == ({used: "Active"} if took else {})


def test_an_old_manager_without_the_setting(site: Site) -> None:
    del site.manager.settings[f"{PREFIX}AdvancedConfigEnabled"]
    run = site.run("apply", "--yes")
    assert run.code == 2 and "before Deep Security 20" in run.errors and not site.keys()


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "[]", "{}"])
def test_an_answer_that_is_no_managers(site: Site, text: str) -> None:
    site.manager.answer = (200, {}, text)
    run = site.run("show")
    assert run.code == 2 and "Is a proxy in between?" in run.errors


def test_a_redirect_does_not_get_the_key(site: Site) -> None:
    seen = []

    def note(method: str) -> bool:
        seen.append(method)
        return True

    site.manager.before = note
    site.manager.answer = (302, {"Location": f"{site.manager.url}/api/elsewhere"}, "")
    run = site.run("show")
    assert run.code == 2 and "redirects to localhost" in run.errors
    assert seen == ["GET"]


@pytest.mark.parametrize("bundle", [(), ("--ca-bundle", "missing.pem"), ("--ca-bundle", "configuration.json")])
def test_a_certificate_that_nobody_vouches_for_is_refused(site: Site, bundle: tuple[str, ...]) -> None:
    run = site.run("show", "--topic-arn", TOPIC, "--manager", site.manager.url, *bundle, wanted=False, trusted=False)
    assert run.code == 2 and "--ca-bundle" in run.errors
    assert not site.manager.requests


def test_insecure_says_so_and_goes_on(site: Site) -> None:
    run = site.run(
        "show", "--topic-arn", TOPIC, "--manager", site.manager.url, "--insecure", wanted=False, trusted=False
    )
    assert run.code == 1 and "not verified" in run.errors


def test_the_environment_does_not_replace_the_ca(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    assert site.run("show").code == 1


def test_a_netrc_does_not_replace_the_key(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.folder / "netrc").write_text("machine localhost login somebody password else")
    monkeypatch.setenv("NETRC", str(site.folder / "netrc"))
    site.manager.header = "authorization"
    assert site.run("show", "--key-header", "authorization").code == 1


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "\N{EN DASH}"])
def test_an_api_key_that_no_header_can_carry_is_not_repeated(
    site: Site, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("DEEP_SECURITY_API_KEY", key)
    run = site.run("show")
    assert run.code == 2 and "Copy it again" in run.errors and key not in run.text


@pytest.mark.parametrize("wrapped", ["{}", '{{"message": "{}"}}'])
def test_the_managers_words_hide_secrets_and_controls(site: Site, wrapped: str) -> None:
    def echo(method: str) -> bool:
        if method == "POST":
            escaped = [
                "".join(f"\\u{ord(character):04x}" if character in "/=+" else character for character in secret)
                if "message" in wrapped
                else secret
                for secret in (site.manager.setting("SecretKey"), site.manager.api_key)
            ]
            site.manager.answer = (400, {}, wrapped.format(" ".join(escaped) + " {header} \x9b31m " + "x" * 9999))
        return True

    site.manager.after = echo
    run = site.run("apply", "--yes")
    assert run.code == 2 and "\x9b" not in run.text and len(run.errors) < 1000
    assert site.manager.api_key not in run.text and site.manager.setting("SecretKey") not in run.text
    assert run.errors.count("(secret)") == 2


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://{0.__class__}.example.com/", "redirects to {0.__class__}.example.com"),
        ("https://example.com/\u00fc", "No usable answer"),
        ("https://[", "No usable answer"),
    ],
)
def test_a_hostile_redirect(site: Site, location: str, said: str) -> None:
    site.manager.answer = (302, {"Location": location}, "")
    run = site.run("apply", "--yes")
    assert run.code == 2 and said in run.errors and "Nothing was changed." in run.errors


def test_a_port_where_nobody_listens(site: Site) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    run = site.run("show", "--manager", f"https://localhost:{port}")
    assert run.code == 2 and "No usable answer from" in run.errors and "Check address, port" in run.errors


def test_a_manager_that_does_not_answer_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "TIMEOUT", (1, 0.1))
    release = threading.Event()
    site.manager.before = lambda _: release.wait(5)
    run = site.run("show")
    release.set()
    assert run.code == 2 and "ReadTimeout" in run.errors
