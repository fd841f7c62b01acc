"""Attacks, the signals that have to come of each, and what is just not enough for one.

The chains are told by reports, which they name; the single steps by the list of what Deep Security can see.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import NamedTuple, TypeAlias

from tests.repository import streams as s
from tests.repository.streams import DETECTED, HOSTS

Expected: TypeAlias = tuple[str, str, str]
Events: TypeAlias = Sequence[s.Properties]


class Attack(NamedTuple):
    """What happens, the signals that have to come of it, each as often as named, and for chains who reports it."""

    signals: Sequence[Expected]
    events: Events
    source: str = ""


def _change(key: str, process: str = "/bin/bash", change: int = 2, *, on: str = "web-9") -> Events:
    return [s.change(34, on, key, process) | {"Change": change}]


def _changes(keys: Iterable[str], by: Iterable[str] = ("/bin/bash",), how: Iterable[int] = (2,)) -> list[Events]:
    """Each on a host of its own."""
    return [_change(*each, on=f"db-{each}-{place}") for place, each in enumerate(product(keys, by, how))]


def _apart(*incidents: Events) -> list[Events]:
    """Each in a year of its own: such signals are of all hosts."""
    return [[one | {"LogDate": f"{2024 + n}{one['LogDate'][4:]}"} for one in each] for n, each in enumerate(incidents)]


def _log(groups: str, hour: float = 34, host: str = "web-9", source: str = "", **properties: object) -> s.Properties:
    return s.log(hour, host, f"windows,{groups}", source, **properties)


def _calls(count: int, minutes: float, host: str = "web-9", **properties: object) -> Events:
    own = {"Risk": 4, "DetectOnly": False, **properties}
    return [s.event("WebReputationEvent", 34 + number * minutes / 60, host, **own) for number in range(count)]


def _stays(result: str = "Terminated", steps: tuple[int, int] = (0, 0), **properties: object) -> Events:
    return [s.malware(34, "web-9", result, steps, **properties)]


def _again(path: str, count: int, **properties: object) -> Events:
    """Other malware each time, deleted or cleaned."""
    steps = [{"ScanAction1": (2, 4)[n % 2], "ScanResultString": ("Deleted", "Cleaned")[n % 2]} for n in range(count)]
    own = [{"InfectedFilePath": path, "MalwareName": f"Miner.{n}", **step} for n, step in enumerate(steps)]
    return [s.removed(26 + n, "web-9", **{**each, **properties}) for n, each in enumerate(own)]


def administrator(hour: float, subject: str, sid: str, name: str, host: str = "web-9") -> s.Properties:
    """By OSSEC's rule 18217, level 12, etc/rules/msauth_rules.xml."""
    text = (
        f"WinEvtLog: Security: AUDIT_SUCCESS(4732): A member was added. Subject: Account Name: {subject} "
        f"Member: Security ID: {sid} Account Name: {name} Group: Security ID: S-1-5-32-544 Group Name: Administrators"
    )
    return _log("group_changed", hour, host, OSSEC_RuleID=18217, OSSEC_FullLog=text)


REMOVED = (4729, 4733, 4757)  # From a global, a local, a universal group.
ADDED = administrator(34, "ann", "S-1-5-21-1-2-3-1104", "CN=eve")
ACCOUNT = s.change(35.5, "web-9", "/etc/passwd", "/usr/sbin/useradd")
FROM = ("web-9", "203.0.113.66")
GUESSED, FOUND = s.guesses(34, *FROM), s.success(34.1, *FROM)
REMOTE_DESKTOP = [
    *(_log("authentication_failures", 34 + n / 99, source="203.0.113.5", OSSEC_RuleID=18152) for n in range(5)),
    _log("authentication_success", 34.1, source="203.0.113.5", OSSEC_RuleID=18107),
]
PRIVATE = (
    "10.0.7.7", "192.168.7.7", *(f"172.{number}.0.1" for number in range(16, 32)), "127.0.0.1", "169.254.7.7",
    *(f"100.{number}.0.1" for number in (*range(64, 70), 70, 80, 90, 100, 110, *range(120, 128))),
    "fc00::7", "fd7a::7", "fe80::7", "::1",
)  # fmt: skip
PUBLIC = ("203.0.113.9", "172.15.0.1", "172.32.0.1", "192.0.2.1", "100.63.0.1", "100.128.0.1", "2001:db8::1")
PORTS = (22, 135, 139, 445, 1433, 2375, 3306, 3389, 5432, 5985, 5986, 6379, 10250)
SYSTEM_FILES = (
    "/bin/ls", "/sbin/a", "/usr/bin/ls", "/usr/sbin/a", "/etc/sudoers", "/lib/security/pam_a.so", "/etc/ld.so.preload",
    *(rf"C:\Windows\System32\{name}" for name in ("a.exe", "version.dll", r"drivers\a.sys")),
)  # fmt: skip
AUTOSTARTS = (
    *(f"/etc/{path}" for path in ("cron.d/a", "crontab", "anacrontab", "rc.local", "init.d/a", "profile.d/a.sh")),
    "/var/spool/cron/crontabs/a", "/lib/systemd/system/a.service", "/usr/lib/udev/rules.d/a.rules",
)  # fmt: skip
NT = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
DEBUGGER = rf"{NT}\Image File Execution Options\sethc.exe\Debugger"
LOGON_PROGRAMS = (
    s.RUN_KEY, s.RUN_KEY + "x" * 200,  # As long as its name makes the tag lose its middle.
    s.RUN_KEY.replace("Run", r"Policies\Explorer\Run"), rf"{NT}\Winlogon\Shell", rf"{NT}\Winlogon\Userinit", DEBUGGER,
)  # fmt: skip
USERS_RUN_KEY = s.RUN_KEY.replace("LOCAL_MACHINE", r"USERS\S-1-5-21-1-2-3-1001")
# Who may change what is watched, as a search without its backslashes; most are in Elastic's detection-rules, too
# (persistence_systemd_service_creation.toml). For SSH keys: package managers, configuration management, guest agents.
LINUX = (
    *(f"/usr/bin/{name}" for name in ("apt*", "dpkg*", "dnf*", "microdnf", "tdnf", "rpm*", "yum*", "zypper*")),
    "/bin/dpkg", "/bin/dnf", "/bin/rpm", "/bin/yum", "/sbin/apk", "/usr/bin/unattended?upgrade*", "/usr/lib/snapd/*",
    "/usr/libexec/snapd/*", "/snap/*", "/usr/libexec/packagekitd", "/usr/bin/puppet", "/usr/bin/chef?client",
    "/usr/bin/python3*", "/usr/libexec/platform?python*", "/opt/puppetlabs/*", "/opt/chef/*",
    "/opt/saltstack/*", "/opt/ds_agent/*", "/usr/bin/rsync",
    *(f"/usr/bin/{name}" for name in ("google_guest_agent", "amazon?ssm?agent", "ssm?agent?worker")),
)  # fmt: skip
# For all but SSH keys: what scripts of packages call, container engines, editors.
HANDS = (
    "/usr/bin/perl*", "/usr/bin/systemctl", "/bin/systemctl", "/usr/lib/systemd/systemd", "/usr/bin/install",
    "/usr/bin/update?alternatives", "/usr/sbin/update?alternatives", "/usr/sbin/alternatives",
    *(f"/usr/bin/{name}" for name in ("podman", "buildah", "dockerd", "containerd", "crio", "vi*", "nano", "emacs*")),
    "/usr/sbin/visudo", "/usr/sbin/dockerd", "/usr/lib/dracut/*",
)  # fmt: skip
# Attributes are case-sensitive, paths of Windows are not. Only below a folder of administrators a letter may be any.
WINDOWS = (
    *(rf"C:\{windows}\{path}" for windows in ("Windows", "WINDOWS") for path in (
        *(rf"?ystem32\{name}.exe" for name in ("msiexec", "svchost", "poqexec", "?rv?nst", "spoolsv", "OneDriveSetup")),
        *(rf"?ys???64\{name}.exe" for name in ("msiexec", "OneDriveSetup")),
        "servicing\\*", "WinSxS\\*", "SoftwareDistribution\\*", "CCM\\*", "ccmsetup\\*", "ccmcache\\*")),
    "C:\\Program Files\\*", "C:\\Program Files (x86)\\*", "C:\\ProgramData\\Package Cache\\*",
)  # fmt: skip
# For a user's own run keys.
OWN = (r"C:\Users\*\AppData\Local\*\Update*", "C:\\Users\\*\\AppData\\Local\\Microsoft\\OneDrive\\*")


def escaped(pattern: str) -> str:
    return re.sub(r"[\\: ()]", lambda found: "?" if found[0] in "()" else "\\" + found[0], pattern)


def _instances(patterns: Iterable[str]) -> list[str]:
    return [re.sub(r"[?*]", "S", pattern) for pattern in patterns]


def _feigned(patterns: Iterable[str]) -> Iterator[str]:
    """What an intruder may call a program: the path in a folder of his, or with one letter more."""
    yield from (re.sub("^(C:|)", r"\1/tmp" if path[0] == "/" else r"\1\\temp", path) for path in _instances(patterns))
    yield from (path + "x" for path in _instances(each for each in patterns if not each.endswith("*")))


SQUIRREL, STUB = r"C:\Users\a\AppData\Local\Microsoft\Teams\Update.exe", r"C:\0f8c2d\mrtstub.exe"
FEIGNED = (r"C:\WindowsXSystem32\svchost.exe", STUB, r"C:\Program FilesX\a.exe", *_feigned(LINUX + WINDOWS))
OPEN_FOLDERS = (
    "/tmp/a", "/var/tmp/b", "/dev/shm/c", "/var/www/d", "/home/ann/e", "/root/f", "/run/0/g", "/srv/h", "/opt/.x/i",
    r"C:\Users\ann\j.exe", r"C:\ProgramData\k.exe", r"C:\Windows\Temp\l.exe", r"C:\inetpub\wwwroot\m.exe",
)  # fmt: skip

# What has to come of each of these incidents, once.
_STEPS: Mapping[Expected, Sequence[Events]] = {
    ("malware-not-removed", "critical", "Malware still active"): _apart(
        _stays("Passed", (1, 0)), _stays("Clean Failed", (4, -81)), _stays("Échec", (2, -1)),
        _stays("Passed", (1, 0), InfectedFilePath="/tmp/Eicar_test_file", Reason="Eicar")),
    ("malware-not-removed", "high", "Malware blocked, file still there"): [
        *_apart(_stays(), _stays("Access Denied", (5, 0))),
        # One that is found all day hides others for a day at most.
        *([s.malware(148 + 25 * n + m / 2, "nas", "Access Denied", (5, 0)) for m in range(48)] for n in range(3))],
    ("exploit-not-blocked", "high", "Critical exploit not blocked"): _apart(
        s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4, Action=6),
        s.sweep("PayloadLog", 1, "203.0.113.9", Severity=4, Action=129),
        [s.event("PayloadLog", 34 + number / 60, "web-9", Severity=4, **DETECTED) for number in range(30)]),
    ("exploit-not-blocked", "low", "High exploit not blocked"): [
        *_apart(*(s.sweep("PayloadLog", 1, "203.0.113.9", Severity=3, Action=action) for action in (6, 129, 130)))],
    ("malware-spreads", "medium", ""): [
        [s.removed(34, host, MalwareName="Worm.B") for host in HOSTS],  # And five hosts of one name.
        [each | {"HostID": n} for n, each in enumerate(_again("/tmp/a", 5, MalwareName="Worm.A"))]],
    ("malware-returns", "medium", ""): [
        [s.removed(26 + n * 4, "web-9", InfectedFilePath="/tmp/a") for n in range(5)], _again("/tmp/kdevtmpfsi", 5),
        *(_again(path, 5) for path in (r"C:\Drive\a", r"C:\box\a", r"C:\XOneDrive\a", r"C:\XDropbox\a", "/XDropbox/"))],
    ("lateral-movement", "medium", "Exploits, blocked"): [
        *(s.sweep("PayloadLog", 3, source, 10) for source in PRIVATE),
        *(s.sweep("PayloadLog", 3, f"10.0.8.{port % 256}", DestinationPort=port) for port in PORTS),
        *(s.sweep("PayloadLog", 3, f"10.0.9.{action}", Action=action) for action in range(1, 6)),
        [each | {"Hostname": "db"} for each in s.sweep("PayloadLog", 3, "10.0.5.5")]],
    ("lateral-movement", "medium", "Passwords, guessed"): [
        [s.guesses(34, host, source) for host in HOSTS[:3]] for source in PRIVATE],
    ("lateral-movement", "medium", "Connections, denied"): [
        *(s.sweep("PacketLog", 10, source, Action=1) for source in PRIVATE),
        *(s.sweep("PacketLog", 10, f"10.0.8.{port % 256}", Action=129, DestinationPort=port) for port in PORTS)],
    ("brute-force-then-logon", "critical", "Failures followed by a success"): [[FOUND]],  # Events from level 6.
    ("brute-force-then-logon", "critical", "Guesses, then a logon"): [[*[GUESSED] * 5, s.logon(34.9, *FROM)]],
    ("brute-force-then-logon", "low", "Mistyped, then a logon"): [[GUESSED, s.logon(34.1, *FROM)]],
    ("host-tampered", "high", "SSH key or logon program"): [
        *_changes([s.AUTHORIZED_KEYS], ["/usr/bin/perl"], (1, 2, 4)),
        _change(s.AUTHORIZED_KEYS, on=""),
        *([each | {"HostID": number} for each in _change(s.AUTHORIZED_KEYS)] for number in (1, 2)),  # Of one name.
        *_changes(LOGON_PROGRAMS),
        *_changes([s.RUN_KEY], (*_instances(OWN), *FEIGNED)),
        *_changes([USERS_RUN_KEY], (r"C:\Users\a\AppData\Local\x\e.exe", SQUIRREL.replace("Users", "a"),
                                    r"C:\Users\a\AppData\Local\Microsoft\OneDriveX\a.exe", rf"C:\x{OWN[1][2:-1]}a"))],
    ("keys-changed", "high", ""): [
        *_changes(LOGON_PROGRAMS, ["N/A"]),
        [each | {"Change": 1} for host in HOSTS for each in _change(s.AUTHORIZED_KEYS, "N/A", on=host)]],
    ("host-tampered", "high", "System program or sudoers"): [
        *_changes(SYSTEM_FILES), *_changes(["/usr/bin/ls"], (*FEIGNED, *_feigned(HANDS))),
        *_changes(["/usr/bin/ls"], ["/bin/sh"], (1, 4))],
    ("web-shell", "high", ""): [
        _change(f"C:\\inetpub\\wwwroot\\a.{page}", f"C:\\a\\{process}.exe", 1, on=f"{page}-{process}")
        for page, process in (("aspx", "w3wp"), ("ashx", "MSExchangeMailboxReplication"), ("asmx", "UMWorkerProcess"),
                              ("asp", "powershell"), ("aspx", "cmd"))],
    ("host-tampered", "high", "Administrators changed"): [
        [ADDED], [administrator(34, "x-512", "S-1-5-21-1-2-3-1104", "CN=x-512,CN=Users", "web-7")],
        *([ADDED | {"HostID": rule, "OSSEC_RuleID": rule}] for rule in (18222, 18229, 18230)),
        *([administrator(34, "x", "S-1-5-21-1-2-3-1104", f"CN=AUDIT_SUCCESS({n}):", f"pc-{n}")] for n in REMOVED),
        *([_log("", host=f"dc-{name}", OSSEC_RuleID=100217, OSSEC_Description=f"{name} Group Changed")]
          for name in ("Administrators", "Domain Admins", "Schema Admins", "Enterprise Admins"))],
    ("log-cleared", "high", ""): [
        [_log("logs_cleared", OSSEC_RuleID=18118)],  # Level 9.
        [_log("", host="web-8", OSSEC_RuleID=100118, OSSEC_Description="Windows audit log was cleared.")]],
    ("host-tampered", "low", "Account changed amid guesses"): [
        [s.guesses(34, f"db-{n}{key}", "203.0.113.66"), s.change(35.5, f"db-{n}{key}", key, "/bin/sh") | {"Change": n}]
        for n in (1, 2, 4) for key in ("/etc/passwd", "/etc/shadow")] + [
        [s.guesses(34, f"db-{path}", "203.0.113.66"), s.change(35.5, f"db-{path}", "/etc/passwd", path)]
        for path in _feigned(LINUX + HANDS)],
    ("new-autostart", "medium", ""): _apart(
        *_changes(AUTOSTARTS), *_changes(["/etc/cron.d/a"], _feigned(LINUX + HANDS)),
        _change("/etc/cron.d/b", change=1), [s.change(34, host, "/etc/cron.d/c", "/usr/bin/curl") for host in HOSTS],
        [s.change(34 + n / 99, "web-9", key, "/tmp/x") for n, key in enumerate(AUTOSTARTS)]),
    ("protection-off", "high", ""): _apart(
        [s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")],
        *([s.system(34, "web-9", number)] for number, (title, _) in s.SYSTEM_EVENTS.items()
          if title.lower().endswith("engine offline"))),
    ("manager-changed", "medium", ""): [
        [s.system(34, "", number, ActionBy=f"intruder-{number}")] for number in (251, 259, 351, 352, 708, 2907)],
    ("manager-sign-ins", "medium", "Repeated failures"): _apart(*(
        [s.system(34 + place / 20, "", number) for place in range(10)] for number in (160, 608, 675))),
    ("manager-sign-ins", "low", "Account locked"): _apart(*([s.system(34, "", number)] for number in (603, 673))),
    ("protection-removed", "high", ""): [
        [s.system(34 + n / 11, f"web-{n}", (259, 708, 2907)[n % 3], ActionBy="weekly-admin") for n in range(10)]],
    ("unknown-software", "medium", ""): _apart(
        *([s.blocked_software(34, host, path) for host in HOSTS[:3]] for path in OPEN_FOLDERS)),
    ("reconnaissance", "low", ""): [
        [s.system(34 + n / 60, host, number) for n, host in enumerate(HOSTS[:10])] for number in range(850, 855)],
    ("callbacks", "high", "Not blocked"): [_calls(1, 1, DetectOnly=True)],
    ("callbacks", "medium", "Blocked, again and again"): [_calls(30, 10, Risk=3), _calls(30, 10, "web-8")],
}  # fmt: skip
_CHAINS: Mapping[str, tuple[Sequence[str], Events, str]] = {
    "Kinsing: cron, key, miner that comes again": (("SSH key or logon program", "new-autostart", "malware-returns"),
        [*_change("/etc/crontab"), *_change(s.AUTHORIZED_KEYS, "/usr/bin/curl"), *_again("/tmp/kdevtmpfsi", 6)],
        "https://sequoia.health/blog/kinsing-miner-how-to-find"),
    "SSH password found, an account, sudoers": (("Failures followed by a success", "System program or sudoers"),
        [GUESSED, FOUND, ACCOUNT, s.change(34.3, "web-9", "/etc/sudoers.d/x", "/usr/bin/tee")],
        "https://github.com/ossec/ossec-hids/issues/1082"),
    "Log4Shell detected, program blocked, calls home": (
        ("Critical exploit not blocked", "unknown-software", "Blocked, again and again"),
        [s.event("PayloadLog", 34, "web-9", SourceIP="203.0.113.8", Severity=4, **DETECTED),
         s.blocked_software(34.1, "web-9", "/tmp/x"), *_calls(60, 6)],
        "https://success.trendmicro.com/tw/solution/000289946"),
    "RedTail: SSH password found, key, cron, miner": (
        ("Failures followed by a success", "SSH key or logon program", "new-autostart"),
        [GUESSED, FOUND, *_change(s.AUTHORIZED_KEYS), *_change("/etc/crontab"),
         s.removed(34.2, "web-9", InfectedFilePath="/tmp/.redtail")],
        "https://github.com/SigmaHQ/sigma/pull/6229"),
    "ProxyShell detected, web shell found": (("Critical exploit not blocked", "web-shell"),
        [*s.sweep("PayloadLog", 1, "203.0.113.8", Severity=4, DestinationPort=443, **DETECTED),
         s.change(34.1, "web-1", r"C:\inetpub\a\zx.aspx", r"C:\MSExchangeMailboxReplication.exe") | {"Change": 1},
         s.removed(34.2, "web-1", InfectedFilePath=r"C:\inetpub\wwwroot\aspnet_client\zx.aspx")],
        "https://research.splunk.com/endpoint/detect_exchange_web_shell/"),
    "Skidmap: PAM and the loader, then cron": (("System program or sudoers", "new-autostart"),
        [*_change("/lib64/security/pam_unix.so"), *_change("/etc/ld.so.preload", change=1), *_change("/etc/crontab")],
        "https://slackcare.com/skidmap-the-malware-that-affects-linux-and-does-cryptomining/"),
    "RDP password found, administrator, engine off, ransomware, log cleared": (
        ("Guesses, then a logon", "Administrators changed", "Malware blocked, file still there", "protection-off",
         "log-cleared"),
        [*REMOTE_DESKTOP, ADDED | {"LogDate": s.at(34.3)}, s.system(34.5, "web-9", 393),
         s.malware(34.7, "web-9", "Terminated", (0, 0)), _log("", 34.8, OSSEC_RuleID=18118)],
        "https://dfirinsights.com/2024/05/07/windows-remote-desktop-forensics/"),
    "malware stays on six hosts, found again and again": (["Malware still active"],
        [s.malware(34 + n / 60, f"web-{n % 6}", "Passed", (1, 0), MalwareName="Worm.A") for n in range(36)],
        "https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-reports-attack"),
    "sedexp: udev": (["new-autostart"], _change("/etc/udev/rules.d/99-sedexp.rules", "/usr/bin/sedexp", change=1),
        "https://www.aon.com/en/insights/cyber-labs/unveiling-sedexp"),
    "RotaJakiro: a unit among those of packages": (
        ["new-autostart"], _change("/lib/systemd/system/sys-temd-agent.service", "/tmp/x", change=1),
        "https://pberba.github.io/security/2022/01/30/linux-threat-hunting-for-persistence-systemd-timers-cron/"),
    "sticky keys after a password was found": (("Guesses, then a logon", "SSH key or logon program"),
        [*REMOTE_DESKTOP, s.change(34.2, "web-9", DEBUGGER, r"C:\Windows\System32\reg.exe")],
        "https://learn.microsoft.com/en-us/archive/blogs/jonathantrull/detecting-sticky-key-backdoors"),
    "Winlogon starts another shell": (
        ["SSH key or logon program"], _change(rf"{NT}\Winlogon\Shell", r"C:\Users\a\AppData\x.exe"),
        "https://attack.mitre.org/techniques/T1547/004/"),
    "LockBit over file shares, and what came before it, on twelve hosts": (
        ("Connections, denied", *["Malware blocked, file still there"] * 3),
        [*s.sweep("PacketLog", 12, "10.0.7.7", 0.5, Action=1),
         *(s.malware(34.2 + n / 60, host, "Terminated", (0, 0), MalwareName=("LockBit", "Mimikatz", "Cobalt")[n % 3])
           for n, host in enumerate(HOSTS[:12]))],
        "https://www.darktrace.com/blog/lockbit-ransomware-analysis-rapid-detonation-using-a-single-compromised-credential",
    ),
}  # fmt: skip
_NAMES = {case or rule: (rule, status, case) for rule, status, case in _STEPS}
ATTACKS = {
    name: Attack([signal] * len(_STEPS[signal]), [*chain(*_STEPS[signal])]) for name, signal in _NAMES.items()
} | {
    name: Attack([_NAMES[each] for each in signals], events, source)
    for name, (signals, events, source) in _CHAINS.items()
}  # fmt: skip

_WRITERS = {
    s.AUTHORIZED_KEYS: _instances(LINUX), s.RUN_KEY: _instances(WINDOWS), USERS_RUN_KEY: (SQUIRREL, *_instances(OWN)),
    **dict.fromkeys(("/etc/sudoers", "/etc/passwd", "/etc/cron.d/a"), _instances(LINUX + HANDS)),
    SYSTEM_FILES[-1]: _instances(WINDOWS), r"C:\Windows\System32\MRT.exe": (STUB,),
    "/var/spool/cron/tmp.Ab": ("/usr/bin/crontab",),
}  # fmt: skip
# Just not enough, the wrong way round, or of another kind: no rule may fire.
HARMLESS: dict[str, Events] = {
    "exploits, blocked": [*s.sweep("PayloadLog", 2, "10.0.7.7"), *s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4)],
    "lateral movement, too slowly": s.sweep("PayloadLog", 3, "10.0.7.7", 31),
    "detected or logged from inside, of low severity": [
        each | how for each in s.sweep("PayloadLog", 3, "10.0.7.7", Severity=1) for how in (DETECTED, {"Action": 6})],
    "nine denied": [*s.sweep("PacketLog", 9, "10.0.7.7", Action=1), *s.sweep("PacketLog", 20, "10.0.7.8", Action=6)],
    "denied, from public addresses": [*chain(*(s.sweep("PacketLog", 20, address, Action=1) for address in PUBLIC))],
    "guesses from inside, at two hosts, and from outside, at many": [
        s.guesses(34, host, source) for source, at in (("10.0.7.7", 2), ("203.0.113.9", 40)) for host in HOSTS[:at]],
    "failed once, at many": [s.log(34, host, "syslog,authentication_failed", "10.0.7.7") for host in HOSTS],
    "guesses, then a logon, from private addresses and from nowhere": [*chain(*(
        [make(34, "web-9", source) for make in (s.guesses, s.logon, s.success)] for source in (*PRIVATE, "")))],
    "other malware on each host": [s.removed(34, host, MalwareName=f"Trojan.{n}") for n, host in enumerate(HOSTS)],
    "malware on four hosts, a file four times": [*(s.removed(34, host) for host in HOSTS[:4]), *_again("/tmp/a", 4)],
    "other files each time": [s.removed(26 + n, "web-9", InfectedFilePath=f"/tmp/{n}") for n in range(9)],
    "files that are brought back, or have no name": [
        *_again(r"C:\u\OneDrive\a.xls", 9), *_again(r"C:\u\Dropbox\a.xls", 9),
        *_again("/home/u/Dropbox/a", 9), *_again("", 9)],
    "unwanted programs": [*chain(*(
        [*_again(f"/tmp/{name}", 9, MalwareName=name), *(s.removed(34, host, MalwareName=name) for host in HOSTS)]
        for name in ("PUA.T", "ADW_BUNDLE", "Adware.A")))],
    "guesses, then a logon too late, on other hosts, from another address, or none": [
        GUESSED, s.logon(35.1, *FROM), s.logon(34.1, "web-8", FROM[1]), s.logon(34.1, *FROM) | {"HostID": 1},
        s.logon(34.1, "web-9", "198.51.100.7"), s.log(34.1, "web-9", "syslog,errors", FROM[1])],
    "failed once, then a logon": [
        s.log(34, "web-9", "authentication_failed", "198.51.100.7"), s.logon(34.1, "web-9", "198.51.100.7"), ACCOUNT],
    "administrators removed": [
        ADDED | {"OSSEC_FullLog": start + ADDED["OSSEC_FullLog"].replace("4732", str(number))}
        for number in REMOVED for start in ("", "2024 May 15 10:00:00 ")],
    "nine deactivated, or ten by the manager, or only created": [
        s.system(34 + n / 20, f"web-{n}", number, **({"ActionBy": by} if by else {}))
        for last, number, by in ((9, 708, "MasterAdmin"), (10, 708, ""), (10, 250, "MasterAdmin"))
        for n in range(last)],
    "guesses, then an account too late, on another host, not set or by nobody, and another file": [GUESSED, *(
        ACCOUNT | other for other in ({"LogDate": s.at(36.1)}, {"HostID": 1}, {"Key": "/var/a"}, {"Change": 3},
                                      {"Process": "N/A"}))],
    "changed by those who do": [*chain(*(
        (s.guesses(33.9, f"db-{key}{n}", "203.0.113.66"), *_change(key, process, on=f"db-{key}{n}"))
        for key, by in _WRITERS.items() for n, process in enumerate(by)))],
    "changed by something unnamed": [
        each for key in (*SYSTEM_FILES, *AUTOSTARTS, "/etc/passwd") for each in _change(key, "N/A")],
    "pages deployed, or changed by their server": [
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\Windows\explorer.exe", change=1),
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\a\w3wp.exe"), *_change(r"C:\a.log", r"C:\a\w3wp.exe", change=1)],
    "deleted": [each for key in (s.AUTHORIZED_KEYS, "/etc/cron.d/a", "/bin/ls")
                for process in ("/bin/sh", "N/A") for each in _change(key, process, change=3)],
    "engine back, or with basic functions, and other alerts": [
        s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical", 192),
        s.alert(34, "web-9", "Send Policy Failed", "Critical"),
        *(s.system(34, "web-9", number) for number in (394, 721, 2209))],
    "somebody new who changes nothing, nine failures": [
        s.system(34, "", 600, ActionBy="new"), *(s.system(34 + place / 20, "", 608) for place in range(9))],
    "software allowed": [s.event("AppControlEvent", 34, "web-9", Path="/tmp/")],
    "nine hosts scanned": [s.system(34 + n / 60, host, 851) for n, host in enumerate(HOSTS[:9])],
    "calls, too few or too slowly, and to sites that are only suspicious": [
        *_calls(29, 10), *_calls(40, 13, "web-8"), *_calls(60, 5, "web-7", Risk=2),
        *_calls(40, 5, "web-6", Risk=3, DetectOnly=True)],
}  # fmt: skip
