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
        self._session.headers["api-version"] = "v1"
        self._session.headers[key_header] = f"ApiKey {key}" if key_header == "authorization" else key
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
                return str(response.json()["value"]) if method == "GET" else ""
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


class Setup:
    """What is wanted, what both sides have, and the commands. `stands`: how things stand if the command stops here."""

    stands, report = "Nothing was changed.", dict[str, Any]()

    def prepare(self, options: argparse.Namespace) -> None:
        self.options, outputs = options, dict[str, Any]()
        if options.terraform:
            command = [os.environ.get("TERRAFORM") or "terraform", f"-chdir={options.terraform}", "output", "-json"]
            environment = {name: value for name, value in os.environ.items() if not name.startswith("DEEP_SECURITY_")}
            printed = json.loads(subprocess.check_output(command, env=environment))
            outputs = {name: output["value"] for name, output in printed.items()}
        self.user: str = options.user or outputs.get("publisher_user_name") or ""
        self.topic_arn: str = options.topic_arn or outputs.get("topic_arn") or ""
        if not re.fullmatch(r"arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+", self.topic_arn):
            raise Refusal("Name a standard SNS topic: --topic-arn, or --terraform DIR with the output topic_arn.")
        if not self.user and options.command not in {"show", "hand-over"}:
            raise Refusal("Name the IAM user that Deep Security publishes as: --user.")
        self.wanted, file = {ENABLED: "true", TOPIC: self.topic_arn}, options.configuration
        configuration = Path(file).read_text("utf-8") if file else outputs.get("deep_security_sns_configuration")
        if configuration is not None:
            self.wanted |= {ADVANCED: "true", CONFIGURATION: configuration}
            if self.topic_arn not in _conditions(self.wanted):
                raise Refusal(f"The JSON configuration has no statement for the topic {self.topic_arn}.")
            self.wanted[CONFIGURATION] = json.dumps(json.loads(configuration), indent=2)
        if "manager" in options:
            self.manager = Manager(options.manager, options.key_header, options.ca_bundle)
            self._look()

    def show(self) -> int:
        """Show what differs from what is wanted, and what uses each access key."""
        return 1 if self.changes else 0

    def apply(self) -> int:
        """Set what differs, with a new access key if need be."""
        after = self.present | self.wanted
        lost = {self.present[TOPIC], *_conditions(self.present)} - {"", after[TOPIC], *_conditions(after)}
        if lost and not self.options.replace:
            raise Refusal(f"Deep Security would stop publishing to {', '.join(sorted(lost))}. {TEXTS['replace']}")
        return self._change(new_key=ACCESS_KEY in self.changes) if self.changes else 0

    def rotate(self) -> int:
        """Replace the access key; hours later, --finish retires the former one."""
        if self.options.force and not self.options.finish:
            raise Refusal("--force goes with --finish.")
        if not self.mine:
            self._need_room()
            raise Refusal(f"Deep Security has no active access key of {self.user}: apply.")
        if self.options.finish:
            others = [key for key in self.keys if key is not self.mine]
            return self._finish(self.mine, others[0]) if others else 0
        self.changes.clear()
        return self._change(new_key=True)

    def _finish(self, new: dict[str, Any], old: dict[str, Any]) -> int:
        old_id, active, since = old["AccessKeyId"], old["Status"] == "Active", new["CreateDate"] + OVERLAP
        if old["CreateDate"] >= new["CreateDate"]:
            raise Refusal(f"{old_id} is newer than the key of Deep Security: {self._way_on(old)}")
        doubts = {
            "unseen": new["ServiceName"] != "sns" or new["LastUsedDate"] < since,
            "in_use": old["LastUsedDate"] > since,
            "early": datetime.now(UTC) < new["CreateDate"] + LAG,
        }
        told = [TEXTS[name].format(new=new, old=old, since=since) for name, doubt in doubts.items() if doubt]
        if told and (self.masked or not self.options.force):
            raise Refusal("\n".join([*told, TEXTS["masked" if self.masked else "force"]]))
        if not self._agreed(f"{'Deactivate' if active else 'Delete'} {old_id}?"):
            return 1
        operation, status = ("update", {"Status": "Inactive"}) if active else ("delete", {})
        self._aws(f"{operation}_access_key", UserName=self.user, AccessKeyId=old_id, **status)
        self._say(f"{old_id} is {'inactive. In a day, the same command deletes it' if active else 'deleted'}.")
        return 0

    def test(self) -> int:
        """Publish Deep Security's test notification with an access key made for it and deleted again."""
        key_id, _ = self._new_key()
        self._aws("delete_access_key", UserName=self.user, AccessKeyId=key_id)
        self._say("SNS took the test notification; the key is deleted again. Datadog shows it within a minute.")
        return 0

    def hand_over(self) -> int:
        """Print a page for an administrator who fills in the form."""
        page = Path(__file__).with_name("deep_security_hand_over.md").read_text("utf-8")
        configuration = self.wanted.get(CONFIGURATION, "(none: tick the types of events)")
        self._say(page.format(topic_arn=self.topic_arn, user=self.user or "NAME", configuration=configuration))
        return 0

    def _look(self) -> None:
        """Read both sides, and say what they have."""
        self.present, self.keys = self.manager.read(), self._keys() if self.user else []
        has = self.present[ACCESS_KEY]
        self.masked = not KEY_ID.fullmatch(has)
        active = [key for key in self.keys if key["Status"] == "Active" and (self.masked or key["AccessKeyId"] == has)]
        self.mine = active[-1] if active else None
        self.changes = _differences(self.present, self.wanted)
        if self.user and not self.mine:
            self.changes[ACCESS_KEY] = f"a new access key of {self.user}"
        for name, label in LABELS.items():
            should = f", should be {self.changes[name]}" if name in self.changes else ""
            self._say(f"{label}: {self.present[name] or '(empty)'}{should}")
        conditions = _conditions(self.present | self.wanted)
        events = json.dumps(conditions.get(self.topic_arn)) if conditions else TEXTS["check_boxes"]
        keys = [{**key, "way_on": self._way_on(key)} for key in self.keys]
        self._say(f"Events published: {events}", *(TEXTS["key"].format_map(key) for key in keys))
        self.report = {"is": self.present, "should_be": {**self.changes}, "events": events, "access_keys": keys}

    def _way_on(self, key: dict[str, Any]) -> str:
        if key is self.mine:
            text = "masked" if self.masked else "mine"
        elif self.mine and key["CreateDate"] < self.mine["CreateDate"]:
            text = "former"
        else:
            text = "used" if key["LastUsedDate"] > key["CreateDate"] + OVERLAP else "unused"
        return str(TEXTS[text].format(user=self.user, key=key["AccessKeyId"]))

    def _need_room(self) -> None:
        if others := [f"{key['AccessKeyId']}: {self._way_on(key)}" for key in self.keys if key is not self.mine]:
            raise Refusal("\n".join([*others, TEXTS["room"]]))

    def _agreed(self, question: str) -> bool:
        if not self.options.yes and not self.options.dry_run:
            print(f"{question} [y/N]", end=" ", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise Refusal("Not confirmed. Where nobody can answer: --yes.")
        return not self.options.dry_run

    def _change(self, *, new_key: bool) -> int:
        if new_key:
            self._need_room()
            self.changes.pop(ACCESS_KEY, None)
        if not self._agreed("Set a new access key?" if new_key else "Change this?"):
            return 1
        file = Path(f"deep-security-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.json")
        file.touch(0o600)
        file.write_text(json.dumps({"manager": self.manager.address, "settings": self.present}, indent=2), "utf-8")
        self._say(f"The former settings are in {file}, to compare with.")
        key_id, key = self._new_key() if new_key else ("", {})
        works = f", and {key_id} works. Nothing is deleted" if key_id else ""
        self.stands = f"Deep Security may have taken the change{works}: see show."
        try:
            self.manager.write(self.changes | key)
        except Refusal as cause:
            raise cause if cause.unclear or not key_id else self._dropped(key_id, cause) from None
        self.stands = f"Deep Security has taken the change{works}."
        found = self.manager.read()
        key.pop(SECRET_KEY, None)
        wrong = _differences(found, self.changes | (key if KEY_ID.fullmatch(found[ACCESS_KEY]) else {}))
        if names := ", ".join(LABELS[name] for name in wrong):
            raise Refusal(f"Deep Security shows other values than it took: {names}. Has it several nodes?")
        self._say("Done.", *([TEXTS["rotated"]] if key_id and self.mine else []))
        return 0

    def _new_key(self) -> tuple[str, dict[str, str]]:
        """A new key that has published the test notification, as Deep Security's test button does."""
        self.stands = f"IAM may have made an access key of {self.user} that nothing uses: see show."
        made = self._aws("create_access_key", UserName=self.user)["AccessKey"]
        key_id, secret = made["AccessKeyId"], made["SecretAccessKey"]
        self.stands = f"{key_id}: {TEXTS['unused'].format(user=self.user, key=key_id)}"
        self._say(f"Created {key_id}. Publishing a test notification with it.")
        end, own = time.monotonic() + SECONDS, {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        while True:
            try:
                self._aws("publish", own, TopicArn=self.topic_arn, Message='[{"EventType": "TestSNS"}]')
            except Refusal as cause:
                if not NOT_YET.search(str(cause)) or time.monotonic() > end:
                    raise self._dropped(key_id, cause) from None
                time.sleep(2)
            else:
                return key_id, {ACCESS_KEY: key_id, SECRET_KEY: secret}

    def _dropped(self, key_id: str, cause: Refusal) -> Refusal:
        """Delete a key that this run has made and Deep Security cannot have."""
        self.stands = f"{key_id}: {TEXTS['unused'].format(user=self.user, key=key_id)}"
        try:
            self._aws("delete_access_key", UserName=self.user, AccessKeyId=key_id)
        except Refusal as error:
            return Refusal(f"{cause}\n{error}")
        self.stands = f"The new access key {key_id} is deleted again."
        return cause

    def _keys(self) -> list[dict[str, Any]]:
        """As IAM describes them, the oldest first."""
        keys = self._aws("list_access_keys", UserName=self.user)["AccessKeyMetadata"]
        for key in keys:
            use = self._aws("get_access_key_last_used", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            key |= {"LastUsedDate": NEVER, **use}
        return sorted(keys, key=lambda key: key["CreateDate"])

    def _aws(self, operation: str, credentials: dict[str, str] | None = None, /, **arguments: str) -> Any:
        # One attempt: a second one could make a second key.
        once = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 1})
        service, region = "sns" if credentials else "iam", self.topic_arn.split(":")[3]
        try:
            client = boto3.client(service, region_name=region, config=once, **(credentials or {}))
            return getattr(client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise Refusal(f"AWS: {type(error).__name__} {error}.", "aws") from None

    def _say(self, *lines: str, to: TextIO | None = None) -> None:
        """Nothing that a terminal would obey."""
        text = "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in "\n".join(lines))
        print(text, file=to or (sys.stderr if self.options.output == "json" else sys.stdout), flush=True)


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
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for run in (Setup.show, Setup.apply, Setup.rotate, Setup.test, Setup.hand_over):
        name, text = run.__name__.replace("_", "-"), run.__doc__
        option = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **style).add_argument
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
    options, error, setup = _parser().parse_args(arguments), "", Setup()
    try:
        setup.prepare(options)
        code: int = getattr(setup, options.command.replace("-", "_"))()
    except (Refusal, OSError, ValueError, subprocess.SubprocessError) as refusal:
        code, error = 2, str(refusal)
    except (KeyboardInterrupt, EOFError):
        code, error = 130, "Interrupted."
    if error:
        setup._say(error, setup.stands, to=sys.stderr)
    if options.output == "json":
        print(json.dumps({"exit": code, "error": error, **setup.report}, default=str))
    return code


if __name__ == "__main__":
    sys.exit(main())
