"""Ordinary days as others report them: nobody may be called for one of them.

Each is a whole day of forty hosts and names who reported it. `suppress` is what that team would set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.repository.streams import (
    AUTHORIZED_KEYS,
    HOSTS,
    RUN_KEY,
    Properties,
    alert,
    blocked_software,
    change,
    event,
    guesses,
    log,
    malware,
    scan,
    system,
)


class Day(NamedTuple):
    """What happened on the second day, and where such a day is reported."""

    source: str
    events: Iterable[Properties]
    suppress: Mapping[str, Sequence[str]] = {}
    host_tags: tuple[str, ...] = ()


def _internet() -> Iterator[Properties]:
    for number in range(30):
        for place, host in enumerate(HOSTS):
            yield event("PayloadLog", 25 + number / 2 + place / 200, host, SourceIP=f"203.0.113.{number}", Severity=4)


def _updates() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        for name in ("/usr/bin/curl", "/usr/sbin/sshd", "/etc/systemd/system/chrony.service", "/etc/cron.d/0hourly"):
            yield change(28 + place / 100, host, name, "/usr/bin/python3.9")
        link = "/etc/systemd/system/multi-user.target.wants/chrony.service"
        yield change(28 + place / 100, host, link, "/usr/bin/systemctl")
        yield change(29 + place / 100, host, "/etc/cron.d/0hourly", "N/A")
        yield change(29 + place / 100, host, "/usr/bin/curl", "N/A")


def _nightly_stop() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        yield system(44 + place / 100, host, 730, "Offline", level=3)
        yield system(31 + place / 100, host, 731, "Back Online")


def _patch_night() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        yield alert(26 + place / 100, host, "Anti-Malware Engine Offline", "Critical")
        yield alert(26.2 + place / 100, host, "Anti-Malware Engine Offline", "Critical", 192)
        yield blocked_software(26.1 + place / 100, host, "/tmp/installer.sh")


def _broadcasts() -> Iterator[Properties]:
    for number in range(20):
        for place, host in enumerate(HOSTS):
            port, source = (137, 138)[number % 2], f"10.0.0.{number + 1}"
            yield event("PacketLog", 25 + number + place / 500, host, SourceIP=source, DestinationPort=port, Action=1)


def _own_scanner() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        for port in (22, 135, 445, 3389):
            yield event("PayloadLog", 26 + place / 60, host, SourceIP="10.0.9.9", DestinationPort=port, Severity=4)
            yield event("PacketLog", 26 + place / 60, host, SourceIP="10.0.9.9", DestinationPort=port, Action=1)


def _autoscaling() -> Iterator[Properties]:
    for number in range(30):
        host, hour = f"scaled-{number}", 25 + number / 2
        yield system(hour, host, 250, "Computer Created")
        for key in (AUTHORIZED_KEYS, "/etc/sudoers.d/90-cloud-init-users"):
            yield change(hour + 0.1, host, key, "/usr/bin/python3.11")
        yield system(hour + 8, host, 730, "Offline", level=3)
        yield system(hour + 9, host, 251, "Computer Deleted")


def _desktops() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        key = RUN_KEY.replace("updater", "OneDrive")
        yield change(
            32 + place / 100, host, key, r"C:\Program Files\Microsoft OneDrive\OneDriveSetup.exe", "RegistryValue"
        )
        yield change(
            33 + place / 100, host, r"C:\Windows\System32\drivers\spool.sys", r"C:\Windows\System32\svchost.exe"
        )
        yield change(33 + place / 100, host, r"C:\Windows\System32\winevt\Logs\System.evtx", r"C:\Windows\explorer.exe")
        for _ in range(12):
            yield event("WebReputationEvent", 34 + place / 100, host, Risk=3 + place % 2)


def _configuration_management() -> Iterator[Properties]:
    for place, host in enumerate(HOSTS):
        for key in (
            AUTHORIZED_KEYS,
            "/etc/cron.d/report",
            "/etc/sudoers.d/admins",
            "/usr/local/bin/report",
            "/usr/bin/report",
        ):
            yield change(30 + place / 100, host, key, "/opt/puppetlabs/puppet/bin/ruby")


def _old_password() -> Iterator[Properties]:
    """A backup job with a password of last month, all night, on one host; the internet guesses at another."""
    for number in range(100):
        yield guesses(25 + number / 10, HOSTS[3], "10.0.4.4")
        yield guesses(25 + number / 10, HOSTS[0], f"203.0.113.{number}")
    yield log(34, HOSTS[0], "syslog,sshd,authentication_success", "192.0.2.77", OSSEC_Level=3, OSSEC_RuleID=5715)


def _mail_wave() -> Iterator[Properties]:
    for number in range(30):
        path = f"C:\\Users\\u{number}\\Downloads\\invoice-{number}.zip"
        yield malware(
            32 + number / 10,
            HOSTS[number],
            "Quarantined",
            (3, 0),
            MalwareName=f"Trojan.{number % 10}",
            InfectedFilePath=path,
        )
    for host in HOSTS:
        yield malware(35, host, "Deleted", (2, 0), MalwareName="PUA.Win32.Toolbar", InfectedFilePath="C:\\a.exe")
        yield malware(36, host, "Quarantined", (3, 0), MalwareName="Eicar_test_file", InfectedFilePath="/tmp/eicar.com")


def _administrator() -> Iterator[Properties]:
    """One of the team changes policies, as each week, and mistypes a password until the manager locks the account."""
    for number in range(20):
        yield system(33 + number / 10, "", 352, "Policy Updated") | {"ActionBy": "weekly-admin"}
    for number in range(5):
        yield system(33 + number / 100, "", 608, "User Session Validation Failed", level=2)
    yield system(33.1, "", 603, "User Locked Out", level=2) | {"TargetName": "weekly-admin", "TargetType": "User"}


DAYS = {
    "thirty scanners on the internet, each blocked on forty hosts": Day(
        "https://greynoise.io/blog/internet-background-noise", list(_internet())
    ),
    "one blocked request on each host behind a load balancer": Day(
        "https://origin-docs.paloaltonetworks.com/content/techdocs/en_US/cloud-ngfw/aws/"
        "cloud-ngfw-on-aws/rules-and-rulestacks/x-forwarded-for.html",
        [event("PayloadLog", 34, host, SourceIP="10.0.0.50", DestinationPort=80, Severity=4) for host in HOSTS[:6]],
    ),
    "updates, with dnf as a Python program": Day(
        "https://github.com/ossec/ossec-hids/issues/677, https://github.com/wazuh/wazuh/issues/7504", list(_updates())
    ),
    "hosts stopped at night": Day(
        "https://help.deepsecurity.trendmicro.com/12_0/on-premise/computer-status-offline.html", list(_nightly_stop())
    ),
    "patch night with reboots": Day(
        "https://success.trendmicro.com/ja-JP/solution/KA-0012132", list(_patch_night()),
        {"host_tags": ["maintenance:true"]}, ("maintenance:true",),
    ),
    "Windows hosts that broadcast": Day(
        "https://www.localhost.me.uk/support/web/ports/137/index.html", list(_broadcasts())
    ),
    "weekly scan of one's own": Day(
        "https://www.alibabacloud.com/help/en/cloud-firewall/cloudfirewall/user-guide/faq-about-attack-prevention",
        list(_own_scanner()), {"scanners": ["10.0.9.9"]},
    ),
    "autoscaling": Day("https://github.com/canonical/cloud-init/issues/3206", list(_autoscaling())),
    "desktops": Day(
        "https://github.com/elastic/detection-rules/pull/2766, https://github.com/elastic/detection-rules/pull/1932",
        list(_desktops()),
    ),
    "configuration management": Day(
        "https://github.com/freedomofpress/securedrop/issues/1712", list(_configuration_management()),
        {"processes": ["/opt/puppetlabs/*"]},
    ),
    "an old password, and the internet guesses": Day("https://docslib.org/doc/7746800/detecting-distributed-brute-force-attack-on-a-single-target",
        list(_old_password())),
    "malware by mail, unwanted programs, a test file": Day(
        "https://www.f-secure.com/sw-desc/eicar", list(_mail_wave())
    ),
    "an administrator at work": Day(
        "https://preview.stighub.com/check/094582db-0107-4677-a850-d983c8fc7eb2", list(_administrator())
    ),
    "a scan from outside": Day(
        "https://help.deepsecurity.trendmicro.com/12_0/on-premise/Events-Alerts/events.html",
        [scan(34 + place / 60, host) for place, host in enumerate(HOSTS)],
    ),
}  # fmt: skip
