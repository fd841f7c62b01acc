# /// script
# requires-python = ">=3.11"
# dependencies = ["boto3>=1.40,<2", "requests>=2.32,<3"]
# ///
"""Show, set and rotate what Deep Security needs to publish its events to an Amazon SNS topic."""

import argparse
import getpass
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
ENABLED, TOPIC, ACCESS_KEY, ADVANCED, CONFIGURATION = LABELS = TEXTS["settings"]
SECRET_KEY = ACCESS_KEY.replace("Access", "Secret")  # only ever written
KEY_ID = re.compile("[A-Z0-9]{16,128}|")  # a manager may mask it
# IAM takes seconds until a new key works everywhere, and hours until it shows the last use of one.
NOT_YET, SECONDS = re.compile("InvalidClientTokenId|AuthorizationError|KMSAccessDenied"), 90
OVERLAP, LAG, NEVER = timedelta(minutes=15), timedelta(hours=4), datetime.fromtimestamp(0, UTC)


class Refusal(Exception):
    """Why the command stops. `unclear`: Deep Security may have changed."""

    def __init__(self, text: str, table: str = "", *, unclear: bool = False) -> None:
        advice = (advice for pattern, advice in TEXTS.get(table, {}).items() if re.search(pattern, text))
        super().__init__(f"{text} {next(advice, '')}".strip())
        self.unclear = unclear


class Manager:
    """Deep Security's system settings API."""

    def __init__(self, address: str, key_header: str, ca_bundle: str | None) -> None:
        match = re.fullmatch(r"(https://([\w.-]+|\[[\da-fA-F:]+\])(:\d+)?(/[\w.-]+)*?)(/api)?/?", address)
        if not match or ".xdr.trendmicro." in f".{match[2]}":
            raise Refusal(TEXTS["vision_one" if match else "address"])
        key = os.environ.get("DEEP_SECURITY_API_KEY") or (sys.stdin.isatty() and getpass.getpass("API key: ")) or ""
        if not re.fullmatch("[!-~]+", key := key.strip()):
            raise Refusal(TEXTS["api_key"])
        self.address, self._ca_bundle, self._secrets, self._session = match[1], ca_bundle, [key], requests.Session()
        header = f"ApiKey {key}" if key_header == "authorization" else key
        self._session.headers.update({"api-version": "v1", key_header: header})
        self._session.auth = lambda request: request  # or a .netrc would replace the header

    def read(self) -> dict[str, str]:
        return {name: self._call("GET", f"/{name}") for name in LABELS}

    def write(self, settings: dict[str, str]) -> None:
        self._secrets.extend(filter(None, [settings.get(SECRET_KEY)]))
        self._call("POST", json={name: {"value": value} for name, value in settings.items()})

    def _call(self, method: str, path: str = "", **body: Any) -> str:
        url, told, unclear = f"{self.address}/api/systemsettings{path}", "", True
        # REQUESTS_CA_BUNDLE would go before a CA of the session.
        body |= {"verify": self._ca_bundle or True, "timeout": (10, 60), "allow_redirects": False}
        try:
            response = self._session.request(method, url, **body)
            told = f"HTTP {response.status_code}"
            if response.status_code == 200:
                return str(response.json()["value"] or "") if method == "GET" else ""
            told = f"{told} {response.json()['message']}"
            # A proxy answers 408 after it has passed the request on.
            unclear = not 400 <= response.status_code < 500 or response.status_code == 408
        except (OSError, ValueError, LookupError, TypeError) as error:
            cause: BaseException = error
            while cause.__context__:
                cause = cause.__context__
            told = told or f"{type(cause).__name__} {cause}"
        for secret in self._secrets:
            told = told.replace(secret, "(secret)")
        raise Refusal(f"{self.address}: {told[:300]}.", "manager", unclear=unclear)


class Setup(argparse.Namespace):
    """The options, what both sides have, and the commands. `stands`: how things stand if the command stops here."""

    stands, report = "Nothing was changed.", dict[str, Any]()
    user: str
    topic_arn: str

    def prepare(self) -> None:
        outputs = dict[str, Any]()
        if self.terraform:
            command = [os.environ.get("TERRAFORM") or "terraform", f"-chdir={self.terraform}", "output", "-json"]
            environment = {name: value for name, value in os.environ.items() if not name.startswith("DEEP_SECURITY_")}
            printed = json.loads(subprocess.check_output(command, env=environment))
            outputs = {name: output["value"] for name, output in printed.items()}
        self.user = self.user or outputs.get("publisher_user_name") or ""
        self.topic_arn = self.topic_arn or outputs.get("topic_arn") or ""
        if not re.fullmatch(r"arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+", self.topic_arn):
            raise Refusal("Name a standard SNS topic: --topic-arn, or --terraform DIR with the output topic_arn.")
        if not re.fullmatch(
            r"[\w+=,.@-]{1,64}", self.user or ("-" if self.run in {Setup.show, Setup.hand_over} else "")
        ):
            raise Refusal("Name the IAM user that Deep Security publishes as: --user.")
        self.wanted, file = {ENABLED: "true", TOPIC: self.topic_arn}, self.configuration
        configuration = Path(file).read_text("utf-8") if file else outputs.get("deep_security_sns_configuration")
        if configuration is not None:
            self.wanted |= {ADVANCED: "true", CONFIGURATION: configuration}
            if self.topic_arn not in _conditions(self.wanted):
                raise Refusal(f"The JSON configuration has no statement for the topic {self.topic_arn}.")
            self.wanted[CONFIGURATION] = json.dumps(json.loads(configuration), indent=2)
        if "manager" in self:
            self._look(Manager(self.manager, self.key_header, self.ca_bundle))

    def _look(self, manager: Manager) -> None:
        """Read both sides, and say what they have."""
        self.api, self.present = manager, manager.read()
        self.keys = self._aws("list_access_keys", UserName=self.user)["AccessKeyMetadata"] if self.user else []
        self.keys.sort(key=lambda key: key["CreateDate"])
        for key in self.keys:
            use = self._aws("get_access_key_last_used", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            key |= {"LastUsedDate": NEVER, **use}
        self.masked = not KEY_ID.fullmatch(has := self.present[ACCESS_KEY])
        active = [key for key in self.keys if key["Status"] == "Active" and (self.masked or key["AccessKeyId"] == has)]
        self.mine = active[-1] if active else None
        self.others = [key for key in self.keys if key is not self.mine]
        for key in self.keys:
            key["way_on"] = self._way_on(key)
        self.changes = _differences(self.present, self.wanted)
        if self.user and not self.mine:
            self.changes[ACCESS_KEY] = f"a new access key of {self.user}"
        for name, label in LABELS.items():
            should = f", should be {self.changes[name]}" if name in self.changes else ""
            self._say(f"{label}: {self.present[name] or '(empty)'}{should}")
        conditions = _conditions(self.present | self.wanted)
        events = json.dumps(conditions.get(self.topic_arn)) if conditions else TEXTS["check_boxes"]
        self._say(f"Events published: {events}", *(TEXTS["key"].format_map(key) for key in self.keys))
        self.report = {"is": self.present, "should_be": {**self.changes}, "events": events, "access_keys": self.keys}

    def _way_on(self, key: dict[str, Any]) -> str:
        if key is self.mine:
            name = "masked" if self.masked else "mine"
        elif self.mine and key["CreateDate"] < self.mine["CreateDate"]:
            name = "former"
        else:
            name = "used" if key["LastUsedDate"] > key["CreateDate"] + OVERLAP else "unused"
        return str(TEXTS[name].format(user=self.user, key=key["AccessKeyId"]))

    def show(self) -> None:
        """Show what differs from what is wanted, and what uses each access key."""
        if self.changes:
            sys.exit(1)

    def apply(self) -> None:
        """Set what differs, with a new access key if need be."""
        after = self.present | self.wanted
        lost = {self.present[TOPIC], *_conditions(self.present)} - {"", after[TOPIC], *_conditions(after)}
        if lost and not self.replace:
            raise Refusal(f"Deep Security would stop publishing to {', '.join(sorted(lost))}. {TEXTS['replace']}")
        if self.changes:
            self._change()

    def rotate(self) -> None:
        """Replace the access key; hours later, --finish retires the former one."""
        if self.force and not self.finish:
            raise Refusal("--force goes with --finish.")
        if not self.mine and not self.others:
            raise Refusal(f"Deep Security has no active access key of {self.user}: apply.")
        if not self.mine or not self.finish:
            self.changes = {ACCESS_KEY: "a new one"}
            self._change()
        elif self.others:
            self._retire(self.others[0], self.mine)

    def _retire(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        old_id, active, since = old["AccessKeyId"], old["Status"] == "Active", new["CreateDate"] + OVERLAP
        if old["CreateDate"] >= new["CreateDate"]:
            raise Refusal(f"{old_id} is newer than the key of Deep Security: {old['way_on']}")
        doubts = {
            "unseen": new["ServiceName"] != "sns" or new["LastUsedDate"] < since,
            "in_use": old["LastUsedDate"] > since,
            "early": datetime.now(UTC) < new["CreateDate"] + LAG,
        }
        told = [TEXTS[name].format(new=new, old=old, since=since) for name, doubt in doubts.items() if doubt]
        if told and (self.masked or not self.force):
            raise Refusal("\n".join([*told, TEXTS["masked" if self.masked else "force"]]))
        self._agree(f"{'Deactivate' if active else 'Delete'} {old_id}?")
        operation, status = ("update", {"Status": "Inactive"}) if active else ("delete", {})
        self._aws(f"{operation}_access_key", UserName=self.user, AccessKeyId=old_id, **status)
        self._say(f"{old_id} is {'inactive. In a day, the same command deletes it' if active else 'deleted'}.")

    def test(self) -> None:
        """Publish Deep Security's test notification with an access key made for it and deleted again."""
        with self._new_key() as key:
            self._say("SNS took the test notification. Datadog shows it within a minute.")
        self._aws("delete_access_key", UserName=self.user, AccessKeyId=key[ACCESS_KEY])

    def hand_over(self) -> None:
        """Print a page for an administrator who fills in the form."""
        page = Path(__file__).with_name("deep_security_hand_over.md").read_text("utf-8")
        configuration = self.wanted.get(CONFIGURATION, "(none: tick the types of events)")
        self._say(page.format(topic_arn=self.topic_arn, user=self.user or "NAME", configuration=configuration))

    def _agree(self, question: str) -> None:
        if self.dry_run:
            sys.exit(1)
        if not self.yes:
            print(f"{question} [y/N]", end=" ", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise Refusal("Not confirmed. Where nobody can answer: --yes.")

    def _change(self) -> None:
        new_key = self.changes.pop(ACCESS_KEY, None)
        if new_key and self.others:
            others = [f"{key['AccessKeyId']}: {key['way_on']}" for key in self.others]
            raise Refusal("\n".join([*others, TEXTS["room"]]))
        self._agree("Set a new access key?" if new_key else "Change this?")
        file = Path(f"deep-security-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.json")
        file.touch(0o600)
        file.write_text(json.dumps({"manager": self.api.address, "settings": self.present}, indent=2), "utf-8")
        self._say(f"The former settings are in {file}, to compare with.")
        with self._new_key() if new_key else nullcontext(dict[str, str]()) as key:
            works = f", and {key[ACCESS_KEY]} works. Nothing is deleted" if key else ""
            self.stands = f"Deep Security may have taken the change{works}: see show."
            self.api.write(self.changes | key)
        self.stands = f"Deep Security has taken the change{works}."
        found = self.api.read()
        key.pop(SECRET_KEY, None)
        wrong = _differences(found, self.changes | (key if KEY_ID.fullmatch(found[ACCESS_KEY]) else {}))
        if names := ", ".join(LABELS[name] for name in wrong):
            raise Refusal(f"Deep Security shows other values than it took: {names}. Has it several nodes?")
        self._say("Done.", *([TEXTS["rotated"]] if key and self.mine else []))

    @contextmanager
    def _new_key(self) -> Iterator[dict[str, str]]:
        """A key that has published the test notification. It is deleted again after a definite refusal only."""
        self.stands = f"IAM may have made an access key of {self.user} that nothing uses: see show."
        made = self._aws("create_access_key", UserName=self.user)["AccessKey"]
        key_id, secret = made["AccessKeyId"], made["SecretAccessKey"]
        self.stands = unused = f"{key_id}: {TEXTS['unused'].format(user=self.user, key=key_id)}"
        self._say(f"Created {key_id}. Publishing a test notification with it.")
        own = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        try:
            self._aws("publish", own, TopicArn=self.topic_arn, Message='[{"EventType": "TestSNS"}]')
            yield {ACCESS_KEY: key_id, SECRET_KEY: secret}
        except Refusal as cause:
            if cause.unclear:
                raise
            self.stands = unused
            try:
                self._aws("delete_access_key", UserName=self.user, AccessKeyId=key_id)
            except Refusal as error:
                raise Refusal(f"{cause}\n{error}") from None
            self.stands = f"The new access key {key_id} is deleted again."
            raise

    def _aws(self, operation: str, credentials: dict[str, str] | None = None, /, **arguments: str) -> Any:
        service, region, end = "sns" if credentials else "iam", self.topic_arn.split(":")[3], time.monotonic() + SECONDS
        while True:
            # One attempt: a second one could make a second key.
            once = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 1})
            try:
                client = boto3.client(service, region_name=region, config=once, **(credentials or {}))
                return getattr(client, operation)(**arguments)
            except (ClientError, BotoCoreError) as error:
                told = f"AWS: {type(error).__name__} {error}."
            if not credentials or not NOT_YET.search(told) or time.monotonic() > end:
                raise Refusal(told, "aws")
            time.sleep(2)

    def _say(self, *lines: str, to: TextIO | None = None) -> None:
        """Nothing that a terminal would obey."""
        text = "\n".join(lines).replace("\r\n", "\n")
        text = "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
        print(text, file=to or (sys.stderr if self.output == "json" else sys.stdout), flush=True)


def _conditions(settings: dict[str, str]) -> dict[str, Any]:
    """By topic, those of the JSON configuration, if it is in use."""
    try:
        statements = json.loads(settings[CONFIGURATION])["Statement"] if _normal(settings[ADVANCED]) is True else []
        return {str(statement["Topic"]): statement.get("Condition") for statement in statements}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _differences(present: dict[str, str], settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if _normal(present[name]) != _normal(value)}


def _normal(value: str) -> Any:
    """Equal for booleans in any case, and for JSON in any layout."""
    try:
        return json.loads(value.lower() if value.lower() in {"true", "false"} else value)
    except ValueError:
        return value


def _parser() -> argparse.ArgumentParser:
    style: dict[str, Any] = {"epilog": TEXTS["more"], "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("uv run tools/deep_security.py", description=__doc__, **style)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run in (Setup.show, Setup.apply, Setup.rotate, Setup.test, Setup.hand_over):
        name, text = run.__name__.replace("_", "-"), run.__doc__
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **style)
        command.set_defaults(run=run)
        option = command.add_argument
        option("--terraform", metavar="DIR", help="applied folder whose outputs say what is wanted")
        option("--topic-arn", metavar="ARN", help="instead of the output topic_arn")
        option("--user", metavar="NAME", help="IAM user, instead of the output publisher_user_name")
        option("--configuration", metavar="FILE", help="JSON, instead of the output deep_security_sns_configuration")
        option("--output", choices=["text", "json"], help="json: one object on standard output")
        if run in (Setup.show, Setup.apply, Setup.rotate):
            option("--manager", metavar="URL", required=True, help="such as https://dsm.example.com:4119")
            option("--ca-bundle", metavar="FILE", help="CA that signed the manager's certificate")
            option("--key-header", choices=["api-secret-key", "authorization"], default="api-secret-key")
        if run in (Setup.apply, Setup.rotate):
            option("--yes", action="store_true", help="do not ask")
            option("--dry-run", action="store_true", help="change nothing; exit status 1 if there is something to do")
        if run is Setup.apply:
            option("--replace", action="store_true", help="even if Deep Security stops publishing to another topic")
        if run is Setup.rotate:
            option("--finish", action="store_true", help="retire the former key, if IAM shows that nothing uses it")
            option("--force", action="store_true", help="with --finish: whatever IAM shows")
    return parser


def main(arguments: list[str] | None = None) -> int:
    setup, code, error = _parser().parse_args(arguments, Setup()), 0, ""
    try:
        setup.prepare()
        setup.run(setup)
    except SystemExit:
        code = 1
    except (KeyboardInterrupt, EOFError):
        code, error = 130, "Interrupted."
    except Exception as unexpected:  # noqa: BLE001 - whatever happens, it says how things stand
        kind = "" if isinstance(unexpected, Refusal) else f"{type(unexpected).__name__}: "
        code, error = 2, f"{kind}{unexpected}"
    if error:
        setup._say(error, setup.stands, to=sys.stderr)
    if setup.output == "json":
        print(json.dumps({"exit": code, "error": error, **setup.report}, default=str))
    return code


if __name__ == "__main__":
    sys.exit(main())
