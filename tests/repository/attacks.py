"""Attacks, the signals that have to come of each, and what is just not enough for one.

The chains are told by reports, which they name; the single steps by the list of what Deep Security can see.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tests.repository import streams as s
from tests.repository.streams import DETECTED, HOSTS

Expected: TypeAlias = tuple[str, str, str]
Events: TypeAlias = Sequence[s.Properties]


class Attack(NamedTuple):
    """What happens on the second day, the signals that have to come of it, and for chains who reports it."""

    signals: tuple[Expected, ...]
    events: Events
    source: str = ""


def _change(key: str, process: str = "/usr/bin/bash", kind: str = "File", number: int = 2) -> Events:
    return [s.change(34, "web-9", key, process, kind) | {"Change": number}]


def _calls(count: int, minutes: float, **properties: object) -> Events:
    own = {"Risk": 4, **properties}
    return [s.event("WebReputationEvent", 34 + number * minutes / 60, "web-9", **own) for number in range(count)]


def _account(key: str, hour: float = 35.5, host: str = "web-9", process: str = "/usr/sbin/useradd") -> s.Properties:
    return s.change(hour, host, key, process)


def _again(path: str, count: int, **properties: object) -> Events:
    """Other malware each time, deleted or cleaned."""
    steps = [{"ScanAction1": (2, 4)[n % 2], "ScanResultString": ("Deleted", "Cleaned")[n % 2]} for n in range(count)]
    own = [{"InfectedFilePath": path, "MalwareName": f"Miner.{n}", **step} for n, step in enumerate(steps)]
    return [s.removed(26 + n, "web-9", **{**each, **properties}) for n, each in enumerate(own)]


def _failures(count: int, number: int) -> Events:
    return [s.system(34 + place / 20, "", number) for place in range(count)]


GUESSED = s.guesses(34, "web-9", "203.0.113.66")
PRIVATE = (
    "10.0.7.7", "192.168.7.7", *(f"172.{number}.0.1" for number in range(16, 32)), "127.0.0.1", "169.254.7.7",
    *(f"100.{number}.0.1" for number in (*range(64, 70), 70, 80, 90, 100, 110, *range(120, 128))),
    "fc00::7", "fd7a::7", "fe80::7", "::1",
)  # fmt: skip
SYSTEM_FILES = (
    "/bin/ls", "/sbin/init", "/usr/bin/ls", "/usr/sbin/sshd", "/etc/sudoers.d/x", "/lib64/security/pam_unix.so",
    "/etc/ld.so.preload", r"C:\Windows\System32\a.exe", r"C:\Windows\System32\version.dll",
    r"C:\Windows\System32\drivers\a.sys",
)  # fmt: skip
SCHEDULES = (
    "/etc/cron.d/a", "/etc/crontab", "/var/spool/cron/root", "/etc/systemd/system/a.service",
    "/etc/systemd/system/a.timer", "/etc/rc.local", "/etc/init.d/a",
)  # fmt: skip
PACKAGE_MANAGERS = (
    "/usr/bin/apt-get", "/usr/bin/dpkg", "/usr/bin/dnf", "/usr/bin/rpm", "/usr/bin/yum", "/usr/bin/zypper",
    "/usr/bin/unattended-upgrade", "/usr/lib/snapd/snapd", "/usr/bin/perl", "/usr/bin/systemctl",
    "/usr/bin/update-alternatives", "/usr/sbin/alternatives", "/bin/systemctl", "/bin/rpm",
)  # fmt: skip
PYTHON = ("/usr/bin/python3.9", "/usr/libexec/platform-python3.6")
CLOUD = (
    "/usr/bin/google_guest_agent", "/usr/bin/amazon-ssm-agent", "/usr/bin/ssm-agent-worker",
    "/snap/amazon-ssm-agent/1/ssm-agent-worker",
)  # fmt: skip
WINDOWS = (
    r"C:\Windows\servicing\TrustedInstaller.exe", r"C:\Windows\WinSxS\amd64\TiWorker.exe", r"C:\0f8c2d\mrtstub.exe",
    r"C:\Windows\System32\poqexec.exe", r"C:\Windows\System32\drvinst.exe",
    r"C:\Windows\SoftwareDistribution\a.exe", r"C:\Program Files\Trend Micro\AMSP\coreServiceShell.exe",
)  # fmt: skip
MSI = (r"C:\Windows\System32\msiexec.exe",)
TREES = ("/usr/bin/rsync", "/usr/bin/podman", "/usr/bin/dockerd", "/opt/ds_agent/ds_agent")
EDITORS = ("/usr/bin/vim.basic", "/usr/bin/nano", "/usr/bin/emacs-gtk", "/usr/sbin/visudo")
RUN_UPDATERS = (r"C:\Users\a\OneDriveSetup.exe", r"C:\Program Files (x86)\Microsoft\EdgeUpdate\MicrosoftEdgeUpdate.exe")
PORTS = (22, 135, 139, 445, 1433, 2375, 3306, 3389, 5432, 5985, 5986, 6379, 10250)
OPEN_FOLDERS = (
    "/tmp/kinsing", "/var/tmp/x", "/dev/shm/x", "/var/www/x", "/home/ann/x", "/root/x", "/run/user/0/x", "/srv/x",
    "/opt/.x/kinsing", r"C:\Users\ann\x.exe", r"C:\ProgramData\x.exe", r"C:\Windows\Temp\x.exe",
    r"C:\inetpub\wwwroot\x.exe",
)  # fmt: skip

_EXPECTED: Mapping[Expected, Mapping[str, Events]] = {
    ("not-stopped", "critical", "Malware still active"): {
        "malware passed": [s.malware(34, "web-9", "Passed", (1, 0))],
        "malware, cleaning failed": [s.malware(34, "web-9", "Clean Failed", (4, -81))],
        "malware in another language": [s.malware(34, "web-9", "Échec", (2, -1))],
    },
    ("not-stopped", "high", "Malware blocked, file still there"): {
        "malware, access denied": [s.malware(34, "web-9", "Access Denied", (5, 0))],
        "ransomware, process terminated": [s.malware(34, "web-9", "Terminated", (0, 0))],
    },
    ("not-stopped", "high", "Critical exploit not blocked"): {
        "thirty critical exploits on one host, only detected": [
            s.event("PayloadLog", 34 + number / 60, "web-9", SourceIP=f"203.0.113.{number}", Severity=4, **DETECTED)
            for number in range(30)],
        "critical exploits on many hosts, only logged": s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4, Action=6),
        "critical exploit, detected instead of denied": s.sweep("PayloadLog", 1, "203.0.113.9", Severity=4, Action=129),
    },
    ("not-stopped", "low", "High exploit not blocked"): {
        "exploit of high severity, only detected": s.sweep("PayloadLog", 1, "203.0.113.9", Severity=3, **DETECTED),
    },
    ("malware-spreads", "medium", ""): {
        "the same malware on forty hosts, all quarantined": [s.removed(34, host) for host in HOSTS],
        "worm that is deleted or cleaned on five hosts": [
            each | {"Hostname": HOSTS[n]} for n, each in enumerate(_again("/tmp/a", 5, MalwareName="Worm.A"))],
    },
    ("malware-returns", "medium", ""): {
        "the same file again and again": [s.removed(26 + n * 4, "web-9", InfectedFilePath="/tmp/a") for n in range(5)],
        "the same file again, deleted or cleaned": _again("/tmp/kdevtmpfsi", 5),
    },
    ("lateral-movement", "medium", "Exploits, blocked"): {
        **{f"lateral movement from {source}": s.sweep("PayloadLog", 3, source, 10) for source in PRIVATE},
        **{f"exploits on port {port}": s.sweep("PayloadLog", 3, "10.0.7.7", DestinationPort=port) for port in PORTS},
    },
    ("lateral-movement", "medium", "Passwords, guessed"): {
        f"passwords guessed from {source}": [s.guesses(34, host, source) for host in HOSTS[:3]] for source in PRIVATE
    },
    ("lateral-movement", "medium", "Connections, denied"): {
        **{f"ports probed from {source}, action {action}": s.sweep("PacketLog", 10, source, Action=action)
           for source in PRIVATE for action in (1, 129)},
        **{f"port {port} probed": s.sweep("PacketLog", 10, "10.0.7.7", Action=1, DestinationPort=port)
           for port in PORTS},
    },
    ("brute-force-then-logon", "critical", ""): {
        "password found": [GUESSED, s.logon(34.9, "web-9", "203.0.113.66")],
        "password found, events from level 6": [GUESSED, s.success(34.1, "web-9", "203.0.113.66")],
    },
    ("host-tampered", "high", "SSH key or run key"): {
        "authorized key": _change(s.AUTHORIZED_KEYS),
        "authorized key, no real time": _change(s.AUTHORIZED_KEYS, "N/A"),
        "authorized key, by Perl": _change(s.AUTHORIZED_KEYS, "/usr/bin/perl"),
        "run key": _change(s.RUN_KEY, "N/A", "RegistryValue"),
        # As long as its name makes the tag lose its middle.
        "run key with a long name": _change(s.RUN_KEY + "x" * 200, "N/A", "RegistryValue"),
        "run key of a policy": _change(s.RUN_KEY.replace("Run", r"Policies\Explorer\Run"), "N/A", "RegistryValue"),
        **{f"authorized key, change {number}": _change(s.AUTHORIZED_KEYS, number=number) for number in (1, 4)},
    },
    ("host-tampered", "high", "System program or sudoers"): {
        **{f"{key} replaced": _change(key) for key in SYSTEM_FILES},
        **{f"system program, change {number}": _change("/usr/bin/ls", number=number) for number in (1, 4)},
    },
    ("host-tampered", "high", "Web shell"): {
        f"{page} by {process}": _change(f"C:\\inetpub\\wwwroot\\{page}", f"C:\\a\\{process}.exe", number=1)
        for page, process in (
            ("a.aspx", "w3wp"), ("a.ashx", "MSExchangeMailboxReplication"), ("a.asmx", "UMWorkerProcess"),
            ("a.asp", "powershell"), ("b.aspx", "cmd"))
    },
    ("host-tampered", "high", "Administrators changed"): {
        # By OSSEC's rules, etc/rules/msauth_rules.xml: 18217, level 12, and 18118, level 9.
        "administrator": [s.log(34, "web-9", "windows,group_changed", "", OSSEC_RuleID=18217)],
        "administrator, a rule of one's own": [
            s.log(34, "web-9", "windows", "", OSSEC_RuleID=100217, OSSEC_Description="Administrators Group Changed")],
    },
    ("host-tampered", "high", "Audit log cleared"): {
        "audit log cleared": [s.log(34, "web-9", "windows,logs_cleared", "", OSSEC_RuleID=18118)],
        "audit log cleared, a rule of one's own": [
            s.log(34, "web-9", "windows", "", OSSEC_RuleID=100118, OSSEC_Description="Windows audit log was cleared.")],
    },
    ("host-tampered", "medium", "Cron or service"): {
        **{f"{key} changed": _change(key) for key in SCHEDULES},
        **{f"cron, change {number}": _change("/etc/crontab", number=number) for number in (1, 4)},
    },
    ("host-tampered", "low", "Account changed amid guesses"): {
        **{f"{key} after guesses": [GUESSED, _account(key)] for key in ("/etc/passwd", "/etc/shadow")},
        **{f"account, change {n}": [GUESSED, _account("/etc/passwd") | {"Change": n}] for n in (1, 4)},
    },
    ("protection-off", "high", ""): {
        "engine offline, as an alert": [s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")],
        **{f"{title}, as an event": [s.system(34, "web-9", number)]
           for number, (title, _) in s.SYSTEM_EVENTS.items() if title.lower().endswith("engine offline")},
    },
    ("manager-changed", "medium", ""): {
        s.SYSTEM_EVENTS[number][0]: [s.system(34, "", number, ActionBy="intruder")]
        for number in (251, 259, 351, 352, 708, 2907)
    },
    ("manager-sign-ins", "medium", "Repeated failures"): {
        f"{s.SYSTEM_EVENTS[number][0]}, ten times": _failures(10, number) for number in (160, 608, 675)
    },
    ("manager-sign-ins", "low", "Account locked"): {
        s.SYSTEM_EVENTS[number][0]: _failures(1, number) for number in (603, 673)
    },
    ("unknown-software", "medium", ""): {
        f"unknown software, {path}": [s.blocked_software(34, host, path) for host in HOSTS] for path in OPEN_FOLDERS
    },
    ("reconnaissance", "low", ""): {
        s.SYSTEM_EVENTS[number][0]: [s.system(34 + n / 60, host, number) for n, host in enumerate(HOSTS[:10])]
        for number in range(850, 855)
    },
    ("callbacks", "high", "Not blocked"): {"dangerous site reached": _calls(1, 1, DetectOnly=True)},
    ("callbacks", "medium", "Blocked, again and again"): {
        "malware calls home": _calls(30, 10, Risk=3),
        "malware calls a dangerous site": _calls(30, 10),
    },
}  # fmt: skip
_STEPS = {name: Attack((signal,), events) for signal, steps in _EXPECTED.items() for name, events in steps.items()}

_FOUND, _KEY = ("brute-force-then-logon", "critical", ""), ("host-tampered", "high", "SSH key or run key")
_PROGRAM, _GROUP = (("host-tampered", "high", case) for case in ("System program or sudoers", "Administrators changed"))
_EXPLOIT = ("not-stopped", "high", "Critical exploit not blocked")
_CHAINS = {
    "Kinsing: cron, key, miner that comes again": Attack(
        (_KEY, ("malware-returns", "medium", "")),
        [*_change("/etc/crontab"), *_change(s.AUTHORIZED_KEYS, "/usr/bin/curl"), *_again("/tmp/kdevtmpfsi", 6)],
        "https://sequoia.health/blog/kinsing-miner-how-to-find",
    ),
    "SSH password found, an account, sudoers": Attack(
        (_FOUND, _PROGRAM),
        [GUESSED, s.success(34.1, "web-9", "203.0.113.66"), _account("/etc/passwd", 34.2),
         _account("/etc/sudoers.d/x", 34.3, process="/usr/bin/tee")],
        "https://github.com/ossec/ossec-hids/issues/1082",
    ),
    "Log4Shell detected, program blocked, calls home": Attack(
        (_EXPLOIT, ("unknown-software", "medium", ""), ("callbacks", "medium", "Blocked, again and again")),
        [s.event("PayloadLog", 34, "web-9", SourceIP="203.0.113.8", Severity=4, **DETECTED),
         s.blocked_software(34.1, "web-9", "/tmp/x"), *_calls(60, 6)],
        "https://success.trendmicro.com/tw/solution/000289946",
    ),
    "RedTail: SSH password found, key, cron, miner": Attack(
        (_FOUND, _KEY),
        [GUESSED, s.success(34.05, "web-9", "203.0.113.66"), *_change(s.AUTHORIZED_KEYS), *_change("/etc/crontab"),
         s.removed(34.2, "web-9", InfectedFilePath="/tmp/.redtail")],
        "https://github.com/SigmaHQ/sigma/pull/6229",
    ),
    "ProxyShell detected, web shell found": Attack(
        (_EXPLOIT, ("host-tampered", "high", "Web shell")),
        [*s.sweep("PayloadLog", 1, "203.0.113.8", Severity=4, DestinationPort=443, **DETECTED),
         s.change(34.1, "web-1", r"C:\inetpub\a\zx.aspx", r"C:\MSExchangeMailboxReplication.exe") | {"Change": 1},
         s.removed(34.2, "web-1", InfectedFilePath=r"C:\inetpub\wwwroot\aspnet_client\zx.aspx")],
        "https://research.splunk.com/endpoint/detect_exchange_web_shell/",
    ),
    "Skidmap: PAM and the loader, then cron": Attack(
        (_PROGRAM,),
        [*_change("/lib64/security/pam_unix.so"), *_change("/etc/ld.so.preload", number=1), *_change("/etc/crontab")],
        "https://slackcare.com/skidmap-the-malware-that-affects-linux-and-does-cryptomining/",
    ),
    "RDP password found, administrator, engine off, ransomware, log cleared": Attack(
        (_FOUND, _GROUP, ("not-stopped", "high", "Malware blocked, file still there"), ("protection-off", "high", "")),
        [s.log(34, "web-9", "windows,authentication_failures", "203.0.113.5", OSSEC_RuleID=18152),
         s.log(34.2, "web-9", "windows,authentication_success", "203.0.113.5", OSSEC_RuleID=18107),
         s.log(34.3, "web-9", "windows", "", OSSEC_RuleID=18217), s.system(34.5, "web-9", 393),
         s.malware(34.7, "web-9", "Terminated", (0, 0)), s.log(34.8, "web-9", "windows", "", OSSEC_RuleID=18118)],
        "https://dfirinsights.com/2024/05/07/windows-remote-desktop-forensics/",
    ),
    "malware stays on six hosts, found again and again": Attack(
        (("not-stopped", "critical", "Malware still active"),),
        [s.malware(34 + n / 60, f"web-{n % 6}", "Passed", (1, 0), MalwareName="Worm.A") for n in range(36)],
        "https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-reports-attack",
    ),
}  # fmt: skip
ATTACKS = _STEPS | _CHAINS

_WRITERS = {
    s.AUTHORIZED_KEYS: (*PYTHON, *CLOUD, TREES[0]), s.RUN_KEY: (*MSI, *RUN_UPDATERS),
    **dict.fromkeys(("/etc/sudoers", "/etc/passwd"), (*PACKAGE_MANAGERS, *PYTHON, *CLOUD, *EDITORS)),
    **dict.fromkeys(("/usr/bin/ls", "/etc/cron.d/a"), (*PACKAGE_MANAGERS, *PYTHON, *TREES)), "/etc/crontab": EDITORS,
    SYSTEM_FILES[-1]: (*WINDOWS, *MSI, r"C:\Windows\System32\svchost.exe"),
}  # fmt: skip
# Just not enough, the wrong way round, or of another kind: no rule may fire.
HARMLESS: dict[str, Events] = {
    "exploits of two sources, blocked": [
        *s.sweep("PayloadLog", 2, "10.0.7.7"), *s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4)],
    "lateral movement, too slowly": s.sweep("PayloadLog", 3, "10.0.7.7", 31),
    "detected from inside, of low severity": s.sweep("PayloadLog", 3, "10.0.7.7", Severity=1, **DETECTED),
    "logged from inside, of low severity": s.sweep("PayloadLog", 3, "10.0.7.7", Severity=1, Action=6),
    "nine hosts denied": s.sweep("PacketLog", 9, "10.0.7.7", Action=1),
    "logged by the firewall": s.sweep("PacketLog", 20, "10.0.7.7", Action=6),
    **{f"denied, from {address}": s.sweep("PacketLog", 20, address, Action=1)
       for address in ("203.0.113.9", "172.15.0.1", "172.32.0.1", "192.0.2.1", "100.63.0.1", "100.128.0.1",
                       "2001:db8::1")},
    "guesses from inside, at two hosts": [s.guesses(34, host, "10.0.7.7") for host in HOSTS[:2]],
    "guesses from outside, at many": [s.guesses(34, host, "203.0.113.9") for host in HOSTS],
    "failed once, at many": [s.log(34, host, "syslog,authentication_failed", "10.0.7.7") for host in HOSTS],
    **{f"guesses, then a logon, from {source}": [s.guesses(34, "web-9", source), s.logon(34.1, "web-9", source)]
       for source in PRIVATE},
    "malware removed on four hosts": [s.removed(34 + n, HOSTS[n]) for n in range(4)],
    "other malware on each host": [s.removed(34, host, MalwareName=f"Trojan.{n}") for n, host in enumerate(HOSTS)],
    "the same file four times": _again("/tmp/a", 4),
    "other files each time": [s.removed(26 + n, "web-9", InfectedFilePath=f"/tmp/{n}") for n in range(9)],
    **{f"a file that {client} brings back": _again(f"C:\\{client}\\a.xls", 9) for client in ("OneDrive", "Dropbox")},
    **{f"{name}, again and again": _again("/tmp/a", 9, MalwareName=name) for name in ("Eicar_file", "PUA.T", "ADW_B")},
    "adware on many hosts": [s.removed(34, host, MalwareName="ADW_BUNDLE") for host in HOSTS],
    "logon before the guesses": [s.logon(33.9, "web-9", "203.0.113.66"), GUESSED],
    "logon too late": [GUESSED, s.logon(35.1, "web-9", "203.0.113.66")],
    "logon on another host": [GUESSED, s.logon(34.1, "web-8", "203.0.113.66")],
    "logon from another address": [GUESSED, s.logon(34.1, "web-9", "198.51.100.7")],
    "failed once, then a logon": [
        s.log(34, "web-9", "syslog,authentication_failed", "198.51.100.7"), s.logon(34.1, "web-9", "198.51.100.7"),
        _account("/etc/passwd", 34.2)],
    "guesses, and other findings from there": [GUESSED, s.log(34.1, "web-9", "syslog,errors", "203.0.113.66")],
    "account changed too late": [GUESSED, _account("/etc/passwd", 36.1)],
    "account changed on another host": [GUESSED, _account("/etc/passwd", 34.1, "web-8")],
    "guesses, then other changes": [
        GUESSED, _account("/var/a"), _account("/etc/passwd") | {"Change": 3}, _account("/etc/passwd", process="N/A")],
    **{f"{key}, by {process}": [GUESSED, *_change(key, process)] for key, by in _WRITERS.items() for process in by},
    "pages deployed, or changed by their server": [
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\Windows\explorer.exe", number=1),
        *_change(r"C:\inetpub\wwwroot\a.aspx", r"C:\a\w3wp.exe"), *_change(r"C:\a.log", r"C:\a\w3wp.exe", number=1)],
    "deleted": [each for key in (s.AUTHORIZED_KEYS, "/etc/cron.d/a", "/usr/bin/ls") for each in _change(key, number=3)],
    "engine back, or with basic functions": [
        s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical", 192),
        *(s.system(34, "web-9", number) for number in (394, 2209))],
    "other alert": [s.alert(34, "web-9", "Send Policy Failed", "Critical"), s.system(34, "web-9", 721)],
    "somebody new who changes nothing": [s.system(34, "", 600, ActionBy="new")],
    "nine failures": _failures(9, 608),
    "software allowed": [s.event("AppControlEvent", 34, "web-9", Path="/tmp/")],
    "nine hosts scanned": [s.system(34 + n / 60, host, 851) for n, host in enumerate(HOSTS[:9])],
    "highly suspicious site reached": _calls(40, 5, Risk=3, DetectOnly=True),
    "twenty-nine calls": _calls(29, 10),
    "calls to suspicious sites": _calls(60, 5, Risk=2),
    "calls too slowly": _calls(40, 13),
}  # fmt: skip
