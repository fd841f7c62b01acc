# /// script
# requires-python = ">=3.11"
# dependencies = ["boto3>=1.40,<2", "requests>=2.32,<3"]
# ///
"""Show, set and rotate what Deep Security needs to publish its events to an Amazon SNS topic."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, SSLError

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
ENABLED, TOPIC, ACCESS_KEY, ADVANCED, CONFIGURATION = LABELS = TEXTS["settings"]
SECRET_KEY = ACCESS_KEY.replace("Access", "Secret")  # only ever written
KEY_ID = re.compile("A[KS]IA[A-Z0-9]{12,124}")  # a manager may mask it
# IAM takes seconds until a new key works everywhere, and hours until it shows the last use of one.
NOT_YET = re.compile("InvalidClientTokenId|AuthorizationError|KMSAccessDenied")
OVERLAP, LAG, NEVER = timedelta(minutes=15), timedelta(hours=4), datetime.fromtimestamp(0, UTC)


class Refusal(Exception):
    """Why the command stops. `unclear`: the other side may have made the change all the same."""

    def __init__(self, told: str, *, unclear: bool = False) -> None:
        advice = (advice for pattern, advice in TEXTS["advice"].items() if re.search(pattern, told))
        super().__init__(f"{told} {next(advice, '')}".strip())
        self.unclear = unclear


class Setup(argparse.Namespace):
    """The options, what both sides have, and the commands."""

    sure = perhaps = "Nothing was changed."  # how things stand after a definite refusal, and after anything else

    def read_wanted(self) -> None:
        outputs, self.report = dict[str, Any](), dict[str, Any]()
        if self.terraform:
            command = [os.environ.get("TERRAFORM") or "terraform", f"-chdir={self.terraform}", "output", "-json"]
            outputs = {name: output["value"] for name, output in json.loads(subprocess.check_output(command)).items()}
        self.publisher = str(self.user or outputs.get("publisher_user_name") or "")
        self.topic = str(self.topic_arn or outputs.get("topic_arn"))
        if not self.publisher or not re.fullmatch(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+", self.topic):
            raise Refusal(TEXTS["needed"])
        self.wanted, file = {ENABLED: "true", TOPIC: self.topic}, self.configuration
        configuration = Path(file).read_text("utf-8") if file else outputs.get("deep_security_sns_configuration")
        if configuration is not None:
            self.wanted |= {ADVANCED: "true", CONFIGURATION: json.dumps(json.loads(configuration), indent=2)}
            if self.topic not in _topics(self.wanted):
                raise Refusal(f"The JSON configuration has no statement for the topic {self.topic}.")

    def read_both_sides(self) -> None:
        if not (url := re.fullmatch(r"(https://[\w.:\[\]-]+(/[\w.-]+)*?)(/api)?/?", self.manager or "")):
            raise Refusal(TEXTS["address"])
        key = os.environ.get("DEEP_SECURITY_API_KEY") or (sys.stdin and sys.stdin.isatty() and getpass("API key: "))
        if not re.fullmatch("[!-~]+", key := (key or "").strip()):
            raise Refusal(TEXTS["api_key"])
        self.url, self.api_key, self.session = url[1], key, requests.Session()
        header = {"authorization": f"ApiKey {key}"} if self.key_header == "authorization" else {"api-secret-key": key}
        self.session.headers.update({"api-version": "v1"} | header)
        self.session.auth = lambda request: request  # or a .netrc would replace the header
        self.present = {name: self._deep_security("GET", f"/{name}") for name in LABELS}
        self.masked = not KEY_ID.fullmatch(has := self.present[ACCESS_KEY]) and self.topic in _topics(self.present)
        self.keys = self._aws("list_access_keys", UserName=self.publisher)["AccessKeyMetadata"]
        for key in self.keys:
            use = self._aws("get_access_key_last_used", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            key |= {"LastUsedDate": NEVER, **use}
        active = [key for key in self.keys if key["Status"] == "Active" and (self.masked or key["AccessKeyId"] == has)]
        # If masked: the newest, unless an older one is used long after that one was made.
        self.mine = max(active, key=lambda key: max(key["LastUsedDate"], key["CreateDate"] + LAG), default=None)
        self.others = [key for key in self.keys if key is not self.mine]
        self.changes = {name: value for name, value in self.wanted.items() if _differ(value, self.present[name])}
        self.changes |= {} if self.mine else {ACCESS_KEY: f"a new access key of {self.publisher}"}
        for name, label in LABELS.items():
            should = f", should be {self.changes[name]}" if name in self.changes else ""
            self._say(f"{label}: {self.present[name] or '(empty)'}{should}")
        if _differ("true", (self.present | self.wanted)[ADVANCED]):
            self._say(TEXTS["check_boxes"])
        for key in self.keys:
            key["state"] = self._state(key)
            key["way_on"] = TEXTS["states"][key["state"]].format(user=self.publisher, mine=self.mine, **key)
            self._say(TEXTS["key"].format_map(key))
        self.report = {"is": self.present, "should_be": {**self.changes}, "access_keys": self.keys}

    def _state(self, key: dict[str, Any]) -> str:
        """What a key is to Deep Security, as far as the manager and IAM tell. The texts have what to do with it."""
        used = key["LastUsedDate"] > key["CreateDate"] + OVERLAP  # not only by the test
        if key is self.mine:
            return "mine" if not self.masked else "masked" if used else "perhaps"
        if not self.mine or key["CreateDate"] >= self.mine["CreateDate"]:
            return "inactive" if key["AccessKeyId"] == self.present[ACCESS_KEY] else "used" if used else "unused"
        since, early = self.mine["CreateDate"] + OVERLAP, datetime.now(UTC) < self.mine["CreateDate"] + LAG
        unseen = self.mine["ServiceName"] != "sns" or self.mine["LastUsedDate"] < since
        return "in_use" if key["LastUsedDate"] > since else "early" if early or unseen else "former"

    def show(self) -> None:
        """Show what differs from what is wanted, and what uses each access key."""
        sys.exit(bool(self.changes))

    def apply(self) -> None:
        """Set what differs, with a new access key if need be."""
        lost = {self.topic, *_topics(self.present)} - _topics(self.present | self.wanted)
        if lost and (self.topic in lost or not self.replace):
            raise Refusal(TEXTS["no_statement" if self.topic in lost else "replace"].format(", ".join(sorted(lost))))
        if self.changes:
            self._change()

    def rotate(self) -> None:
        """Replace the access key; hours later, --finish retires the former one."""
        if not self.keys or (self.force and not self.finish):
            raise Refusal(TEXTS["rotate"])
        if not self.finish or any(key["state"] in {"used", "unused"} for key in self.others):
            self.changes = {ACCESS_KEY: "a new one"}
            self._change()
        for key in self.others if self.finish else []:
            if key["state"] != "former" and (self.masked or not self.force):
                raise Refusal(f"{key['AccessKeyId']}: {key['way_on']} {TEXTS['masked' if self.masked else 'force']}")
            self._agree(f"Retire {key['AccessKeyId']}?")
            self.perhaps = f"{key['AccessKeyId']} may be retired: see show."
            how = {"Status": "Inactive"} if key["Status"] == "Active" else {}
            operation = "update_access_key" if how else "delete_access_key"
            self._aws(operation, UserName=self.publisher, AccessKeyId=key["AccessKeyId"], **how)
            self._say(TEXTS[operation].format_map(key))

    def test(self) -> None:
        """Publish Deep Security's test notification with an access key made for it and deleted again."""
        with self._new_key() as key:
            self._say("SNS took the test notification. Datadog shows it within a minute.")
        self.perhaps = f"{key[ACCESS_KEY]} may still be there: see show."
        self._aws("delete_access_key", UserName=self.publisher, AccessKeyId=key[ACCESS_KEY])

    def hand_over(self) -> None:
        """Print a page for an administrator who fills in the form."""
        page = Path(__file__).with_name("deep_security_hand_over.md").read_text("utf-8")
        types = TEXTS["json" if CONFIGURATION in self.wanted else "tick"].format_map(self.wanted)
        self._say(page.format(topic=self.topic, user=self.publisher, types=types))

    def _agree(self, question: str) -> None:
        if self.dry_run:
            sys.exit(1)
        if not self.yes:
            print(f"{question} [y/N]", end=" ", file=sys.stderr, flush=True)
            if not sys.stdin or sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise Refusal("Not confirmed. Where nobody can answer: --yes.")
            if self.present != {name: self._deep_security("GET", f"/{name}") for name in LABELS}:
                raise Refusal("Deep Security has other settings now. Run this again.")

    def _change(self) -> None:
        new_key = self.changes.pop(ACCESS_KEY, None)
        if new_key and (self.others or self.topic not in _topics(self.present | self.changes)):
            raise Refusal("\n".join([*(TEXTS["key"].format_map(key) for key in self.others), TEXTS["room"]]))
        self._agree("Set a new access key?" if new_key else "Change this?")
        file = Path(f"deep-security-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.json")
        file.write_text(json.dumps({"manager": self.url, "settings": self.present}, indent=2), "utf-8")
        self._say(f"The former settings are in {file}, to compare with.")
        with self._new_key() if new_key else nullcontext(dict[str, str]()) as key:
            works = f", and {key[ACCESS_KEY]} works. Nothing is deleted" if key else ""
            self.perhaps = f"Deep Security may have taken the change{works}: see show."
            self._deep_security("POST", **self.changes, **key)
        self.sure = self.perhaps = f"Deep Security has taken the change{works}."
        found = {name: self._deep_security("GET", f"/{name}") for name in LABELS}
        known = {ACCESS_KEY: key[ACCESS_KEY]} if key and KEY_ID.fullmatch(found[ACCESS_KEY]) else {}
        if wrong := [LABELS[name] for name, value in (self.changes | known).items() if _differ(value, found[name])]:
            raise Refusal(TEXTS["differs"].format(", ".join(wrong)))
        self._say("Done.", *([TEXTS["rotated"]] if key and self.mine else []))

    @contextmanager
    def _new_key(self) -> Iterator[dict[str, str]]:
        """A key that has published the test notification. It is deleted again after a definite refusal only."""
        self.perhaps = f"IAM may have made an access key of {self.publisher} that nothing uses: see show."
        made = self._aws("create_access_key", UserName=self.publisher)["AccessKey"]
        key_id, secret = made["AccessKeyId"], made["SecretAccessKey"]
        self.sure = self.perhaps = TEXTS["made"].format(user=self.publisher, AccessKeyId=key_id)
        self._say(f"Created {key_id}. Publishing a test notification with it.")
        own = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        try:
            self._aws("publish", own, TopicArn=self.topic, Message='[{"EventType": "TestSNS"}]')
            yield {ACCESS_KEY: key_id, SECRET_KEY: secret}
        except Refusal as cause:
            if not cause.unclear:
                self.perhaps = f"{key_id} may still be there: see show."
                try:
                    self._aws("delete_access_key", UserName=self.publisher, AccessKeyId=key_id)
                    self.sure = f"The new access key {key_id} is deleted again."
                except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the cause comes first
                    self.sure = self._how_it_stands(error)
            raise

    def _aws(self, operation: str, own: dict[str, str] | None = None, /, **arguments: str) -> Any:
        """A call of IAM, or of SNS with a new key. One attempt: a second one could make a second key."""
        once = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 1})
        waits = [2] * 45 if own else []
        while True:
            try:
                client = boto3.client("sns" if own else "iam", self.topic.split(":")[3], config=once, **(own or {}))
                return getattr(client, operation)(**arguments)
            except (ClientError, BotoCoreError) as error:
                known = isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
                unclear = not own and not known and isinstance(error, (ClientError, HTTPClientError, SSLError))
                if not waits or not NOT_YET.search(str(error)):
                    raise Refusal(f"AWS: {type(error).__name__} {error}.", unclear=unclear) from None
            time.sleep(waits.pop())

    def _deep_security(self, method: str, path: str = "", **settings: str) -> str:
        """A call of the system settings API."""
        body = {name: {"value": value} for name, value in settings.items()} or None
        options: Any = {"verify": self.ca_bundle or True, "timeout": (10, 60), "allow_redirects": False}
        told, unclear = "", True
        try:
            response = self.session.request(method, f"{self.url}/api/systemsettings{path}", json=body, **options)
            told, status = f"HTTP {response.status_code}", response.status_code
            answer = response.json()
            if status == 200:
                return str(answer["value"] or "") if path else ""
            told = f"{told} {answer['message']}"
            unclear = not 400 <= status < 500 or status == 408  # a proxy's, after it has passed the request on
        except (OSError, ValueError, LookupError, TypeError) as error:
            told = told or f"{type(error).__name__} {getattr(next(iter(error.args), None), 'reason', error)}"
        told = told.replace(self.api_key, "(secret)").replace(settings.get(SECRET_KEY, self.api_key), "(secret)")
        raise Refusal(f"{self.url}: {told[:300]}.", unclear=unclear)

    def _how_it_stands(self, stop: BaseException) -> str:
        why = stop if isinstance(stop, Refusal) else Refusal(f"{type(stop).__name__} {stop}".strip(), unclear=True)
        return f"{why}\n{self.perhaps if why.unclear else self.sure}"

    def _say(self, *lines: str, error: bool = False) -> None:
        """Nothing that a terminal would obey."""
        text = "".join(letter for letter in "\n".join(lines) if letter.isprintable() or letter == "\n")
        print(text, file=sys.stderr if error or self.output == "json" else sys.stdout, flush=True)


def _topics(has: dict[str, str]) -> set[str]:
    """Those that Deep Security publishes to."""
    return set(re.findall(r"arn:[\w-]+:sns:[\w:-]+", has[TOPIC if _differ("true", has[ADVANCED]) else CONFIGURATION]))


def _differ(one: str, other: str) -> bool:
    """Not for booleans in another case, or JSON in another layout."""
    with suppress(ValueError):
        return bool(json.loads(one) != json.loads(other.lower() if one == "true" else other))
    return one != other


# By command its options, each with what it takes: a text by this name, one of these, or nothing.
EVERY = {"terraform": "DIR", "topic-arn": "ARN", "user": "NAME", "configuration": "FILE", "output": ["text", "json"]}
MANAGER = {"manager": "URL", "ca-bundle": "FILE", "key-header": ["api-secret-key", "authorization"]} | EVERY
CHANGE: dict[str, Any] = MANAGER | {"yes": None, "dry-run": None}
APPLY, ROTATE = CHANGE | {"replace": None}, CHANGE | {"finish": None, "force": None}
COMMANDS = {Setup.show: MANAGER, Setup.apply: APPLY, Setup.rotate: ROTATE, Setup.test: EVERY, Setup.hand_over: EVERY}


def _parser() -> argparse.ArgumentParser:
    style: dict[str, Any] = {"epilog": TEXTS["more"], "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("uv run tools/deep_security.py", description=__doc__, **style)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run, options in COMMANDS.items():
        name, text = run.__name__.replace("_", "-"), run.__doc__
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **style)
        command.set_defaults(run=run)
        for option, takes in options.items():
            how = {"choices" if isinstance(takes, list) else "metavar": takes} if takes else {"action": "store_true"}
            command.add_argument(f"--{option}", help=TEXTS["options"][option], **how)
    return parser


def main(arguments: list[str] | None = None) -> int:
    setup, code, error = _parser().parse_args(arguments, Setup()), 0, ""
    try:
        setup.read_wanted()
        if "manager" in setup:
            setup.read_both_sides()
        setup.run(setup)
    except SystemExit as ended:
        code = int(bool(ended.code))
    except (Exception, KeyboardInterrupt) as stop:  # noqa: BLE001 - whatever happens, it says how things stand
        code, error = 130 if isinstance(stop, KeyboardInterrupt) else 2, setup._how_it_stands(stop)
        setup._say(error, error=True)
    if setup.output == "json":
        print(json.dumps({"exit": code, "error": error, **setup.report}, default=str))
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
