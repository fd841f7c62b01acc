"""The interpreter of searches, by the examples of Datadog's page."""

import pytest

from tests.repository.datadog_search import Document, parse

LOG = Document.of_log({
    "ddsource": "trend-micro-deep-security",
    "service": "deep-security",
    "status": "error",
    "ddtags": "module:firewall,action:deny,cve:cve-1,cve:cve-2,entity:/etc/cron.d/a",
    "timestamp": 1_000,
    "network": {"client": {"ip": "10.0.0.1"}},
    "deep_security": {"Path": r"C:\Temp\a b", "Number": 190, "Blocked": True, "Names": ["a", "b"]},
})  # fmt: skip


@pytest.mark.parametrize(
    "search",
    [
        "module:firewall", "module:firewall action:deny", "module:system OR action:deny",
        "module:system action:log_only OR action:deny", "module:firewall AND -action:log_only", "NOT action:log_only",
        "-(module:system OR module:integrity_monitoring)", "action:(log_only OR deny)", "cve:cve-2 cve:cve-1",
        "entity:/etc/cron*", "entity:*cron.?/a", "source:trend-micro-deep-security status:error",
        "@network.client.ip:10.*", "@network.client.ip:*", "@deep_security.Number:190",
        r"@deep_security.Path:C\:\\Temp*", "@deep_security.Path:C?*Temp?a?b", "$module module:firewall",
        r"tags:action\:deny", "@deep_security.Blocked:true @deep_security.Names:b @deep_security.Names:a",
    ],
)  # fmt: skip
def test_found(search: str) -> None:
    assert parse(search).matches(LOG)


@pytest.mark.parametrize(
    "search",
    [
        "module:fire", "module:firewall -action:deny", "module:firewall (action:log_only OR module:system)",
        "action:(log_only OR reset)", "@deep_security.Path:c*", "@usr.name:*", "entity:cron",
    ],
)  # fmt: skip
def test_not_found(search: str) -> None:
    assert not parse(search).matches(LOG)


@pytest.mark.parametrize(
    "search",
    [
        "module:", "word", "module:a)", '"module:a', "(module:a", "module:a OR", "-", "", "module:(a AND b)",
        "module:(a b)",
        "module:a:b", "*:word", '"a phrase"', 'module:"a phrase"', "hello*", "@http.status_code:[400 TO 499]",
        "@http.response_time:>100", "@a:<=1", "_exists_:a", "_missing_:a", "CIDR(@network.client.ip,10.0.0.0/8)",
        "NOT", "module:{a}", "module:a^2", "module:a~", "module:!a", "module:a&&b", "module:a module", "+module:a",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(search: str) -> None:
    """Forms that Datadog's page has, and mistakes."""
    with pytest.raises(ValueError, match=r"not understood|too many"):
        parse(search)
