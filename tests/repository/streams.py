"""Deep Security events as they are told in days.py and attacks.py, and what was before them.

A day counts from 0 to 24 hours; times are hours since the first midnight.
"""

import zlib
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
    """The sample of a type, on another computer that no cloud knows. host: its name, which gives its id."""
    template = {name: value for name, value in sample(kind)[0].items() if not name.startswith("HostInstance")}
    own = {"Hostname": host, "HostID": zlib.crc32(host.encode()), "HostGUID": host}
    return {**template, **own, "LogDate": at(hours), **properties}


def malware(hours: float, host: str, result: str, actions: tuple[int, int], **properties: object) -> Properties:
    first, outcome = actions
    steps = {"ScanAction1": first, "ScanResultAction1": outcome, "ScanAction2": 0, "ScanResultAction2": 0}
    own = {"MalwareName": "Trojan.A", "ScanResultString": result, **steps, **properties}
    return event("AntiMalwareEvent", hours, host, **own)


def removed(hours: float, host: str, **properties: object) -> Properties:
    return malware(hours, host, "Quarantined", (3, 0), **{"MalwareName": "Worm.A", **properties})


def log(hours: float, host: str, groups: str, source: str, **properties: object) -> Properties:
    return event("LogInspectionEvent", hours, host, OSSEC_Groups=groups, OSSEC_SourceIP=source, **properties)


def guesses(hours: float, host: str, source: str) -> Properties:
    return log(hours, host, "syslog,sshd,authentication_failures", source)


def logon(hours: float, host: str, source: str) -> Properties:
    text = {"OSSEC_Description": "SSHD authentication success.", "OSSEC_RuleID": 5715, "OSSEC_Level": 3}
    return log(hours, host, "syslog,sshd,authentication_success", source, **text, SeverityString="Low", Rank=1)


def success(hours: float, host: str, source: str) -> Properties:
    """OSSEC's rule 40112: failures, followed by a success."""
    return log(hours, host, "syslog,attacks", source, OSSEC_RuleID=40112, OSSEC_Level=12)


def change(hours: float, host: str, key: str, process: str) -> Properties:
    kind = "RegistryValue" if key.startswith("HKEY_") else "File"
    return event("IntegrityEvent", hours, host, Key=key, Process=process, EntityType=kind)


# Number, title and severity by the vendor's list, https://docs.trendmicro.com/en-us/documentation/article/
# trend-vision-one-system-events; 160 and 603, of older managers, by DISA's STIG for Deep Security 9.x
# (TMDS-00-000060), which has no severities.
SYSTEM_EVENTS = {
    160: ("Authentication Failed", 2), 190: ("Alert Started", 1), 192: ("Alert Ended", 1),
    250: ("Computer Created", 1), 251: ("Computer Deleted", 1), 259: ("Deactivation Requested", 1),
    351: ("Policy Deleted", 1), 352: ("Policy Updated", 1), 393: ("Anti-Malware Engine Offline", 3),
    394: ("Anti-Malware Engine Back Online", 1), 600: ("User Signed In", 1), 603: ("User Locked Out", 2),
    608: ("User Session Validation Failed", 3), 673: ("API Key Locked Out", 1),
    675: ("API Key Session Validation Failed", 3), 708: ("Deactivated", 1), 721: ("Send Policy Failed", 3),
    730: ("Offline", 3), 731: ("Back Online", 1), 732: ("Firewall Engine Offline", 3),
    738: ("Intrusion Prevention Engine Offline", 3), 748: ("Log Inspection Engine Offline", 3),
    850: ("Reconnaissance Detected: Computer OS Fingerprint Probe", 2),
    851: ("Reconnaissance Detected: Network or Port Scan", 2), 852: ("Reconnaissance Detected: TCP Null Scan", 2),
    853: ("Reconnaissance Detected: TCP SYNFIN Scan", 2), 854: ("Reconnaissance Detected: TCP Xmas Scan", 2),
    1675: ("Integrity Monitoring Engine Offline", 3), 1909: ("AWS Account Synchronization Finished", 1),
    2209: ("Anti-Malware Engine with Basic Functions", 2), 2304: ("Web Reputation Engine Offline", 3),
    2907: ("Agent Self-Protection disabled", 1), 3201: ("Activity Monitoring Engine Offline", 3),
    3403: ("Device Control engine offline", 3), 7008: ("Application Control Engine Offline", 3),
}  # fmt: skip


def system(hours: float, host: str, number: int, **properties: object) -> Properties:
    """Without a host, an event of the manager itself."""
    title, level = SYSTEM_EVENTS[number]
    target = {"TargetType": "Host", "TargetName": host} if host else {"TargetType": "System", "TargetName": ""}
    words = {1: "Info", 2: "Warning", 3: "Error"}
    own = {"Number": number, "Title": title, "Severity": level, "SeverityString": words[level], **target}
    return {**sample("SystemEvent")[0], **own, "Description": "", "LogDate": at(hours), **properties}


def alert(hours: float, host: str, name: str, severity: str, number: int = 190) -> Properties:
    return system(hours, host, number, Description=f"Alert: {name}\\nSubject: {host}\\nSeverity: {severity}")


def sweep(kind: str, hosts: int, source: str, minutes: float = 1, **properties: object) -> list[Properties]:
    """One address at one host after the other, on the port of file shares."""
    own = {"SourceIP": source, "DestinationPort": 445, **properties}
    return [event(kind, 34 + place * minutes / 60, host, **own) for place, host in enumerate(HOSTS[:hosts])]


def blocked_software(hours: float, host: str, path: str, user: str = "www-data") -> Properties:
    place = max(map(path.rfind, "/\\")) + 1
    own = {"Path": path[:place], "FileName": path[place:], "Action": "Execution of Unrecognized Software Blocked"}
    return event("AppControlEvent", hours, host, **own, UserName=user, Operation=2)


# Samples that are no part of an ordinary day, with the rules that have to fire on them.
INCIDENTS = {
    "reported.1.md": "protection-off", "reported.7.md": "log-cleared", "reported.14.md": "keys-changed",
    "reported.16.md": "malware-not-removed",
}  # fmt: skip


def history() -> Stream:
    """A week before: who works in the manager, what builds make, and what nodes write when they start."""
    yield system(-200, "", 352, ActionBy="weekly-admin")
    yield system(-190, "", 352, ActionBy="MasterAdmin")
    yield from (blocked_software(-199, "build-1", path, user) for path, user in builds(0))
    yield from (change(-198, "node-0", key, process) for key, process in NODE_STARTS)


NODE_STARTS = (
    *((f"/etc/systemd/system/{unit}", "/usr/bin/mv") for unit in ("sandbox-image.service", "kubelet.service")),
    ("/etc/systemd/system/containerd.service.d/00-runtime-slice.conf", "/usr/bin/bash"),
    *((f"/lib/systemd/system/{unit}.service", "/opt/kops/bin/nodeup") for unit in ("kubelet", "protokube")),
    ("/var/spool/cron/root", "/usr/bin/crontab"),
)


def builds(number: int) -> Iterator[tuple[str, str]]:
    """Files and users: what is compiled, deployed and serviced in a folder of its own each time."""
    yield f"/tmp/go-build{number}/b001/exe/main", "jenkins"
    yield f"/home/runner/work/{number}/target/app", "runner"
    yield f"C:\\Users\\agent\\_work\\{number}\\bin\\app.exe", "agent"
    yield f"/var/www/app/releases/{number}/bin/rails", "deploy"
    yield f"C:\\Windows\\Temp\\{number:08X}-AAAA\\DismHost.exe", "SYSTEM"


def ordinary_day(day: int) -> Stream:
    """Every sample once."""
    samples = [properties for name, properties in events_of_samples() if name not in INCIDENTS]
    for place, properties in enumerate(samples):
        yield {**properties, "LogDate": at(24.0 * day + 0.25 + 23 * place / len(samples))}


DETECTED: dict[str, Any] = {"Action": 130, "ActionString": "Detect Only: Reset"}
AUTHORIZED_KEYS = "/home/deploy/.ssh/authorized_keys"
RUN_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\updater"
