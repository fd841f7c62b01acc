"""Deep Security events as they are told in days.py and attacks.py, and two days of this project's own.

A day counts from 0 to 24 hours; times are hours since the first midnight.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

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
    return event("AntiMalwareEvent", hours, host, **{"ScanResultString": result, **steps, **properties})


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


def blocked_software(hours: float, host: str, path: str) -> Properties:
    folder, _, name = path.rpartition("/")
    action = "Execution of Unrecognized Software Blocked"
    return event("AppControlEvent", hours, host, Path=f"{folder}/", FileName=name, Action=action, Operation=2)


# Samples that are no part of an ordinary day, with the rules that have to fire on them.
INCIDENTS = {
    "reported.1.md": "protection-off",
    "reported.7.md": "audit-log-cleared",
    "reported.16.md": "not-stopped",
}


def history() -> Stream:
    """A week before: who works in the manager, and where application control blocks something each week."""
    yield system(-200, "", 352, "Policy Updated") | {"ActionBy": "weekly-admin"}
    yield system(-190, "", 352, "Policy Updated") | {"ActionBy": "MasterAdmin"}
    for host in ("build-1", "win-prod-1"):
        yield blocked_software(-199, host, "/tmp/a.sh")


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


AUTHORIZED_KEYS = "/home/deploy/.ssh/authorized_keys"
RUN_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\updater"


def every_action() -> Stream:
    """Actions that the other streams leave out."""
    for number in range(1, 5):
        yield event("IntegrityEvent", 34, "web-9", Change=number)
    for number in (1, 6, 129):
        yield event("PacketLog", 34, "web-9", Action=number)
    for number in (1, 6):
        yield event("PayloadLog", 34, "web-9", Action=number)
