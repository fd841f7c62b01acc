"""Attacks, the one signal that has to come of each, and what is just not enough for one.

The attacks are told by reports; where none is named, by the list of what Deep Security can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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
    logon,
    malware,
    scan,
    system,
)


class Attack(NamedTuple):
    """What happens on the second day, and the one signal that has to come of it."""

    rule: str
    status: str
    case: str
    events: Sequence[Properties]


def _malware(result: str, actions: tuple[int, int], status: str, case: str) -> Attack:
    return Attack("not-stopped", status, case, [malware(34, "web-9", result, actions)])


def _removed(hours: float, host: str, **properties: object) -> Properties:
    return malware(hours, host, "Quarantined", (3, 0), **{"MalwareName": "Worm.A", **properties})


def _change(rule: str, status: str, case: str, key: str, *by: str) -> Attack:
    return Attack(rule, status, case, [change(34, "web-9", key, *(by or ["/usr/bin/bash"]))])


def _sweep(kind: str, hosts: int, source: str, minutes: float = 1, **properties: object) -> list[Properties]:
    own = {"SourceIP": source, "DestinationPort": 445, **properties}
    return [event(kind, 34 + place * minutes / 60, host, **own) for place, host in enumerate(HOSTS[:hosts])]


def _calls(count: int, minutes: float, **properties: object) -> list[Properties]:
    own = {"Risk": 4, **properties}
    return [event("WebReputationEvent", 34 + number * minutes / 60, "web-9", **own) for number in range(count)]


def _lateral(**properties: object) -> Attack:
    source = properties.pop("source", "10.0.7.7")
    return Attack(
        "lateral-movement", "medium", "Exploits, blocked", _sweep("PayloadLog", 3, str(source), 10, **properties)
    )


def _after_guesses(key: str, number: int = 2) -> Attack:
    made = change(35.5, "web-9", key, "/usr/sbin/useradd") | {"Change": number}
    return Attack("brute-force-then-change", "high", "", [guesses(34, "web-9", "203.0.113.66"), made])


def _group(**properties: object) -> list[Properties]:
    return [log(34, "web-9", "windows,group_changed", "", **properties)]


def _manager(title: str) -> Attack:
    return Attack("manager-changed", "medium", "", [system(34, "", 1, title) | {"ActionBy": "intruder"}])


def _failures(count: int, title: str = "User Session Validation Failed") -> list[Properties]:
    return [system(34 + number / 20, "", 608, title, level=2) for number in range(count)]


PRIVATE = ("10.0.7.7", "192.168.7.7", *(f"172.{number}.0.1" for number in range(16, 32)))
SYSTEM_FILES = (
    "/bin/ls", "/sbin/init", "/usr/bin/ls", "/usr/sbin/sshd", r"C:\Windows\System32\a.exe",
    r"C:\Windows\System32\version.dll", r"C:\Windows\System32\drivers\a.sys",
)  # fmt: skip
CRON = ("/etc/cron.d/a", "/etc/crontab", "/var/spool/cron/root")
SERVICES = ("/etc/systemd/system/a.service", "/etc/systemd/system/a.timer", "/etc/rc.local")
UPDATERS = (
    "/usr/bin/apt-get", "/usr/bin/dpkg", "/usr/bin/dnf", "/usr/bin/rpm", "/usr/bin/yum", "/usr/bin/zypper",
    "/usr/bin/python3.9", "/usr/bin/unattended-upgrade", "/usr/libexec/platform-python3.6",
    r"C:\Windows\servicing\TrustedInstaller.exe", r"C:\Windows\WinSxS\amd64\TiWorker.exe",
    r"C:\Windows\System32\msiexec.exe",
)  # fmt: skip
RUN_UPDATERS = (r"C:\a\OneDriveSetup.exe", r"C:\Program Files (x86)\Microsoft\EdgeUpdate\MicrosoftEdgeUpdate.exe")
DETECTED: dict[str, Any] = {"Action": 130, "ActionString": "Detect Only: Reset"}
PORTS = (22, 135, 139, 445, 3389, 5985, 5986)

ATTACKS = {
    "malware passed": _malware("Passed", (1, 0), "critical", "Malware still active"),
    "malware, cleaning failed": _malware("Clean Failed", (4, -81), "critical", "Malware still active"),
    "malware, access denied": _malware("Access Denied", (5, 0), "high", "Malware blocked, file still there"),
    "ransomware, process terminated": _malware("Terminated", (0, 0), "high", "Malware blocked, file still there"),
    "malware in another language": _malware("Échec", (2, -1), "critical", "Malware still active"),
    "thirty critical exploits on one host, only detected": Attack(
        "not-stopped",
        "high",
        "Critical exploit not blocked",
        [
            event("PayloadLog", 34 + number / 60, "web-9", SourceIP="203.0.113.9", Severity=4, **DETECTED)
            for number in range(30)
        ],
    ),
    "critical exploits on many hosts, only logged": Attack(
        "not-stopped",
        "high",
        "Critical exploit not blocked",
        _sweep("PayloadLog", 40, "203.0.113.9", Severity=4, Action=6, ActionString="Log Only"),
    ),
    "exploit of high severity, only detected": Attack(
        "not-stopped",
        "medium",
        "High exploit not blocked",
        _sweep("PayloadLog", 1, "203.0.113.9", Severity=3, **DETECTED),
    ),
    "the same malware on forty hosts, all quarantined": Attack(
        "malware-spreads", "medium", "", [_removed(34 + n / 60, host) for n, host in enumerate(HOSTS)]
    ),
    "worm that is deleted or cleaned on five hosts": Attack(
        "malware-spreads",
        "medium",
        "",
        [
            _removed(26 + n * 4, HOSTS[n], ScanAction1=(2, 4)[n % 2], ScanResultString=("Deleted", "Cleaned")[n % 2])
            for n in range(5)
        ],
    ),
    "the same file again and again": Attack(
        "malware-returns",
        "medium",
        "",
        [_removed(26 + n * 4, "web-9", InfectedFilePath="/tmp/kinsing") for n in range(5)],
    ),
    "the same file again, deleted or cleaned": Attack(
        "malware-returns",
        "medium",
        "",
        [
            _removed(
                26 + n,
                "web-9",
                InfectedFilePath="/tmp/kdevtmpfsi",
                MalwareName=f"Miner.{n}",
                ScanAction1=(2, 4)[n % 2],
                ScanResultString=("Deleted", "Cleaned")[n % 2],
            )
            for n in range(5)
        ],
    ),
    **{f"lateral movement from {source}": _lateral(source=source) for source in PRIVATE},
    **{f"lateral movement to port {port}": _lateral(DestinationPort=port) for port in PORTS},
    **{
        f"ports probed from {source}, action {action}": Attack(
            "lateral-movement",
            "medium",
            "Connections, denied",
            _sweep("PacketLog", 10, source, Action=action, DestinationPort=PORTS[number % 7]),
        )
        for number, source in enumerate(PRIVATE)
        for action in (1, 129)
    },
    "password found": Attack(
        "brute-force-then-logon",
        "critical",
        "",
        [
            guesses(34, "web-9", "203.0.113.66"),
            guesses(34.1, "web-9", "203.0.113.66"),
            logon(34.9, "web-9", "203.0.113.66"),
        ],
    ),
    "password found, events from level 6": Attack(
        "brute-force-then-logon",
        "critical",
        "",
        [
            guesses(34, "web-9", "203.0.113.66"),
            log(34.1, "web-9", "syslog,attacks", "203.0.113.66", OSSEC_RuleID=40112, OSSEC_Level=12),
        ],
    ),
    **{f"{key} after guesses": _after_guesses(key) for key in ("/etc/passwd", "/etc/shadow")},
    "account created after guesses": _after_guesses("/etc/passwd", number=1),
    "account renamed after guesses": _after_guesses("/etc/passwd", number=4),
    "authorized key": _change("autostart-changed", "high", "SSH key or run key", AUTHORIZED_KEYS),
    "authorized key, no real time": _change("autostart-changed", "high", "SSH key or run key", AUTHORIZED_KEYS, "N/A"),
    "run key": _change("autostart-changed", "high", "SSH key or run key", RUN_KEY, "N/A", "RegistryValue"),
    **{f"{key} changed": _change("autostart-changed", "medium", "Cron or service", key) for key in (*CRON, *SERVICES)},
    **{f"{key} replaced": _change("system-binary-changed", "high", "", key) for key in SYSTEM_FILES},
    **{
        f"{rule}, {key}, change {number}": Attack(
            rule, status, case, [change(34, "web-9", key, "/usr/bin/bash") | {"Change": number}]
        )
        for number in (1, 4)
        for rule, status, case, key in (
            ("autostart-changed", "high", "SSH key or run key", AUTHORIZED_KEYS),
            ("autostart-changed", "medium", "Cron or service", "/etc/crontab"),
            ("system-binary-changed", "high", "", "/usr/bin/ls"),
            ("new-administrator", "high", "", "/etc/sudoers"),
        )
    },
    "engine offline": Attack(
        "protection-off", "high", "", [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")]
    ),
    "engine offline, as an event": Attack(
        "protection-off", "high", "", [system(34, "web-9", 9000, "Firewall Engine Offline", level=3)]
    ),
    **{
        title: _manager(title)
        for title in (
            "Agent Deactivated",
            "Deactivation Requested",
            "Policy Updated",
            "Policy Deleted",
            "Computer Deleted",
        )
    },
    "passwords of the manager guessed": Attack("manager-sign-ins", "medium", "Repeated failures", _failures(10)),
    "sign-ins that fail": Attack(
        "manager-sign-ins", "medium", "Repeated failures", _failures(10, "User Sign-In Failed")
    ),
    "authentication that fails": Attack(
        "manager-sign-ins", "medium", "Repeated failures", _failures(10, "Authentication Failed")
    ),
    "account locked": Attack("manager-sign-ins", "low", "Account locked", _failures(1, "User Locked Out")),
    "unknown software": Attack("unknown-software", "medium", "", [blocked_software(34, "web-9", "/tmp/.x/kinsing")]),
    "audit log cleared": Attack("audit-log-cleared", "high", "", [log(34, "web-9", "windows", "", OSSEC_RuleID=18118)]),
    "audit log cleared, another rule": Attack(
        "audit-log-cleared",
        "high",
        "",
        [log(34, "web-9", "windows", "", OSSEC_RuleID=60117, OSSEC_Description="Windows audit log was cleared.")],
    ),
    "administrator": Attack("new-administrator", "high", "", _group(OSSEC_RuleID=18217)),
    "administrator, another rule": Attack(
        "new-administrator", "high", "", _group(OSSEC_RuleID=60154, OSSEC_Description="Administrators group changed")
    ),
    "sudoers": _change("new-administrator", "high", "", "/etc/sudoers.d/x"),
    "network scan": Attack("reconnaissance", "low", "", [scan(34 + n / 60, host) for n, host in enumerate(HOSTS[:10])]),
    "dangerous site reached": Attack("callbacks", "high", "Not blocked", _calls(1, 1, DetectOnly=True)),
    "malware calls home": Attack("callbacks", "medium", "Blocked, again and again", _calls(30, 10, Risk=3)),
    "malware calls a dangerous site": Attack("callbacks", "medium", "Blocked, again and again", _calls(30, 10)),
}

# Just not enough, the wrong way round, or of another kind: no rule may fire.
HARMLESS: dict[str, Sequence[Properties]] = {
    "exploits of medium severity, detected": _sweep("PayloadLog", 40, "203.0.113.9", Severity=2, **DETECTED),
    "exploits of many sources, blocked": [
        *_sweep("PayloadLog", 2, "10.0.7.7"),
        *_sweep("PayloadLog", 40, "203.0.113.9", Severity=4),
    ],
    "lateral movement to two hosts": _sweep("PayloadLog", 2, "10.0.7.7"),
    "lateral movement, too slowly": _sweep("PayloadLog", 3, "10.0.7.7", 31),
    "web requests from inside, blocked": _sweep("PayloadLog", 40, "10.0.7.7", DestinationPort=443),
    "detected from inside, of low severity": _sweep("PayloadLog", 3, "10.0.7.7", Severity=1, **DETECTED),
    "logged from inside, of low severity": _sweep("PayloadLog", 3, "10.0.7.7", Severity=1, Action=6),
    "nine hosts denied": _sweep("PacketLog", 9, "10.0.7.7", Action=1),
    "logged by the firewall": _sweep("PacketLog", 20, "10.0.7.7", Action=6),
    "denied, web": _sweep("PacketLog", 20, "10.0.7.7", Action=1, DestinationPort=443),
    "denied, from outside": [
        e
        for address in ("203.0.113.9", "172.15.0.1", "172.32.0.1", "192.0.2.1")
        for e in _sweep("PacketLog", 20, address, Action=1)
    ],
    "malware removed on four hosts": [_removed(34 + n, HOSTS[n]) for n in range(4)],
    "other malware on each host": [_removed(34, host, MalwareName=f"Trojan.{n}") for n, host in enumerate(HOSTS)],
    "the same file four times": [_removed(26 + n, "web-9", MalwareName=f"Trojan.{n}") for n in range(4)],
    "other files each time": [_removed(26 + n, "web-9", InfectedFilePath=f"/tmp/{n}") for n in range(9)],
    "unwanted programs, again and again": [
        _removed(26 + n, "web-9", InfectedFilePath="/tmp/a", MalwareName=name)
        for n in range(9)
        for name in ("Eicar_test_file", "PUA.Toolbar", "ADW_BUNDLE")
    ],
    "adware on many hosts": [_removed(34, host, MalwareName="ADW_BUNDLE") for host in HOSTS],
    "logon before the guesses": [logon(33.9, "web-9", "203.0.113.66"), guesses(34, "web-9", "203.0.113.66")],
    "logon too late": [guesses(34, "web-9", "203.0.113.66"), logon(35.1, "web-9", "203.0.113.66")],
    "logon on another host": [guesses(34, "web-9", "203.0.113.66"), logon(34.1, "web-8", "203.0.113.66")],
    "logon from another address": [guesses(34, "web-9", "203.0.113.66"), logon(34.1, "web-9", "192.0.2.7")],
    "failed once, then a logon": [
        log(34, "web-9", "syslog,authentication_failed", "192.0.2.7"),
        logon(34.1, "web-9", "192.0.2.7"),
        change(34.2, "web-9", "/etc/passwd", "/usr/sbin/useradd"),
    ],
    "guesses, and other findings from there": [
        guesses(34, "web-9", "203.0.113.66"),
        log(34.1, "web-9", "syslog,errors", "203.0.113.66"),
    ],
    "change too late": [
        guesses(34, "web-9", "203.0.113.66"),
        change(36.1, "web-9", "/etc/passwd", "/usr/sbin/useradd"),
    ],
    "change on another host": [
        guesses(34, "web-9", "203.0.113.66"),
        change(34.1, "web-8", "/etc/passwd", "/usr/sbin/useradd"),
    ],
    "guesses, then other changes": [
        guesses(34, "web-9", "203.0.113.66"),
        change(34.1, "web-9", "/var/www/a", "/usr/bin/bash"),
        change(34.2, "web-9", "/etc/passwd", "/usr/bin/bash") | {"Change": 3},
        change(34.3, "web-9", "/etc/passwd", "N/A"),
    ],
    **{
        f"changed by {process}": [
            guesses(33.9, "web-9", "203.0.113.66"),
            *(
                change(34, "web-9", key, process)
                for key in (AUTHORIZED_KEYS, "/etc/crontab", "/etc/passwd", "/etc/sudoers", "/usr/bin/ls")
            ),
        ]
        for process in UPDATERS
    },
    **{f"run key by {process}": [change(34, "web-9", RUN_KEY, process, "RegistryValue")] for process in RUN_UPDATERS},
    "drivers by the update service": [
        change(34, "web-9", SYSTEM_FILES[4], r"C:\Windows\System32\svchost.exe"),
        guesses(33.9, "web-9", "203.0.113.66"),
        change(34, "web-9", RUN_KEY.replace("Run", "App"), "N/A"),
    ],
    "deleted": [
        change(34, "web-9", key, "/usr/bin/rm") | {"Change": 3}
        for key in (AUTHORIZED_KEYS, "/etc/cron.d/update", "/etc/sudoers.d/a", "/usr/bin/ls")
    ],
    "no real time": [change(34, "web-9", key, "N/A") for key in ("/etc/cron.d/a", "/etc/sudoers.d/a", "/usr/bin/ls")],
    "service enabled": [
        change(34, "web-9", "/etc/systemd/system/multi-user.target.wants/a.service", "/usr/bin/systemctl")
    ],
    "alert ended": [alert(34, "web-9", "Anti-Malware Engine Offline", "Critical", 192)],
    "engine offline, a warning": [system(34, "web-9", 9000, "Firewall Engine Offline", level=2)],
    "other alert": [
        alert(34, "web-9", "Low Disk Space", "Critical"),
        system(34, "web-9", 9001, "Send Policy Failed", level=3),
    ],
    "agent offline": [system(34, "web-9", 730, "Offline", level=3), system(34, "web-9", 731, "Back Online")],
    "a known administrator": [system(34, "", 352, "Policy Updated") | {"ActionBy": "weekly-admin"}],
    "the manager itself": [system(34, "web-9", 251, "Computer Deleted") | {"ActionBy": "System"}],
    "somebody new who changes nothing": [system(34, "", 600, "User Signed In") | {"ActionBy": "new"}],
    "nine failures": _failures(9),
    "ten other events of the manager": _failures(10, "User Signed In"),
    "software allowed, or known to be blocked": [
        event("AppControlEvent", 34, "web-9"),
        blocked_software(34, "build-1", "/tmp/b.sh"),
    ],
    "device and site blocked": [
        event("WebReputationEvent", 34, "web-9", Risk=2),
        event("DeviceControlEvent", 34, "web-9"),
    ],
    "other Windows event": [
        log(34, "web-9", "windows", "", OSSEC_RuleID=18104, OSSEC_Description="Windows audit success")
    ],
    "nine hosts scanned": [scan(34 + n / 60, host) for n, host in enumerate(HOSTS[:9])],
    "other events of the system on ten hosts": [system(34, host, 250, "Computer Created") for host in HOSTS],
    "suspicious site reached": _calls(40, 5, Risk=2, DetectOnly=True),
    "highly suspicious site reached": _calls(1, 5, Risk=3, DetectOnly=True),
    "twenty-nine calls": _calls(29, 10),
    "calls to suspicious sites": _calls(60, 5, Risk=2),
    "calls too slowly": _calls(40, 13),
    "calls that were not blocked, less dangerous": _calls(40, 5, Risk=3, DetectOnly=True),
}
