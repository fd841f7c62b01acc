"""Ordinary days as others report them: nobody may be called for one of them.

Each is a whole day of up to forty hosts and names who reported it. `suppress` is what that team would set.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.repository import streams as s
from tests.repository.attacks import administrator
from tests.repository.streams import HOSTS, Stream

FLEET = [(place / 100, host) for place, host in enumerate(HOSTS)]


class Day(NamedTuple):
    """What happened on the second day, where such a day is reported, and the highest status of its one signal."""

    source: str
    events: Sequence[s.Properties]
    suppress: Mapping[str, Sequence[str]] = {}
    host_tags: tuple[str, ...] = ()
    status: str = "low"


def _changes(process: str, *keys: str) -> Iterator[s.Properties]:
    """The files of ten hosts, by one process, in the night."""
    return (s.change(28 + late, host, key, process) for late, host in FLEET[:10] for key in keys)


def _desktops() -> Stream:
    for app in (r"Microsoft OneDrive\OneDriveSetup.exe", r"KeePassXC\KeePassXC.exe"):
        yield from _changes(rf"C:\Program Files\{app}", s.RUN_KEY)
    for late, host in FLEET:
        run_key = s.RUN_KEY.replace("LOCAL_MACHINE", rf"USERS\S-1-5-21-1-2-3-{host}")
        for app in (r"slack\Update.exe", r"Microsoft\OneDrive\Update\OneDriveSetup.exe"):
            yield s.change(32 + late, host, run_key, rf"C:\Users\{host}\AppData\Local\{app}")
        yield from (s.event("WebReputationEvent", 34 + late, host, Risk=3 + number % 2) for number in range(12))


def _windows() -> Stream:
    """Printers, Configuration Manager and group policy; the cloud's agent; servers that join the domain."""
    system = "C:\\Windows\\System32\\"
    agent = r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RdAgent\ImagePath"
    yield from _changes(f"{system}spoolsv.exe", rf"{system}spool\drivers\x64\3\unidrv.dll")
    yield from _changes(r"C:\Windows\CCM\CcmExec.exe", f"{system}CcmFramework.dll")
    for spelled in (system, "C:\\WINDOWS\\system32\\", "C:\\Windows\\system32\\", "C:\\WINDOWS\\System32\\"):
        yield from _changes(f"{spelled}svchost.exe", s.RUN_KEY, f"{system}drivers\\spool.sys")
    yield from _changes(
        r"C:\ProgramData\Package Cache\{d4cecf3b}\VC_redist.x64.exe", s.RUN_KEY.replace("Run", "RunOnce")
    )
    yield from _changes(r"C:\WindowsAzure\GuestAgent_2.7\WaAppAgent.exe", agent)
    yield from _changes(r"C:\Windows\explorer.exe", rf"{system}winevt\Logs\System.evtx")
    yield from (administrator(29 + late, "WIN-1$", "S-1-5-21-1-2-3-512", "-", host) for late, host in FLEET)


DAYS = {
    "thirty scanners on the internet, each blocked on forty hosts": Day(
        "https://greynoise.io/blog/internet-background-noise",
        [each for number in range(30) for each in s.sweep("PayloadLog", 40, f"203.0.113.{number}", Severity=4)],
        host_tags=("detect_only:true", "action:log_only")),
    "one blocked request on each host behind a load balancer": Day(
        "https://origin-docs.paloaltonetworks.com/content/techdocs/en_US/cloud-ngfw/aws/"
        "cloud-ngfw-on-aws/rules-and-rulestacks/x-forwarded-for.html",
        s.sweep("PayloadLog", 6, "10.0.0.50", DestinationPort=80, Severity=4)),
    "updates, with dnf as a Python program": Day(
        "https://github.com/ossec/ossec-hids/issues/677, https://github.com/wazuh/wazuh/issues/7504",
        [*_changes("/usr/bin/python3.9", "/usr/bin/curl", "/etc/systemd/system/chrony.service", "/etc/cron.d/0hourly"),
         *_changes("/usr/bin/systemctl", "/etc/systemd/system/multi-user.target.wants/chrony.service"),
         *_changes("N/A", "/etc/cron.d/0hourly", "/usr/bin/curl")]),
    **{name: Day(source, [*_changes(*changes)]) for name, source, *changes in (
        ("updates, with Perl in the packages' scripts", "https://github.com/wazuh/wazuh/issues/7504",
         "/usr/bin/perl", "/usr/sbin/update-rc.d", "/etc/cron.daily/apt"),
        ("snaps refreshed", "https://github.com/elastic/detection-rules/issues/2392",
         "/usr/lib/snapd/snapd", "/etc/systemd/system/snap-8.mount", "/etc/systemd/system/snap.lxd.daemon.service"),
        ("homes restored by rsync", "https://github.com/elastic/detection-rules/issues/2561",
         "/usr/bin/rsync", s.AUTHORIZED_KEYS),
        ("a container engine", "https://github.com/elastic/detection-rules/pull/3322",
         "/usr/bin/podman", "/etc/cron.d/sysstat"),
        ("the cloud's agent writes the keys of those who connect", "https://github.com/elastic/detection-rules/pull/1955",
         "/usr/bin/google_guest_agent", s.AUTHORIZED_KEYS, "/etc/sudoers.d/google_sudoers"),
        ("an administrator edits files", "https://github.com/freedomofpress/securedrop/issues/1712",
         "/usr/bin/vim", "/etc/crontab", "/etc/sudoers", "/etc/ssh/sshd_config"),
    )},
    "configuration management": Day(
        "https://github.com/freedomofpress/securedrop/issues/1712",
        [each for process in ("/opt/puppetlabs/puppet/bin/ruby", "/var/cfengine/bin/cf-agent")
         for each in _changes(process, s.AUTHORIZED_KEYS, "/etc/cron.d/report", "/etc/sudoers.d/admins",
                              "/usr/local/bin/report", "/usr/bin/report")],
        {"processes": ["/var/cfengine/*"]}),
    "hosts stopped at night, and for an hour not resolved": Day(
        "https://help.deepsecurity.trendmicro.com/12_0/on-premise/computer-status-offline.html, "
        "https://help.deepsecurity.trendmicro.com/20_0/on-premise/agent-offline.html",
        [s.system(hour + late, host, number) for late, host in FLEET
         for hour, number in ((31, 731), (34, 730), (35, 731), (44, 730))]),
    "patch night with reboots": Day(
        "https://success.trendmicro.com/ja-JP/solution/KA-0012132", [
            each for late, host in FLEET for each in (
                *(s.alert(26 + n / 9 + late, host, "Anti-Malware Engine Offline", "Critical", 190 + n) for n in (0, 2)),
                s.blocked_software(26.1 + late, host, f"/tmp/installer-{host}.sh"),
                s.change(26.1 + late, host, "/usr/bin/curl", "/usr/bin/bash"))],
        {"host_tags": ["maintenance:true"]}, ("maintenance:true",)),
    "a kernel before there is a package for it": Day(
        "https://help.deepsecurity.trendmicro.com/20_0/on-premise/anti-malware-event-engine-essential.html",
        # It reaches ten hosts every two hours.
        [each for late, host in ((late + late // 0.1 * 2, host) for late, host in FLEET) for each in (
            s.alert(27 + late, host, "Anti-Malware Engine Offline", "Critical"),
            *(s.system(hour + late, host, number) for hour, number in ((27, 393), (27.3, 2209), (33, 394))))],
        status="high"),
    "Windows hosts that broadcast": Day(
        "https://www.localhost.me.uk/support/web/ports/137/index.html",
        [each for number in range(4) for port in (137, 138)
         for each in s.sweep("PacketLog", 40, f"10.0.0.{number}", DestinationPort=port, Action=1)]),
    "weekly scan of one's own": Day(
        "https://www.alibabacloud.com/help/en/cloud-firewall/cloudfirewall/user-guide/faq-about-attack-prevention",
        [each for port in (22, 135, 445, 3389) for kind, action in (("PayloadLog", 2), ("PacketLog", 1))
         for each in s.sweep(kind, 40, "10.0.9.9", DestinationPort=port, Severity=4, Action=action)],
        {"scanners": ["10.0.9.9"]}),
    "new prevention rules begin by detecting": Day(
        "https://success.trendmicro.com/tw/solution/1106467-%22Detect-Only%22-default-mode-of-some-Intrusion-Prevention-"
        "rules-change-to-%22Prevent%22-Mode-after-an-update",
        [s.event("PayloadLog", 25 + number // 20 * 7, HOSTS[number % 9], SourceIP=f"198.51.100.{number % 6}",
                 Severity=3, Reason=f"{1000 + number % 10} - Rule", **s.DETECTED) for number in range(60)]),
    "autoscaling": Day("https://github.com/canonical/cloud-init/issues/3206", [
        each for hour, host in ((25 + n / 2, f"scaled-{n}") for n in range(30)) for each in (
            *(s.system(hour + later, host, number) for later, number in ((0, 250), (8, 730), (9, 251))),
            *(s.change(hour + 0.1, host, key, "/usr/bin/python3.11")
              for key in (s.AUTHORIZED_KEYS, "/etc/sudoers.d/90-cloud-init-users")))]),
    "desktops": Day(
        "https://github.com/elastic/detection-rules/pull/2766, https://github.com/elastic/detection-rules/issues/5110, "
        "https://github.com/elastic/detection-rules/issues/2993",
        [*_desktops()]),
    # A backup job with a password of last month, all night, on one host; somebody at home; the internet guesses.
    "an old password, and the internet guesses": Day(
        "https://docslib.org/doc/7746800/detecting-distributed-brute-force-attack-on-a-single-target",
        [*(s.guesses(25 + n / 10, HOSTS[3], "10.0.4.4") for n in range(100)), s.logon(34, HOSTS[0], "192.0.2.77"),
         *(s.guesses(33 + n / 10, HOSTS[6], "198.51.100.9") for n in range(4)), s.logon(33.5, HOSTS[6], "198.51.100.9"),
         *(s.guesses(25 + n / 10, HOSTS[0], f"203.0.113.{n}") for n in range(100))]),
    "an SFTP client with ten connections, of which some fail": Day(
        "https://github.com/ossec/ossec-hids/issues/1028",
        [make(hour + late, HOSTS[4], "10.76.17.255") for hour in (33, 34, 35)
         for make, late in ((s.guesses, 0), (s.guesses, 0.001), (s.logon, 0.01))]),
    "malware by mail, unwanted programs": Day(
        "https://www.f-secure.com/sw-desc/eicar",
        [*(s.removed(32 + n / 10, HOSTS[n], MalwareName=f"Trojan.{n % 10}", InfectedFilePath=rf"C:\mail\{n}.zip")
           for n in range(30)),
         *(s.removed(35, host, MalwareName="PUA.Win32.Toolbar", InfectedFilePath=r"C:\a.exe") for host in HOSTS)]),
    # A monitoring tool writes it on each host each hour, and each vendor's engine has a name for it.
    "a test file all day": Day("https://www.f-secure.com/sw-desc/eicar", [
        each | {"MalwareName": name, "InfectedFilePath": "/opt/monitor/eicar.com"} for late, host in FLEET[:6]
        for hour, name in enumerate(("Eicar_test_file", "EICAR_TEST_FILE", "Eicar_test_1"), 25) for each in (
            s.malware(hour + late, host, "Passed", (1, 0)), s.malware(hour + 4 + late, host, "Access Denied", (5, 0)),
            *(s.removed(hour + 8 + late + again / 10, host) for again in range(5)))]),
    "Windows servers": Day(
        "https://github.com/elastic/detection-rules/issues/4981, https://learn.microsoft.com/en-us/windows-server/identity/"
        "ad-ds/plan/security-best-practices/appendix-f--securing-domain-admins-groups-in-active-directory",
        [*_windows()]),
    "nodes start all day": Day(
        "https://github.com/awslabs/amazon-eks-ami/issues/1917, https://github.com/kubernetes/kops/issues/7222",
        [each for n in range(30) for each in (
            *(s.change(25 + n / 2, f"node-{n}", key, process) for key, process in s.NODE_STARTS),
            s.change(26 + n / 2, f"node-{n}", f"/var/spool/cron/tmp.{n}", "/usr/bin/crontab"))]),
    "builds and deployments under application control": Day(
        "https://help.deepsecurity.trendmicro.com/20_0/on-premise/application-control.html",
        [s.blocked_software(25 + number / 5, HOSTS[number % 9], path, user)
         for number in range(1, 20) for path, user in s.builds(number)]),
    "units and udev rules of packages": Day(
        "https://github.com/elastic/detection-rules/pull/3235, https://github.com/elastic/detection-rules/pull/5508",
        [*_changes("/usr/bin/dnf5", "/usr/lib/udev/rules.d/60-x.rules", "/usr/lib/systemd/system/x.service"),
         *_changes("/usr/bin/systemd-hwdb", "/usr/lib/udev/hwdb.bin"),
         *_changes("/usr/bin/podman", "/etc/udev/rules.d/x.rules", "/etc/profile.d/x.sh")]),
    "an infected file in a folder that a cloud syncs": Day(
        "https://community.teamviewer.com/t5/Remote-Management-Knowledge-Base/"
        "Endpoint-Protection-File-reported-as-infected/ta-p/79719",
        [s.removed(25 + n * 2, HOSTS[5], InfectedFilePath=r"C:\Users\ann\OneDrive\old\a.xls") for n in range(8)]),
    "a deployment outside of maintenance mode": Day(
        "https://help.deepsecurity.trendmicro.com/aws/application-control-set-up.html",
        [s.blocked_software(34 + late, host, f"/opt/app/{name}") for late, host in FLEET for name in ("a.sh", "lib")]),
    # Who changes policies each week, and mistypes a password until the manager locks the account.
    "an administrator at work": Day(
        "https://preview.stighub.com/check/094582db-0107-4677-a850-d983c8fc7eb2",
        [*(s.system(33 + n / 10, "", 352, ActionBy="weekly-admin") for n in range(20)),
         *(s.system(33 + n / 100, "", 608) for n in range(5)),
         s.system(33.1, "", 603, TargetName="weekly-admin", TargetType="User")]),
    "a scan from outside": Day(
        "https://help.deepsecurity.trendmicro.com/12_0/on-premise/Events-Alerts/events.html",
        [s.system(34 + late, host, 851) for late, host in FLEET]),
}  # fmt: skip
