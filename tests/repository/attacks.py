"""Attacks, the signals that have to come of each, and what is just not enough for one.

The chains are told by reports, which they name; the single steps by the list of what Deep Security can see.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from tests.repository import streams as s
from tests.repository.streams import DETECTED, HOSTS

Expected: TypeAlias = tuple[str, str, str]
Events: TypeAlias = Sequence[s.Properties]


class Attack(NamedTuple):
    """What happens on the second day, the signals that have to come of it, and for chains who reports it.

    count: how many signals, where it is not one of each.
    """

    signals: tuple[Expected, ...]
    events: Events
    source: str = ""
    count: int = 0


def _change(
    key: str, process: str = "/usr/bin/bash", kind: str = "File", number: int = 2, host: str = "web-9"
) -> Events:
    return [s.change(34, host, key, process, kind) | {"Change": number}]


def _changes(*changes: tuple[object, ...]) -> list[Events]:
    """What `_change` takes, each on a host of its own."""
    return [_change(*each, host=f"db-{place}") for place, each in enumerate(changes)]  # type: ignore[arg-type]


def _each(keys: Iterable[str], process: str = "/usr/bin/bash") -> list[Events]:
    return _changes(*((key, process) for key in keys))


def _calls(count: int, minutes: float, host: str = "web-9", **properties: object) -> Events:
    own = {"Risk": 4, "DetectOnly": False, **properties}
    return [s.event("WebReputationEvent", 34 + number * minutes / 60, host, **own) for number in range(count)]


def _account(key: str, hour: float = 35.5, host: str = "web-9", process: str = "/usr/sbin/useradd") -> s.Properties:
    return s.change(hour, host, key, process)


def _again(path: str, count: int, **properties: object) -> Events:
    """Other malware each time, deleted or cleaned."""
    steps = [{"ScanAction1": (2, 4)[n % 2], "ScanResultString": ("Deleted", "Cleaned")[n % 2]} for n in range(count)]
    own = [{"InfectedFilePath": path, "MalwareName": f"Miner.{n}", **step} for n, step in enumerate(steps)]
    return [s.removed(26 + n, "web-9", **{**each, **properties}) for n, each in enumerate(own)]


def _failures(count: int, number: int, hour: float = 34) -> Events:
    return [s.system(hour + place / 20, "", number) for place in range(count)]


GUESSED = s.guesses(34, "web-9", "203.0.113.66")
PRIVATE = (
    "10.0.7.7", "192.168.7.7", *(f"172.{number}.0.1" for number in range(16, 32)), "127.0.0.1", "169.254.7.7",
    *(f"100.{number}.0.1" for number in (*range(64, 70), 70, 80, 90, 100, 110, *range(120, 128))),
    "fc00::7", "fd7a::7", "fe80::7", "::1",
)  # fmt: skip
SYSTEM32 = "C:\\Windows\\System32\\"
SYSTEM_FILES = (
    "/bin/ls", "/sbin/init", "/usr/bin/ls", "/usr/sbin/sshd", "/etc/sudoers.d/x", "/lib64/security/pam_unix.so",
    "/etc/ld.so.preload", *(f"{SYSTEM32}{name}" for name in ("a.exe", "version.dll", r"drivers\a.sys")),
)  # fmt: skip
AUTOSTARTS = (
    "/etc/cron.d/a", "/etc/crontab", "/etc/anacrontab", "/var/spool/cron/crontabs/a", "/etc/systemd/system/a.service",
    "/etc/systemd/system/a.timer", "/lib/systemd/system/a.service", "/usr/lib/systemd/system/a.service",
    "/etc/rc.local", "/etc/init.d/a", "/etc/udev/rules.d/a.rules", "/etc/profile.d/a.sh",
)  # fmt: skip
NT = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
DEBUGGER = rf"{NT}\Image File Execution Options\sethc.exe\Debugger"
LOGON_PROGRAMS = (
    s.RUN_KEY, s.RUN_KEY + "x" * 200,  # As long as its name makes the tag lose its middle.
    s.RUN_KEY.replace("Run", r"Policies\Explorer\Run"), rf"{NT}\Winlogon\Shell", rf"{NT}\Winlogon\Userinit", DEBUGGER,
)  # fmt: skip
USERS_RUN_KEY = s.RUN_KEY.replace("LOCAL_MACHINE", r"USERS\S-1-5-21-1-2-3-1001")
PACKAGE_MANAGERS = (
    "/usr/bin/apt-get", "/usr/bin/dpkg", "/usr/bin/dnf", "/usr/bin/rpm", "/usr/bin/yum", "/usr/bin/zypper",
    "/usr/bin/unattended-upgrade", "/usr/lib/snapd/snapd", "/usr/bin/perl", "/usr/bin/systemctl", "/bin/systemctl",
    "/bin/rpm",
)  # fmt: skip
ALTERNATIVES = ("/usr/bin/update-alternatives", "/usr/sbin/alternatives")
CONFIGURATION = (
    "/usr/bin/python3.9", "/usr/libexec/platform-python3.6", "/opt/puppetlabs/puppet/bin/ruby",
    "/opt/chef/embedded/bin/ruby", "/opt/saltstack/salt/bin/python3.10",
)  # fmt: skip
CLOUD = (
    "/usr/bin/google_guest_agent", "/usr/bin/amazon-ssm-agent", "/usr/bin/ssm-agent-worker",
    "/snap/amazon-ssm-agent/1/ssm-agent-worker",
)  # fmt: skip
PROGRAMS = (
    r"C:\Program Files\Trend Micro\AMSP\coreServiceShell.exe",
    r"C:\Program Files (x86)\Microsoft\EdgeUpdate\MicrosoftEdgeUpdate.exe",
    f"{SYSTEM32}msiexec.exe", f"{SYSTEM32}svchost.exe",
)  # fmt: skip
WINDOWS = (
    *(f"{SYSTEM32}{name}.exe" for name in ("poqexec", "drvinst", "spoolsv")),
    r"C:\Windows\servicing\TrustedInstaller.exe", r"C:\Windows\WinSxS\amd64\TiWorker.exe",
    r"C:\Windows\SoftwareDistribution\a.exe", r"C:\Windows\CCM\CcmExec.exe",
)  # fmt: skip
TREES = ("/usr/bin/rsync", "/usr/bin/podman", "/usr/bin/dockerd", "/opt/ds_agent/ds_agent")
EDITORS = ("/usr/bin/vim.basic", "/usr/bin/nano", "/usr/bin/emacs-gtk", "/usr/sbin/visudo")
SQUIRREL = r"C:\Users\a\AppData\Local\Microsoft\Teams\Update.exe"
# What an intruder may call a program, in folders where he may write.
FEIGNED = (
    *(rf"C:\temp\{path.partition(':')[2]}" for path in (*WINDOWS, *PROGRAMS)), r"C:\WindowsXSystem32\svchost.exe",
    r"C:\Program FilesX\a.exe", r"C:\0f8c2d\mrtstub.exe", *(f"/tmp{path}" for path in (*PACKAGE_MANAGERS, *CONFIGURATION)),
)  # fmt: skip
PORTS = (22, 135, 139, 445, 1433, 2375, 3306, 3389, 5432, 5985, 5986, 6379, 10250)
OPEN_FOLDERS = (
    "/tmp/a", "/var/tmp/b", "/dev/shm/c", "/var/www/d", "/home/ann/e", "/root/f", "/run/user/0/g", "/srv/h",
    "/opt/.x/i", r"C:\Users\ann\j.exe", r"C:\ProgramData\k.exe", r"C:\Windows\Temp\l.exe", r"C:\inetpub\wwwroot\m.exe",
)  # fmt: skip
JOINED = (
    "4732: A member was added. Subject: Security ID: S-1-5-18 Account Name: {} Member: Security ID: {} Account Name: {}"
)


def administrator(hour: float, subject: str, sid: str, name: str, host: str = "web-9") -> s.Properties:
    """By OSSEC's rule 18217, level 12, etc/rules/msauth_rules.xml."""
    text = f"{JOINED.format(subject, sid, name)} Group: Security ID: S-1-5-32-544 Group Name: Administrators"
    return s.log(hour, host, "windows,group_changed", "", OSSEC_RuleID=18217, OSSEC_FullLog=text)


ADDED = administrator(34, "ann", "S-1-5-21-1-2-3-1104", "CN=eve")

# By what each has to make: names, and the incidents that happen, each with a signal of its own.
_EXPECTED: Mapping[Expected, Mapping[str, Sequence[Events]]] = {
    ("malware-not-removed", "critical", "Malware still active"): {
        "malware passed": [[s.malware(34, "web-9", "Passed", (1, 0))]],
        "malware, cleaning failed": [[s.malware(34, "web-9", "Clean Failed", (4, -81))]],
        "malware in another language": [[s.malware(34, "web-9", "Échec", (2, -1))]],
        "malware in a file that is called like the test file": [
            [s.malware(34, "web-9", "Passed", (1, 0), InfectedFilePath="/tmp/Eicar_test_file", Reason="Eicar")]],
    },
    ("malware-not-removed", "high", "Malware blocked, file still there"): {
        "malware, access denied": [[s.malware(34, "web-9", "Access Denied", (5, 0))]],
        "ransomware, process terminated": [[s.malware(34, "web-9", "Terminated", (0, 0))]],
        # A device that is found infected all the time does not hide others for longer than six hours.
        "malware, all day": [[s.malware(24 + n / 2, "nas", "Access Denied", (5, 0)) for n in at] for at in (
            range(13), range(13, 26), range(26, 39), range(39, 47))],
    },
    ("exploit-not-blocked", "high", "Critical exploit not blocked"): {
        "thirty critical exploits on one host, only detected": [[
            s.event("PayloadLog", 34 + number / 60, "web-9", SourceIP=f"203.0.113.{number}", Severity=4, **DETECTED)
            for number in range(30)]],
        "critical exploits on many hosts, only logged": [s.sweep("PayloadLog", 40, "203.0.113.9", Severity=4, Action=6)],
        "critical exploit, detected instead of denied": [
            s.sweep("PayloadLog", 1, "203.0.113.9", Severity=4, Action=129)],
    },
    ("exploit-not-blocked", "low", "High exploit not blocked"): {
        "exploit of high severity, only detected": [s.sweep("PayloadLog", 1, "203.0.113.9", Severity=3, **DETECTED)],
    },
    ("malware-spreads", "medium", ""): {
        "the same malware on forty hosts, all quarantined": [[s.removed(34, host) for host in HOSTS]],
        "worm that is deleted or cleaned on five hosts of one name": [
            [each | {"HostID": n} for n, each in enumerate(_again("/tmp/a", 5, MalwareName="Worm.A"))]],
    },
    ("malware-returns", "medium", ""): {
        "the same file again and again": [
            [s.removed(26 + n * 4, "web-9", InfectedFilePath="/tmp/a") for n in range(5)],
            _again("/tmp/kdevtmpfsi", 5)],
    },
    ("lateral-movement", "medium", "Exploits, blocked"): {
        "exploits from private addresses": [s.sweep("PayloadLog", 3, source, 10) for source in PRIVATE],
        "exploits on ports": [
            s.sweep("PayloadLog", 3, f"10.0.8.{port % 256}", DestinationPort=port) for port in PORTS],
        "exploits, stopped in each way": [
            s.sweep("PayloadLog", 3, f"10.0.8.{action}", Action=action) for action in range(1, 6)],
        "exploits on three hosts of one name": [
            [each | {"Hostname": "db"} for each in s.sweep("PayloadLog", 3, "10.0.7.7")]],
    },
    ("lateral-movement", "medium", "Passwords, guessed"): {
        "passwords guessed from private addresses": [
            [s.guesses(34, host, source) for host in HOSTS[:3]] for source in PRIVATE],
    },
    ("lateral-movement", "medium", "Connections, denied"): {
        "ports probed from private addresses": [s.sweep("PacketLog", 10, source, Action=1) for source in PRIVATE],
        "ports probed": [s.sweep("PacketLog", 10, f"10.0.8.{port % 256}", Action=129, DestinationPort=port)
                         for port in PORTS],
    },
    ("brute-force-then-logon", "critical", ""): {
        "password found": [
            [GUESSED, s.logon(34.9, "web-9", "203.0.113.66")],
            # With events from level 6.
            [s.guesses(34, "web-8", "203.0.113.66"), s.success(34.1, "web-8", "203.0.113.66")]],
    },
    ("host-tampered", "high", "SSH key or logon program"): {
        "SSH keys": [*_changes(*((s.AUTHORIZED_KEYS, "/usr/bin/perl", "File", number) for number in (1, 2, 4))),
                     _change(s.AUTHORIZED_KEYS, "N/A"), _change(s.AUTHORIZED_KEYS, host="")],
        "SSH keys on two hosts of one name": [
            [{**each, "HostID": number} for each in _change(s.AUTHORIZED_KEYS)] for number in (1, 2)],
        "logon programs": _changes(
            *((key, "N/A", "RegistryValue") for key in LOGON_PROGRAMS), (s.RUN_KEY, SQUIRREL, "RegistryValue"),
            *((USERS_RUN_KEY, each, "RegistryValue")
              for each in (r"C:\Users\a\AppData\Local\x\evil.exe", r"C:\a\AppData\Local\b\Update.exe"))),
        "logon programs by programs that only look trusted": _changes(
            (s.AUTHORIZED_KEYS, "/tmp/rsync"), *((s.RUN_KEY, each, "RegistryValue") for each in FEIGNED)),
    },
    ("host-tampered", "high", "System program or sudoers"): {
        "system files replaced": _each(SYSTEM_FILES),
        "system program, created or renamed": _changes(*(("/usr/bin/ls", "/bin/sh", "File", n) for n in (1, 4))),
        "system programs by programs that only look trusted": _changes(*(("/usr/bin/ls", each) for each in FEIGNED)),
    },
    ("host-tampered", "high", "Web shell"): {
        "web shells": _changes(*(
            (f"C:\\inetpub\\wwwroot\\{page}", f"C:\\a\\{process}.exe", "File", 1)
            for page, process in (
                ("a.aspx", "w3wp"), ("a.ashx", "MSExchangeMailboxReplication"), ("a.asmx", "UMWorkerProcess"),
                ("a.asp", "powershell"), ("b.aspx", "cmd")))),
    },
    ("host-tampered", "high", "Administrators changed"): {
        "administrators": [
            [ADDED], [s.log(34, "web-8", "windows", "", OSSEC_RuleID=100217, OSSEC_Description="Administrators Group Changed")],
            [administrator(34, "x-512", "S-1-5-21-1-2-3-1104", "CN=x-512,CN=Users", "web-7")]],
    },
    ("host-tampered", "high", "Audit log cleared"): {
        # 18118, level 9.
        "audit log cleared": [
            [s.log(34, "web-9", "windows,logs_cleared", "", OSSEC_RuleID=18118)],
            [s.log(34, "web-8", "windows", "", OSSEC_RuleID=100118, OSSEC_Description="Windows audit log was cleared.")]],
    },
    ("host-tampered", "low", "Account changed amid guesses"): {
        "accounts after guesses": [
            [s.guesses(34, f"db-{n}{key}", "203.0.113.66"), _account(key, host=f"db-{n}{key}") | {"Change": n}]
            for n in (1, 2, 4) for key in ("/etc/passwd", "/etc/shadow")],
    },
    ("new-autostart", "medium", ""): {
        "what starts by itself": [*_each(AUTOSTARTS), _change("/etc/systemd/system/b.service", number=1)],
        "known files, by another process": _each([key for key, _ in s.NODE_STARTS], "/tmp/x"),
        "new file on forty hosts": [[s.change(34, host, "/etc/cron.d/kdev", "/usr/bin/curl") for host in HOSTS]],
        "by programs that only look trusted": _changes(*(("/etc/cron.d/a", each) for each in FEIGNED)),
    },
    ("protection-off", "high", ""): {
        "engines offline, one a day": [
            [s.alert(34, "web-9", "Anti-Malware Engine Offline", "Critical")],
            *([s.system(58 + place * 24, "web-9", number)] for place, number in enumerate(
                number for number, (title, _) in s.SYSTEM_EVENTS.items() if title.lower().endswith("engine offline")))],
    },
    ("manager-changed", "medium", ""): {
        "somebody new changes protection": [
            [s.system(34, "", number, ActionBy=f"intruder-{number}")] for number in (251, 259, 351, 352, 708, 2907)],
    },
    ("manager-sign-ins", "medium", "Repeated failures"): {
        "failures": [_failures(10, number, 34 + place * 24) for place, number in enumerate((160, 608, 675))],
    },
    ("manager-sign-ins", "low", "Account locked"): {
        "account, then API key locked": [_failures(1, 603), _failures(1, 673, 58)],
    },
    ("unknown-software", "medium", ""): {
        "unknown software on forty hosts": [[s.blocked_software(34, host, path) for host in HOSTS] for path in OPEN_FOLDERS],
        "a known name, by another user": [[s.blocked_software(34, "build-1", path)] for path, _ in s.builds(7)],
    },
    ("reconnaissance", "low", ""): {
        "scans": [[s.system(34 + n / 60, host, number) for n, host in enumerate(HOSTS[:10])]
                  for number in range(850, 855)],
    },
    ("callbacks", "high", "Not blocked"): {"dangerous site reached": [_calls(1, 1, DetectOnly=True)]},
    ("callbacks", "medium", "Blocked, again and again"): {
        "malware calls home": [_calls(30, 10, Risk=3), _calls(30, 10, "web-8")],
    },
}  # fmt: skip
_STEPS = {
    name: Attack((signal,), [*chain(*incidents)], count=len(incidents))
    for signal, steps in _EXPECTED.items()
    for name, incidents in steps.items()
}

_FOUND, _KEY = ("brute-force-then-logon", "critical", ""), ("host-tampered", "high", "SSH key or logon program")
_PROGRAM, _GROUP = (("host-tampered", "high", case) for case in ("System program or sudoers", "Administrators changed"))
_EXPLOIT = ("exploit-not-blocked", "high", "Critical exploit not blocked")
_STAYS = ("malware-not-removed", "high", "Malware blocked, file still there")
_STARTS, _BLOCKED = ("new-autostart", "medium", ""), ("callbacks", "medium", "Blocked, again and again")
_CHAINS = {
    "Kinsing: cron, key, miner that comes again": Attack(
        (_KEY, _STARTS, ("malware-returns", "medium", "")),
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
        (_EXPLOIT, ("unknown-software", "medium", ""), _BLOCKED),
        [s.event("PayloadLog", 34, "web-9", SourceIP="203.0.113.8", Severity=4, **DETECTED),
         s.blocked_software(34.1, "web-9", "/tmp/x"), *_calls(60, 6)],
        "https://success.trendmicro.com/tw/solution/000289946",
    ),
    "RedTail: SSH password found, key, cron, miner": Attack(
        (_FOUND, _KEY, _STARTS),
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
        (_PROGRAM, _STARTS),
        [*_change("/lib64/security/pam_unix.so"), *_change("/etc/ld.so.preload", number=1), *_change("/etc/crontab")],
        "https://slackcare.com/skidmap-the-malware-that-affects-linux-and-does-cryptomining/",
    ),
    "RDP password found, administrator, engine off, ransomware, log cleared": Attack(
        (_FOUND, _GROUP, _STAYS, ("protection-off", "high", "")),
        [s.log(34, "web-9", "windows,authentication_failures", "203.0.113.5", OSSEC_RuleID=18152),
         s.log(34.2, "web-9", "windows,authentication_success", "203.0.113.5", OSSEC_RuleID=18107),
         ADDED | {"LogDate": s.at(34.3)}, s.system(34.5, "web-9", 393),
         s.malware(34.7, "web-9", "Terminated", (0, 0)), s.log(34.8, "web-9", "windows", "", OSSEC_RuleID=18118)],
        "https://dfirinsights.com/2024/05/07/windows-remote-desktop-forensics/",
    ),
    "malware stays on six hosts, found again and again": Attack(
        (("malware-not-removed", "critical", "Malware still active"),),
        [s.malware(34 + n / 60, f"web-{n % 6}", "Passed", (1, 0), MalwareName="Worm.A") for n in range(36)],
        "https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-reports-attack",
    ),
    "sedexp: a udev rule": Attack(
        (_STARTS,), _change("/etc/udev/rules.d/99-sedexp.rules", "/usr/bin/sedexp", number=1),
        "https://www.aon.com/en/insights/cyber-labs/unveiling-sedexp",
    ),
    "RotaJakiro: a unit among those of packages": Attack(
        (_STARTS,), _change("/lib/systemd/system/sys-temd-agent.service", "/tmp/x", number=1),
        "https://pberba.github.io/security/2022/01/30/linux-threat-hunting-for-persistence-systemd-timers-cron/",
    ),
    "sticky keys after a password was found": Attack(
        (_FOUND, _KEY),
        [s.log(34, "web-9", "windows,authentication_failures", "203.0.113.5", OSSEC_RuleID=18152),
         s.log(34.1, "web-9", "windows,authentication_success", "203.0.113.5", OSSEC_RuleID=18107),
         s.change(34.2, "web-9", DEBUGGER, f"{SYSTEM32}reg.exe", "RegistryValue")],
        "https://learn.microsoft.com/en-us/archive/blogs/jonathantrull/detecting-sticky-key-backdoors",
    ),
    "Winlogon starts another shell": Attack(
        (_KEY,), _change(rf"{NT}\Winlogon\Shell", r"C:\Users\a\AppData\Roaming\x.exe", "RegistryValue"),
        "https://attack.mitre.org/techniques/T1547/004/",
    ),
    "LockBit over file shares, and what came before it, on twelve hosts": Attack(
        (("lateral-movement", "medium", "Connections, denied"), _STAYS),
        [*s.sweep("PacketLog", 12, "10.0.7.7", 0.5, Action=1),
         *(s.malware(34.2 + n / 60, host, "Terminated", (0, 0), MalwareName=("LockBit", "Mimikatz", "Cobalt")[n % 3])
           for n, host in enumerate(HOSTS[:12]))],
        "https://www.darktrace.com/blog/lockbit-ransomware-analysis-rapid-detonation-using-a-single-compromised-credential",
    ),
}  # fmt: skip
ATTACKS = _STEPS | _CHAINS

_WRITERS = {
    s.AUTHORIZED_KEYS: (*CONFIGURATION, *CLOUD, TREES[0]), s.RUN_KEY: PROGRAMS, USERS_RUN_KEY: (SQUIRREL,),
    **dict.fromkeys(("/etc/sudoers", "/etc/passwd"), (*PACKAGE_MANAGERS, *CONFIGURATION, *CLOUD, *EDITORS)),
    **dict.fromkeys(("/usr/bin/ls", "/etc/cron.d/a"), (*PACKAGE_MANAGERS, *CONFIGURATION, *TREES)),
    "/usr/bin/ls ": ALTERNATIVES, "/etc/crontab": EDITORS, SYSTEM_FILES[-1]: (*WINDOWS, *PROGRAMS),
    f"{SYSTEM32}MRT.exe": (r"C:\0f8c2d\mrtstub.exe",), "/var/spool/cron/tmp.Ab": ("/usr/bin/crontab",),
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
    "denied, from public addresses": [*chain(*(
        s.sweep("PacketLog", 20, address, Action=1)
        for address in ("203.0.113.9", "172.15.0.1", "172.32.0.1", "192.0.2.1", "100.63.0.1", "100.128.0.1",
                        "2001:db8::1")))],
    "guesses from inside, at two hosts": [s.guesses(34, host, "10.0.7.7") for host in HOSTS[:2]],
    "guesses from outside, at many": [s.guesses(34, host, "203.0.113.9") for host in HOSTS],
    "failed once, at many": [s.log(34, host, "syslog,authentication_failed", "10.0.7.7") for host in HOSTS],
    "guesses, then a logon, from private addresses and from nowhere": [*chain(*(
        (s.guesses(34, "web-9", source), s.logon(34.1, "web-9", source)) for source in (*PRIVATE, "")))],
    "guesses, then a logon on another host of that name": [
        GUESSED, s.logon(34.1, "web-9", "203.0.113.66") | {"HostID": 1}],
    "malware removed on four hosts": [s.removed(34 + n, HOSTS[n]) for n in range(4)],
    "other malware on each host": [s.removed(34, host, MalwareName=f"Trojan.{n}") for n, host in enumerate(HOSTS)],
    "the same file four times": _again("/tmp/a", 4),
    "other files each time": [s.removed(26 + n, "web-9", InfectedFilePath=f"/tmp/{n}") for n in range(9)],
    **{f"a file that {client} brings back": _again(f"C:\\{client}\\a.xls", 9) for client in ("OneDrive", "Dropbox")},
    **{f"{name}, again and again": _again("/tmp/a", 9, MalwareName=name)
       for name in ("Eicar_file", "EICAR_F", "PUA.T", "ADW_B")},
    **{f"{name} on many hosts": [s.removed(34, host, MalwareName=name) for host in HOSTS]
       for name in ("Eicar_test_1", "EICAR_TEST_FILE", "PUA.T", "ADW_BUNDLE")},
    **{f"{name}, not removed": [
        s.malware(34, "web-9", "Passed", (1, 0), MalwareName=name), s.malware(35, "web-8", "Access Denied", (5, 0), MalwareName=name)]
       for name in ("Eicar_test_file", "EICAR_TEST_FILE")},
    "malware without a file, again and again": _again("", 9),
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
    "changed by those who do": [*chain(*(
        (s.guesses(33.9, f"db-{key}{n}", "203.0.113.66"), *_change(key.strip(), process, host=f"db-{key}{n}"))
        for key, by in _WRITERS.items() for n, process in enumerate(by)))],
    "Domain Admins become administrators of a server that joins": [
        administrator(34, "WIN-1$", "S-1-5-21-1-2-3-512", "-")],
    "started by itself, known": [s.change(34, "node-9", key, process) for key, process in s.NODE_STARTS],
    "changed by something unnamed": [
        each for key in (*SYSTEM_FILES, *AUTOSTARTS, "/etc/passwd") for each in _change(key, "N/A")],
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
