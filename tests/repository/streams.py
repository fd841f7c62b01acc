"""Streams of Deep Security events: ordinary days, attacks, and what looks like one of them and is none.

A day counts from 0 to 24 hours; times are hours since the first midnight.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from tests.golden import events_of_samples
from tests.support import sample

MIDNIGHT = datetime(2024, 5, 14, tzinfo=UTC)
HOSTS = [f"web-{number}" for number in range(1, 41)]

Properties: TypeAlias = dict[str, Any]
Stream: TypeAlias = Iterator[Properties]


def at(hours: float) -> str:
    """A time as Deep Security writes it."""
    time = MIDNIGHT + timedelta(hours=hours)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(kind: str, hours: float, host: str, **properties: object) -> Properties:
    """The sample of a type, on another computer that no cloud knows."""
    template = {name: value for name, value in sample(kind)[0].items() if not name.startswith("HostInstance")}
    return {**template, "Hostname": host, "LogDate": at(hours), **properties}


def malware(hours: float, host: str, result: str, actions: tuple[int, int], **properties: object) -> Properties:
    first, outcome = actions
    steps = {"ScanAction1": first, "ScanResultAction1": outcome, "ScanAction2": 0, "ScanResultAction2": 0}
    return event("AntiMalwareEvent", hours, host, ScanResultString=result, **steps, **properties)


def log(hours: float, host: str, groups: str, source: str, **properties: object) -> Properties:
    return event("LogInspectionEvent", hours, host, OSSEC_Groups=groups, OSSEC_SourceIP=source, **properties)


def guesses(hours: float, host: str, source: str) -> Properties:
    return log(hours, host, "syslog,sshd,authentication_failures", source)


def logon(hours: float, host: str, source: str) -> Properties:
    text = {"OSSEC_Description": "SSHD authentication success.", "OSSEC_RuleID": 5715, "OSSEC_Level": 3}
    return log(hours, host, "syslog,sshd,authentication_success", source, **text, SeverityString="Low", Rank=1)


def change(hours: float, host: str, key: str, process: str, kind: str = "File") -> Properties:
    return event("IntegrityEvent", hours, host, Key=key, Process=process, EntityType=kind)


def system(hours: float, host: str, number: int, title: str, *, level: int = 1, text: str = "") -> Properties:
    target = {"TargetType": "Host", "TargetName": host} if host else {"TargetType": "System", "TargetName": ""}
    words = {1: "Info", 2: "Warning", 3: "Error"}
    own = {"Number": number, "Title": title, "Severity": level, "SeverityString": words[level], **target}
    return {**sample("SystemEvent")[0], **own, "Description": text, "LogDate": at(hours)}


def alert(hours: float, host: str, name: str, severity: str, number: int = 190) -> Properties:
    title = {190: "Alert Started", 192: "Alert Ended"}[number]
    return system(hours, host, number, title, text=f"Alert: {name}\\nSubject: {host}\\nSeverity: {severity}")


def scan(hours: float, host: str) -> Properties:
    return system(hours, host, 851, "Reconnaissance Detected: Network or Port Scan", level=2)


# Samples that are no part of an ordinary day, with the rule that has to fire on them.
INCIDENTS = {"reported.1.md": "protection-off", "reported.16.md": "malware-not-removed"}


def ordinary_day(day: int) -> Stream:
    """Every sample once, and the noise of forty computers."""
    start, chance = 24.0 * day, random.Random(day)
    samples = [properties for name, properties in events_of_samples() if name not in INCIDENTS]
    for place, properties in enumerate(samples):
        yield {**properties, "LogDate": at(start + 0.25 + 23 * place / len(samples))}
    for each in (_network, _logons, _updates, _administration):
        yield from each(start, chance)


def _network(start: float, chance: random.Random) -> Stream:
    for number in range(300):
        source = f"198.51.100.{number % 150}"
        yield event("PacketLog", start + chance.uniform(0, 24), chance.choice(HOSTS), SourceIP=source, Action=1)
    # A search engine for open ports visits everybody; a monitor inside does not know that three hosts changed.
    for place, host in enumerate(HOSTS):
        yield event("PacketLog", start + 3 + place / 100, host, SourceIP="203.0.113.200", Action=1)
    for hour in range(24):
        yield event("PacketLog", start + hour, HOSTS[hour % 3], SourceIP="10.0.0.5", Action=1)
    for number in range(40):
        source, host = f"203.0.113.{number % 10}", HOSTS[number % 3]
        yield event("PayloadLog", start + chance.uniform(0, 24), host, SourceIP=source)
    for number, risk in enumerate((2, 3, 4)):
        yield event("WebReputationEvent", start + 9 + number, HOSTS[number], Risk=risk)


def _logons(start: float, chance: random.Random) -> Stream:
    for _ in range(20):
        failed = {"OSSEC_Description": "User authentication failure.", "OSSEC_RuleID": 5503, "OSSEC_Level": 5}
        host = chance.choice(HOSTS)
        yield log(start + chance.uniform(7, 19), host, "pam,syslog,authentication_failed", "192.0.2.77", **failed)
    for hour in range(8, 18):
        yield logon(start + hour, chance.choice(HOSTS), "192.0.2.77")
    # The internet guesses; somebody else logs on.
    yield guesses(start + 14, HOSTS[0], "203.0.113.66")
    yield logon(start + 14.1, HOSTS[0], "192.0.2.77")


def _updates(start: float, chance: random.Random) -> Stream:
    for number in range(60):
        process = ("/usr/bin/dnf", "N/A", "/usr/bin/dpkg")[number % 3]
        yield change(start + 4 + number / 100, chance.choice(HOSTS), f"/usr/bin/program-{number}", process)
    yield change(start + 4.7, HOSTS[5], "/etc/cron.daily/logrotate", "/usr/bin/dpkg")
    servicing = r"C:\Windows\servicing\TrustedInstaller.exe"
    yield change(start + 5, HOSTS[6], r"C:\Windows\System32\kernel32.dll", servicing)
    yield change(start + 14.3, HOSTS[0], "/usr/sbin/sshd", "N/A")
    yield change(start + 15, HOSTS[7], "/etc/ssh/sshd_config", "/usr/bin/vim")


def _administration(start: float, chance: random.Random) -> Stream:
    for hour in range(24):
        yield system(start + hour, "", 1909, "AWS Account Synchronization Finished")
    for number in range(10):
        yield system(start + 6 + number / 10, f"scaled-{number}", 250, "Computer Created")
        yield system(start + 20 + number / 10, f"scaled-{number}", 251, "Computer Deleted")
    yield alert(start + 8, chance.choice(HOSTS), "Reboot Required", "Warning")
    yield alert(start + 9, HOSTS[3], "Anti-Malware Engine Offline", "Critical", 192)
    yield malware(start + 11, HOSTS[1], "Quarantined", (3, 0))
    yield malware(start + 11.5, HOSTS[1], "Quarantäne", (3, 0))
    yield malware(start + 12, HOSTS[2], "Cleaned", (4, 0))
    # Their own scanner, which the rule for reconnaissance has learned on the first day.
    yield scan(start + 2, HOSTS[9])


def _sweep(kind: str, hosts: int, source: str, minutes: float, **properties: object) -> Stream:
    for place, host in enumerate(HOSTS[:hosts]):
        yield event(kind, 34 + place * minutes / 60, host, SourceIP=source, **properties)


def _calls(count: int, minutes: float) -> Stream:
    for number in range(count):
        yield event("WebReputationEvent", 34 + number * minutes / 60, "web-9", Risk=3 + number % 2)


AUTHORIZED_KEYS = "/home/deploy/.ssh/authorized_keys"
RUN_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\updater"

# What the rules of files name: each place has to set the rule off, each updater must not.
PLACES = {
    "autostart-changed": (
        AUTHORIZED_KEYS,
        RUN_KEY,
        "/etc/cron.d/a",
        "/etc/crontab",
        "/var/spool/cron/root",
        "/etc/systemd/system/a.service",
        "/etc/rc.local",
    ),
    "brute-force-then-change": (
        AUTHORIZED_KEYS,
        RUN_KEY,
        "/etc/cron.d/a",
        "/var/spool/cron/root",
        "/etc/systemd/system/a.service",
        "/etc/rc.local",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/sudoers.d/a",
    ),
    "system-binary-changed": (
        "/bin/ls",
        "/sbin/init",
        "/usr/bin/ls",
        "/usr/sbin/sshd",
        "/usr/local/bin/a",
        "/usr/local/sbin/a",
        r"C:\Windows\System32\a.dll",
    ),
}
UPDATERS = (
    "/usr/bin/apt-get", "/usr/bin/dpkg", "/usr/bin/dnf", "/usr/bin/rpm", "/usr/bin/yum", "/usr/bin/zypper",
    "/usr/bin/unattended-upgrade", "/usr/libexec/platform-python3.6", r"C:\Windows\servicing\TrustedInstaller.exe",
    r"C:\Windows\WinSxS\amd64\TiWorker.exe", r"C:\Windows\System32\msiexec.exe",
)  # fmt: skip


def every_action() -> Stream:
    """Actions that the other streams leave out."""
    for number in range(1, 5):
        yield event("IntegrityEvent", 34, "web-9", Change=number)
    for number in (1, 6, 129):
        yield event("PacketLog", 34, "web-9", Action=number)
    for number in (1, 6):
        yield event("PayloadLog", 34, "web-9", Action=number)


class Attack(NamedTuple):
    """What happens at ten on the second day, and the one signal that has to come of it."""

    rule: str
    status: str
    case: str
    events: Sequence[Properties]


def _malware(result: str, actions: tuple[int, int], status: str, case: str) -> Attack:
    return Attack("malware-not-removed", status, case, [malware(34, "web-9", result, actions)])


def _change(rule: str, status: str, case: str, key: str, *by: str) -> Attack:
    return Attack(rule, status, case, [change(34, "web-9", key, *(by or ["/usr/bin/bash"]))])


ATTACKS = {
    "malware passed": _malware("Passed", (1, 0), "critical", "Still active"),
    "malware, cleaning failed": _malware("Clean Failed", (4, -81), "critical", "Still active"),
    "malware, access denied": _malware("Access Denied", (5, 0), "high", "Stopped, file still there"),
    "malware, process terminated": _malware("Terminated", (0, 0), "high", "Stopped, file still there"),
    "sweep that is blocked": Attack(
        "one-source-many-hosts", "high", "Blocked", list(_sweep("PayloadLog", 5, "203.0.113.9", 10))
    ),
    "sweep that is only detected": Attack(
        "one-source-many-hosts", "critical", "Not blocked",
        list(_sweep("PayloadLog", 5, "203.0.113.9", 10, Action=130, ActionString="Detect Only: Reset")),
    ),
    "sweep that is only logged": Attack(
        "one-source-many-hosts", "critical", "Not blocked",
        list(_sweep("PayloadLog", 5, "203.0.113.9", 10, Action=6, ActionString="Log Only")),
    ),
    "scan from inside, only detected": Attack(
        "one-source-many-hosts", "medium", "Denied, from inside",
        list(_sweep("PacketLog", 10, "192.168.7.7", 1, Action=129, ActionString="Detect Only: Deny")),
    ),
    "scan from inside": Attack(
        "one-source-many-hosts", "medium", "Denied, from inside",
        list(_sweep("PacketLog", 10, "10.0.7.7", 1, Action=1, ActionString="Deny")),
    ),
    "password found": Attack(
        "brute-force-then-logon", "critical", "",
        [guesses(34, "web-9", "203.0.113.66"), guesses(34.1, "web-9", "203.0.113.66"),
         logon(34.9, "web-9", "203.0.113.66")],
    ),
    "account after guesses": Attack(
        "brute-force-then-change", "high", "",
        [guesses(34, "web-9", "203.0.113.66"), change(35.5, "web-9", "/etc/passwd", "/usr/sbin/useradd")],
    ),
    "authorized key": _change("autostart-changed", "high", "SSH key or run key", AUTHORIZED_KEYS),
    "registry run key": _change("autostart-changed", "high", "SSH key or run key", RUN_KEY, "N/A", "RegistryValue"),
    "cron": _change("autostart-changed", "medium", "Cron or service", "/etc/cron.d/update", "N/A"),
    "systemd": _change("autostart-changed", "medium", "Cron or service", "/etc/systemd/system/update.service"),
    "replaced program": _change("system-binary-changed", "high", "", "/usr/sbin/sshd"),
    "replaced library": _change(
        "system-binary-changed", "high", "", r"C:\Windows\System32\version.dll", r"C:\Temp\a.exe"
    ),
    "engine offline": Attack(
        "protection-off", "high", "Protection off", [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")]
    ),
    "engine offline, no English title": Attack(
        "protection-off", "high", "Protection off",
        [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical") | {"Title": "アラートの開始"}],
    ),
    "engine offline, no number": Attack(
        "protection-off", "high", "Protection off",
        [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical") | {"Number": ""}],
    ),
    "engine offline, as an event": Attack(
        "protection-off", "high", "Protection off", [system(34, "web-9", 9000, "Firewall Engine Offline", level=3)]
    ),
    "other alert": Attack(
        "protection-off", "high", "Alert of the manager",
        [alert(34, "web-9", "Integrity Monitoring Rule Alert", "Critical")],
    ),
    "agent offline": Attack(
        "protection-off", "medium", "Agent offline", [system(34, "web-9", 730, "Offline", level=3)]
    ),
    "first scan of a host": Attack("reconnaissance", "low", "", [scan(34, "web-12"), scan(35, "web-12")]),
    "dangerous site reached": Attack(
        "callbacks", "high", "Not blocked", [event("WebReputationEvent", 34, "web-9", Risk=4, DetectOnly=True)]
    ),
    "malware calls home": Attack("callbacks", "medium", "Blocked, again and again", list(_calls(10, 5))),
}  # fmt: skip

# Just not enough, or the wrong way round: no rule may fire.
HARMLESS = {
    "four hosts": list(_sweep("PayloadLog", 4, "203.0.113.9", 10)),
    "four hosts, only detected": list(_sweep("PayloadLog", 4, "203.0.113.9", 10, Action=130)),
    "five hosts, too slowly": list(_sweep("PayloadLog", 5, "203.0.113.9", 16)),
    "nine hosts denied": list(_sweep("PacketLog", 9, "10.0.7.7", 1, Action=1, ActionString="Deny")),
    "many hosts denied, from outside": list(_sweep("PacketLog", 20, "203.0.113.9", 1, Action=1)),
    "logon before the guesses": [logon(33.9, "web-9", "203.0.113.66"), guesses(34, "web-9", "203.0.113.66")],
    "logon too late": [guesses(34, "web-9", "203.0.113.66"), logon(35.1, "web-9", "203.0.113.66")],
    "logon on another host": [guesses(34, "web-9", "203.0.113.66"), logon(34.1, "web-8", "203.0.113.66")],
    "change too late": [
        guesses(34, "web-9", "203.0.113.66"),
        change(36.1, "web-9", "/etc/passwd", "/usr/sbin/useradd"),
    ],
    "change on another host": [
        guesses(34, "web-9", "203.0.113.66"),
        change(34.1, "web-8", "/etc/passwd", "/usr/sbin/useradd"),
    ],
    "account without guesses": [change(34, "web-9", "/etc/passwd", "/usr/sbin/useradd")],
    "deleted cron job": [change(34, "web-9", "/etc/cron.d/update", "/usr/bin/rm") | {"Change": 3}],
    "alert ended": [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical", 192)],
    "agent back": [system(34, "web-9", 731, "Back Online")],
    "suspicious site reached": [event("WebReputationEvent", 34, "web-9", Risk=2, DetectOnly=True)],
    "nine calls": list(_calls(9, 5)),
    "ten calls, too slowly": list(_calls(10, 7)),
    "malware in another language": [malware(34, "web-9", "Supprimé", (2, 0))],
}
