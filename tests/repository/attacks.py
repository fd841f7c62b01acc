"""Attacks, the signals that have to come of each, and what is just not enough for one.

The chains are told by reports, which they name; the single steps by the list of what Deep Security can see.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from tests.repository import streams as s
from tests.repository.streams import DETECTED, HOSTS

Expected: TypeAlias = tuple[str, str, str]
Events: TypeAlias = Sequence[s.Properties]


class Attack(NamedTuple):
    """What happens, the signals that have to come of it, how many, and for chains who reports it."""

    signals: Sequence[Expected]
    events: Events
    number: int
    source: str = ""


def _change(key: str, process: str = "/bin/bash", change: int = 2, *, on: str = "web-9") -> Events:
    return [s.change(34, on, key, process) | {"Change": change}]


def _changes(*changes: tuple[Any, ...]) -> list[Events]:
    """What `_change` takes, each on a host of its own."""
    return [_change(*each, on=f"db-{each}-{place}") for place, each in enumerate(changes)]


def _by(key: str, processes: Iterable[str]) -> list[Events]:
    return _changes(*((key, process) for process in processes))


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
        f"4732: A member was added. Subject: Security ID: S-1-5-18 Account Name: {subject} Member: Security ID: {sid} "
        f"Account Name: {name} Group: Security ID: S-1-5-32-544 Group Name: Administrators"
    )
    return _log("group_changed", hour, host, OSSEC_RuleID=18217, OSSEC_FullLog=text)


ADDED = administrator(34, "ann", "S-1-5-21-1-2-3-1104", "CN=eve")
ACCOUNT = s.change(35.5, "web-9", "/etc/passwd", "/usr/sbin/useradd")
GUESSED, FOUND = s.guesses(34, "web-9", "203.0.113.66"), s.success(34.1, "web-9", "203.0.113.66")
REMOTE_DESKTOP = [
    _log("authentication_failures", source="203.0.113.5", OSSEC_RuleID=18152),
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
PACKAGE_MANAGERS = (
    *(f"/usr/bin/{name}" for name in ("apt-get", "dpkg", "dnf", "rpm", "yum", "zypper", "unattended-upgrade", "perl")),
    "/usr/bin/systemctl", "/bin/systemctl", "/bin/rpm", "/usr/lib/snapd/snapd",
)  # fmt: skip
CONFIGURATION = (
    *(f"/opt/{path}" for path in ("puppetlabs/puppet/bin/ruby", "chef/embedded/bin/ruby", "saltstack/salt/bin/python")),
    "/usr/bin/python3.9", "/usr/libexec/platform-python3.6",
)  # fmt: skip
CLOUD = (
    *(f"/usr/bin/{name}" for name in ("google_guest_agent", "amazon-ssm-agent", "ssm-agent-worker")),
    "/snap/amazon-ssm-agent/1/ssm-agent-worker",
)  # fmt: skip
ALTERNATIVES = ("/usr/bin/update-alternatives", "/usr/sbin/alternatives")
TREES = ("/usr/bin/rsync", "/usr/bin/podman", "/usr/bin/dockerd", "/opt/ds_agent/ds_agent")
EDITORS = ("/usr/bin/vim.basic", "/usr/bin/nano", "/usr/bin/emacs-gtk", "/usr/sbin/visudo")
PROGRAMS = (
    r"C:\Program Files\Trend Micro\AMSP\coreServiceShell.exe", r"C:\Program Files (x86)\Microsoft\EdgeUpdate\Edge.exe",
    *(rf"C:\Windows\System32\{name}.exe" for name in ("msiexec", "svchost")),
)  # fmt: skip
WINDOWS = (
    *(rf"C:\Windows\System32\{name}.exe" for name in ("poqexec", "drvinst", "spoolsv")), r"C:\Windows\CCM\CcmExec.exe",
    *(rf"C:\Windows\{folder}\a.exe" for folder in ("servicing", "WinSxS", "SoftwareDistribution")),
)  # fmt: skip
SQUIRREL, STUB = r"C:\Users\a\AppData\Local\Microsoft\Teams\Update.exe", r"C:\0f8c2d\mrtstub.exe"
# What an intruder may call a program, in folders where he may write.
FEIGNED = (
    *(rf"C:\temp\{path[3:]}" for path in (*WINDOWS, *PROGRAMS)), r"C:\WindowsXSystem32\svchost.exe", STUB,
    r"C:\Program FilesX\a.exe", *(f"/tmp{path}" for path in (*PACKAGE_MANAGERS, *CONFIGURATION, *CLOUD, *TREES)),
)  # fmt: skip
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
        # One that is found all day hides others for six hours at most.
        *([s.malware(124 + (6.5 * n + m / 2), "nas", "Access Denied", (5, 0)) for m in range(13)] for n in range(3))],
    ("exploit-not-blocked", "high", "Critical exploit not blocked"): _apart(
        s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4, Action=6),
        s.sweep("PayloadLog", 1, "203.0.113.9", Severity=4, Action=129),
        [s.event("PayloadLog", 34 + number / 60, "web-9", Severity=4, **DETECTED) for number in range(30)]),
    ("exploit-not-blocked", "low", "High exploit not blocked"): [
        s.sweep("PayloadLog", 1, "203.0.113.9", Severity=3, **DETECTED)],
    ("malware-spreads", "medium", ""): [
        [s.removed(34, host, MalwareName="Worm.B") for host in HOSTS],
        # Five hosts of one name.
        [each | {"HostID": n} for n, each in enumerate(_again("/tmp/a", 5, MalwareName="Worm.A"))]],
    ("malware-returns", "medium", ""): [
        [s.removed(26 + n * 4, "web-9", InfectedFilePath="/tmp/a") for n in range(5)], _again("/tmp/kdevtmpfsi", 5)],
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
    ("brute-force-then-logon", "critical", ""): [
        [GUESSED, s.logon(34.9, "web-9", "203.0.113.66")],
        [s.guesses(34, "web-8", "203.0.113.66"), s.success(34.1, "web-8", "203.0.113.66")]],  # Events from level 6.
    ("host-tampered", "high", "SSH key or logon program"): [
        *_changes(*((s.AUTHORIZED_KEYS, "/usr/bin/perl", change) for change in (1, 2, 4))),
        _change(s.AUTHORIZED_KEYS, "N/A"), _change(s.AUTHORIZED_KEYS, on=""),
        *([each | {"HostID": number} for each in _change(s.AUTHORIZED_KEYS)] for number in (1, 2)),  # Of one name.
        *_changes(*((key, "N/A") for key in LOGON_PROGRAMS)),
        *_by(s.RUN_KEY, (SQUIRREL, *FEIGNED)),
        *_by(USERS_RUN_KEY, (r"C:\Users\a\AppData\Local\x\evil.exe", SQUIRREL.replace("Users", "a")))],
    ("host-tampered", "high", "System program or sudoers"): [
        *_changes(*((key,) for key in SYSTEM_FILES)), *_by("/usr/bin/ls", FEIGNED),
        *_changes(*(("/usr/bin/ls", "/bin/sh", change) for change in (1, 4)))],
    ("host-tampered", "high", "Web shell"): _changes(*(
        (f"C:\\inetpub\\wwwroot\\a.{page}", f"C:\\a\\{process}.exe", 1)
        for page, process in (("aspx", "w3wp"), ("ashx", "MSExchangeMailboxReplication"), ("asmx", "UMWorkerProcess"),
                              ("asp", "powershell"), ("aspx", "cmd")))),
    ("host-tampered", "high", "Administrators changed"): [
        [ADDED], [administrator(34, "x-512", "S-1-5-21-1-2-3-1104", "CN=x-512,CN=Users", "web-7")],
        [_log("", host="web-8", OSSEC_RuleID=100217, OSSEC_Description="Administrators Group Changed")]],
    ("host-tampered", "high", "Audit log cleared"): [
        [_log("logs_cleared", OSSEC_RuleID=18118)],  # Level 9.
        [_log("", host="web-8", OSSEC_RuleID=100118, OSSEC_Description="Windows audit log was cleared.")]],
    ("host-tampered", "low", "Account changed amid guesses"): [
        [s.guesses(34, f"db-{n}{key}", "203.0.113.66"), s.change(35.5, f"db-{n}{key}", key, "/bin/sh") | {"Change": n}]
        for n in (1, 2, 4) for key in ("/etc/passwd", "/etc/shadow")],
    ("new-autostart", "medium", ""): [
        *_changes(*((key,) for key in AUTOSTARTS), *((key, "/tmp/x") for key, _ in s.NODE_STARTS)),
        *_by("/etc/cron.d/a", FEIGNED),
        _change("/etc/cron.d/b", change=1), [s.change(34, host, "/etc/cron.d/c", "/usr/bin/curl") for host in HOSTS]],
    ("protection-off", "high", ""): _apart(
        [s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")],
        *([s.system(34, "web-9", number)] for number, (title, _) in s.SYSTEM_EVENTS.items()
          if title.lower().endswith("engine offline"))),
    ("manager-changed", "medium", ""): [
        [s.system(34, "", number, ActionBy=f"intruder-{number}")] for number in (251, 259, 351, 352, 708, 2907)],
    ("manager-sign-ins", "medium", "Repeated failures"): _apart(*(
        [s.system(34 + place / 20, "", number) for place in range(10)] for number in (160, 608, 675))),
    ("manager-sign-ins", "low", "Account locked"): _apart(*([s.system(34, "", number)] for number in (603, 673))),
    ("unknown-software", "medium", ""): [
        *([s.blocked_software(34, host, path) for host in HOSTS[:3]] for path in OPEN_FOLDERS),
        *([s.blocked_software(34, "build-1", path)] for path, _ in s.builds(7))],  # Known, but not of this user.
    ("reconnaissance", "low", ""): [
        [s.system(34 + n / 60, host, number) for n, host in enumerate(HOSTS[:10])] for number in range(850, 855)],
    ("callbacks", "high", "Not blocked"): [_calls(1, 1, DetectOnly=True)],
    ("callbacks", "medium", "Blocked, again and again"): [_calls(30, 10, Risk=3), _calls(30, 10, "web-8")],
}  # fmt: skip
_CHAINS: Mapping[str, tuple[Sequence[str], Events, str]] = {
    "Kinsing: cron, key, miner that comes again": (
        ("SSH key or logon program", "new-autostart", "malware-returns"),
        [*_change("/etc/crontab"), *_change(s.AUTHORIZED_KEYS, "/usr/bin/curl"), *_again("/tmp/kdevtmpfsi", 6)],
        "https://sequoia.health/blog/kinsing-miner-how-to-find"),
    "SSH password found, an account, sudoers": (
        ("brute-force-then-logon", "System program or sudoers"),
        [GUESSED, FOUND, ACCOUNT, s.change(34.3, "web-9", "/etc/sudoers.d/x", "/usr/bin/tee")],
        "https://github.com/ossec/ossec-hids/issues/1082"),
    "Log4Shell detected, program blocked, calls home": (
        ("Critical exploit not blocked", "unknown-software", "Blocked, again and again"),
        [s.event("PayloadLog", 34, "web-9", SourceIP="203.0.113.8", Severity=4, **DETECTED),
         s.blocked_software(34.1, "web-9", "/tmp/x"), *_calls(60, 6)],
        "https://success.trendmicro.com/tw/solution/000289946"),
    "RedTail: SSH password found, key, cron, miner": (
        ("brute-force-then-logon", "SSH key or logon program", "new-autostart"),
        [GUESSED, FOUND, *_change(s.AUTHORIZED_KEYS), *_change("/etc/crontab"),
         s.removed(34.2, "web-9", InfectedFilePath="/tmp/.redtail")],
        "https://github.com/SigmaHQ/sigma/pull/6229"),
    "ProxyShell detected, web shell found": (
        ("Critical exploit not blocked", "Web shell"),
        [*s.sweep("PayloadLog", 1, "203.0.113.8", Severity=4, DestinationPort=443, **DETECTED),
         s.change(34.1, "web-1", r"C:\inetpub\a\zx.aspx", r"C:\MSExchangeMailboxReplication.exe") | {"Change": 1},
         s.removed(34.2, "web-1", InfectedFilePath=r"C:\inetpub\wwwroot\aspnet_client\zx.aspx")],
        "https://research.splunk.com/endpoint/detect_exchange_web_shell/"),
    "Skidmap: PAM and the loader, then cron": (
        ("System program or sudoers", "new-autostart"),
        [*_change("/lib64/security/pam_unix.so"), *_change("/etc/ld.so.preload", change=1), *_change("/etc/crontab")],
        "https://slackcare.com/skidmap-the-malware-that-affects-linux-and-does-cryptomining/"),
    "RDP password found, administrator, engine off, ransomware, log cleared": (
        ("brute-force-then-logon", "Administrators changed", "Malware blocked, file still there", "protection-off"),
        [*REMOTE_DESKTOP, ADDED | {"LogDate": s.at(34.3)}, s.system(34.5, "web-9", 393),
         s.malware(34.7, "web-9", "Terminated", (0, 0)), _log("", 34.8, OSSEC_RuleID=18118)],
        "https://dfirinsights.com/2024/05/07/windows-remote-desktop-forensics/"),
    "malware stays on six hosts, found again and again": (
        ["Malware still active"],
        [s.malware(34 + n / 60, f"web-{n % 6}", "Passed", (1, 0), MalwareName="Worm.A") for n in range(36)],
        "https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-reports-attack"),
    "sedexp: a udev rule": (
        ["new-autostart"], _change("/etc/udev/rules.d/99-sedexp.rules", "/usr/bin/sedexp", change=1),
        "https://www.aon.com/en/insights/cyber-labs/unveiling-sedexp"),
    "RotaJakiro: a unit among those of packages": (
        ["new-autostart"], _change("/lib/systemd/system/sys-temd-agent.service", "/tmp/x", change=1),
        "https://pberba.github.io/security/2022/01/30/linux-threat-hunting-for-persistence-systemd-timers-cron/"),
    "sticky keys after a password was found": (
        ("brute-force-then-logon", "SSH key or logon program"),
        [*REMOTE_DESKTOP, s.change(34.2, "web-9", DEBUGGER, r"C:\Windows\System32\reg.exe")],
        "https://learn.microsoft.com/en-us/archive/blogs/jonathantrull/detecting-sticky-key-backdoors"),
    "Winlogon starts another shell": (
        ["SSH key or logon program"], _change(rf"{NT}\Winlogon\Shell", r"C:\Users\a\AppData\x.exe"),
        "https://attack.mitre.org/techniques/T1547/004/"),
    "LockBit over file shares, and what came before it, on twelve hosts": (
        ("Connections, denied", "Malware blocked, file still there"),
        [*s.sweep("PacketLog", 12, "10.0.7.7", 0.5, Action=1),
         *(s.malware(34.2 + n / 60, host, "Terminated", (0, 0), MalwareName=("LockBit", "Mimikatz", "Cobalt")[n % 3])
           for n, host in enumerate(HOSTS[:12]))],
        "https://www.darktrace.com/blog/lockbit-ransomware-analysis-rapid-detonation-using-a-single-compromised-credential",
    ),
}  # fmt: skip
_NAMES = {case or rule: (rule, status, case) for rule, status, case in _STEPS}
ATTACKS = {
    name: Attack([signal], [*chain(*_STEPS[signal])], len(_STEPS[signal])) for name, signal in _NAMES.items()
} | {
    name: Attack([_NAMES[each] for each in signals], events, len(signals), source)
    for name, (signals, events, source) in _CHAINS.items()
}  # fmt: skip

_WRITERS = {
    s.AUTHORIZED_KEYS: (*CONFIGURATION, *CLOUD, TREES[0]), s.RUN_KEY: PROGRAMS, USERS_RUN_KEY: (SQUIRREL,),
    **dict.fromkeys(("/etc/sudoers", "/etc/passwd"), (*PACKAGE_MANAGERS, *CONFIGURATION, *CLOUD, *EDITORS)),
    **dict.fromkeys(("/usr/bin/ls", "/etc/cron.d/a"), (*PACKAGE_MANAGERS, *CONFIGURATION, *TREES)),
    "/usr/sbin/a": ALTERNATIVES, "/etc/crontab": EDITORS, SYSTEM_FILES[-1]: (*WINDOWS, *PROGRAMS),
    r"C:\Windows\System32\MRT.exe": (STUB,), "/var/spool/cron/tmp.Ab": ("/usr/bin/crontab",),
}  # fmt: skip
# Just not enough, the wrong way round, or of another kind: no rule may fire.
HARMLESS: dict[str, Events] = {
    "exploits, blocked": [*s.sweep("PayloadLog", 2, "10.0.7.7"), *s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4)],
    "lateral movement, too slowly": s.sweep("PayloadLog", 3, "10.0.7.7", 31),
    "detected or logged from inside, of low severity": [
        each | how for each in s.sweep("PayloadLog", 3, "10.0.7.7", Severity=1) for how in (DETECTED, {"Action": 6})],
    "nine denied": [*s.sweep("PacketLog", 9, "10.0.7.7", Action=1), *s.sweep("PacketLog", 20, "10.0.7.8", Action=6)],
    "denied, from public addresses": [*chain(*(s.sweep("PacketLog", 20, address, Action=1) for address in PUBLIC))],
    "guesses from inside, at two hosts": [s.guesses(34, host, "10.0.7.7") for host in HOSTS[:2]],
    "guesses from outside, at many": [s.guesses(34, host, "203.0.113.9") for host in HOSTS],
    "failed once, at many": [s.log(34, host, "syslog,authentication_failed", "10.0.7.7") for host in HOSTS],
    "guesses, then a logon, from private addresses and from nowhere": [*chain(*(
        (s.guesses(34, "web-9", source), s.logon(34.1, "web-9", source)) for source in (*PRIVATE, "")))],
    "guesses, then a logon on another host of that name": [GUESSED, FOUND | {"HostID": 1}],
    "other malware on each host": [s.removed(34, host, MalwareName=f"Trojan.{n}") for n, host in enumerate(HOSTS)],
    "malware on four hosts, a file four times": [*(s.removed(34, host) for host in HOSTS[:4]), *_again("/tmp/a", 4)],
    "other files each time": [s.removed(26 + n, "web-9", InfectedFilePath=f"/tmp/{n}") for n in range(9)],
    "files that are brought back, or have no name": [
        *_again(r"C:\OneDrive\a.xls", 9), *_again(r"C:\Dropbox\a.xls", 9), *_again("", 9)],
    "test files and unwanted programs": [*chain(*(
        [*_again(f"/tmp/{name}", 9, MalwareName=name), *(s.removed(34, host, MalwareName=name) for host in HOSTS)]
        for name in ("Eicar_test_1", "EICAR_TEST_FILE", "PUA.T", "ADW_BUNDLE")))],
    "test files that stay": [*_stays(MalwareName="Eicar_test_1"), *_stays("Passed", (1, 0), MalwareName="EICAR_TEST")],
    "logon before the guesses": [s.logon(33.9, "web-9", "203.0.113.66"), GUESSED],
    "logon too late": [GUESSED, s.logon(35.1, "web-9", "203.0.113.66")],
    "logon on another host": [GUESSED, s.logon(34.1, "web-8", "203.0.113.66")],
    "logon from another address": [GUESSED, s.logon(34.1, "web-9", "198.51.100.7")],
    "failed once, then a logon": [
        s.log(34, "web-9", "authentication_failed", "198.51.100.7"), s.logon(34.1, "web-9", "198.51.100.7"), ACCOUNT],
    "guesses, and other findings from there": [GUESSED, s.log(34.1, "web-9", "syslog,errors", "203.0.113.66")],
    "account changed too late": [GUESSED, ACCOUNT | {"LogDate": s.at(36.1)}],
    "account changed on another host": [GUESSED, ACCOUNT | {"HostID": 1}],
    "guesses, then other changes": [
        GUESSED, *(ACCOUNT | other for other in ({"Key": "/var/a"}, {"Change": 3}, {"Process": "N/A"}))],
    "changed by those who do": [*chain(*(
        (s.guesses(33.9, f"db-{key}{n}", "203.0.113.66"), *_change(key, process, on=f"db-{key}{n}"))
        for key, by in _WRITERS.items() for n, process in enumerate(by)))],
    "changed by something unnamed": [
        each for key in (*SYSTEM_FILES, *AUTOSTARTS, "/etc/passwd") for each in _change(key, "N/A")],
    "pages deployed, or changed by their server": [
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\Windows\explorer.exe", change=1),
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\a\w3wp.exe"), *_change(r"C:\a.log", r"C:\a\w3wp.exe", change=1)],
    "deleted": [each for key in (s.AUTHORIZED_KEYS, "/etc/cron.d/a", "/bin/ls") for each in _change(key, change=3)],
    "engine back, or with basic functions": [
        s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical", 192),
        *(s.system(34, "web-9", number) for number in (394, 2209))],
    "other alert": [s.alert(34, "web-9", "Send Policy Failed", "Critical"), s.system(34, "web-9", 721)],
    "somebody new who changes nothing": [s.system(34, "", 600, ActionBy="new")],
    "nine failures": [s.system(34 + place / 20, "", 608) for place in range(9)],
    "software allowed": [s.event("AppControlEvent", 34, "web-9", Path="/tmp/")],
    "nine hosts scanned": [s.system(34 + n / 60, host, 851) for n, host in enumerate(HOSTS[:9])],
    "calls, too few or too slowly, and to sites that are only suspicious": [
        *_calls(29, 10), *_calls(40, 13, "web-8"), *_calls(60, 5, "web-7", Risk=2),
        *_calls(40, 5, "web-6", Risk=3, DetectOnly=True)],
}  # fmt: skip
