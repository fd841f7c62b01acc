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
# IAM takes seconds until a new key works everywhere. It records one use in 15 minutes, and shows it hours later.
NOT_YET = re.compile("InvalidClientTokenId|AuthorizationError|KMSAccessDenied")
OVERLAP, LAG, NEVER = timedelta(minutes=15), timedelta(hours=4), datetime.fromtimestamp(0, UTC)


class Refusal(Exception):
    """Why the command stops. `unclear`: the other side may have made the change all the same."""

    def __init__(self, told: str, *, unclear: bool = False) -> None:
        advice = (advice for pattern, advice in TEXTS["advice"].items() if re.search(pattern, told))
        super().__init__(" ".join([re.split("\nb['\"]", told)[0].strip(), *advice][:2]))  # a body may have a secret
        self.unclear = unclear


class Setup(argparse.Namespace):
    sure = perhaps = "Nothing was changed."  # how things stand after a definite refusal, and after anything else
    cause = ""  # of a deletion

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
        self.wanted = {} if "finish" in self else self.wanted  # rotate sets the access key only

    def read_both_sides(self) -> None:
        if not (url := re.fullmatch(r"(https://[\w.:\[\]-]+(/[\w.-]+)*?)(/api)?/?", self.manager or "")):
            raise Refusal(TEXTS["address"])
        key = os.environ.get("DEEP_SECURITY_API_KEY") or (sys.stdin and sys.stdin.isatty() and getpass("API key: "))
        if not re.fullmatch("[!-~]+", key := (key or "").strip()):
            raise Refusal(TEXTS["api_key"])
        self.url, self.api_key = url[1], key
        header = {"authorization": f"ApiKey {key}"} if self.key_header == "authorization" else {"api-secret-key": key}
        self.sign = lambda request: request.headers.update({"api-version": "v1"} | header) or request
        self.present = {name: self._deep_security("GET", f"/{name}") for name in LABELS}
        self.keys = self._aws("list_access_keys", UserName=self.publisher)["AccessKeyMetadata"]
        self.masked = not KEY_ID.fullmatch(has := self.present[ACCESS_KEY]) and self.topic in _topics(self.present)
        for key in self.keys:
            use = self._aws("get_access_key_last_used", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            key |= {"LastUsedDate": NEVER, **use}
            key["last"] = f"{use['LastUsedDate']:%F %R} by {use['ServiceName']}" if "LastUsedDate" in use else "never"
            key["used"] = key["LastUsedDate"] > key["CreateDate"] + OVERLAP  # not only by the test
        active = [key for key in self.keys if key["Status"] == "Active" and (self.masked or key["AccessKeyId"] == has)]
        self.mine: Any = max(active, key=lambda key: key["CreateDate"], default=None)  # if masked, perhaps
        self.others = [key for key in self.keys if key is not self.mine]
        self.changes = {name: value for name, value in self.wanted.items() if _differ(value, self.present[name])}
        self.changes |= {} if getattr(self, "finish", self.mine) else {ACCESS_KEY: f"a new key of {self.publisher}"}
        should = {name: f", should be {value}" for name, value in self.changes.items()}
        self._say(*(f"{LABELS[name]}: {has or '(empty)'}{should.get(name, '')}" for name, has in self.present.items()))
        self._say(*[TEXTS["check_boxes"]] * _differ("true", (self.present | self.wanted)[ADVANCED]))
        for key in self.keys:
            key["state"] = self._state(key)
            key["way_on"] = TEXTS["states"][key["state"]].format(user=self.publisher, mine=self.mine, **key)
            self._say(TEXTS["key"].format_map(key))
        self.report = {"is": self.present, "should_be": {**self.changes}, "access_keys": self.keys}

    def _state(self, key: dict[str, Any]) -> str:  # of the key to Deep Security, as far as both sides tell
        mine, newest = self.mine, max(self.keys, key=lambda key: key["CreateDate"])
        if not mine and key["Status"] != "Active" and (self.masked or key["AccessKeyId"] == self.present[ACCESS_KEY]):
            return "inactive"
        if self.masked and not (newest is mine and mine["used"]):
            return "either" if self.others else "perhaps"
        if key is mine:
            return "masked" if self.masked else "mine"
        if not mine or key["CreateDate"] >= mine["CreateDate"]:
            return "used" if key["used"] else "unused"
        early = datetime.now(UTC) < mine["CreateDate"] + LAG or mine["ServiceName"] != "sns" or not mine["used"]
        return "in_use" if key["LastUsedDate"] > mine["CreateDate"] + OVERLAP else "early" if early else "former"

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
        if not self.finish:
            self._change()
        for key in self.others:
            if key["state"] != "former" and not (self.force and key["state"] in {"early", "in_use"}):
                raise Refusal(TEXTS["stays"].format_map(key))
            how = {"Status": "Inactive"} if key["Status"] == "Active" else {}
            operation = "update_access_key" if how else "delete_access_key"
            self._agree(f"{'Make inactive' if how else 'Delete for good'}: {key['AccessKeyId']}?")
            self._check(self.mine["AccessKeyId"])
            self.perhaps = f"{key['AccessKeyId']} may be retired: see show."
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

    def _check(self, key_id: str) -> None:  # just before a change, that nobody else has made one
        same = self.present == {name: self._deep_security("GET", f"/{name}") for name in LABELS}
        keys = self._aws("list_access_keys", UserName=self.publisher)["AccessKeyMetadata"]
        if not same or key_id not in [key["AccessKeyId"] for key in keys if key["Status"] == "Active"]:
            raise Refusal(TEXTS["changed"].format(key_id))

    def _change(self) -> None:
        new_key = self.changes.pop(ACCESS_KEY, None)
        if new_key and (self.others or self.topic not in _topics(self.present | self.changes)):
            raise Refusal(TEXTS["room"])
        self._agree("Set a new access key?" if new_key else "Change this?")
        file = Path(f"deep-security-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.json")
        file.write_text(json.dumps({"manager": self.url, "settings": self.present}, indent=2), "utf-8")
        self._say(f"The former settings are in {file}, to compare with.")
        with self._new_key() if new_key else nullcontext(dict[str, str]()) as key:
            works = f", and {key[ACCESS_KEY]} works. Nothing is deleted" if key else ""
            self._check(key.get(ACCESS_KEY) or self.mine["AccessKeyId"])
            self.perhaps = f"Deep Security may have taken the change{works}: see show."
            self._deep_security("POST", **self.changes, **key)
        self.sure = self.perhaps = f"Deep Security has taken the change{works}."
        found = {name: self._deep_security("GET", f"/{name}") for name in LABELS}
        known = {ACCESS_KEY: key[ACCESS_KEY]} if key and KEY_ID.fullmatch(found[ACCESS_KEY]) else {}
        if wrong := [LABELS[name] for name, value in (self.changes | known).items() if _differ(value, found[name])]:
            raise Refusal(TEXTS["differs"].format(", ".join(wrong)))
        self._say("Done.", *([TEXTS["rotated"]] if key and self.mine else []))

    @contextmanager
    def _new_key(self) -> Iterator[dict[str, str]]:  # it has published; deleted again after a definite refusal only
        self.perhaps = f"IAM may have made an access key of {self.publisher} that nothing uses: see show."
        made = self._aws("create_access_key", UserName=self.publisher)["AccessKey"]
        key_id, secret = made["AccessKeyId"], made["SecretAccessKey"]
        self.sure = self.perhaps = TEXTS["made"].format(user=self.publisher, AccessKeyId=key_id)
        self._say(f"Created {key_id}. Publishing a test notification with it, for up to 90 seconds.")
        own = {"aws_access_key_id": key_id, "aws_secret_access_key": secret}
        try:
            self._aws("publish", own, TopicArn=self.topic, Message='[{"EventType": "TestSNS"}]')["MessageId"]
            yield {ACCESS_KEY: key_id, SECRET_KEY: secret}
        except Refusal as cause:
            if not cause.unclear:
                self.cause, self.perhaps = f"{cause}\n", f"{key_id} may still be there: see show."
                self._aws("delete_access_key", UserName=self.publisher, AccessKeyId=key_id)
                self.cause, self.sure = "", f"The new access key {key_id} is deleted again."
            raise

    def _aws(self, operation: str, own: dict[str, str] | None = None, /, **arguments: str) -> Any:
        once = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 1})  # or it makes two
        waits = [2] * 45 if own else []
        while True:
            try:
                client = boto3.client("sns" if own else "iam", self.topic.split(":")[3], config=once, **(own or {}))
                answer = getattr(client, operation)(**arguments)
                return answer if answer["ResponseMetadata"]["RequestId"] else {}  # a KeyError for a proxy's page
            except (ClientError, BotoCoreError) as error:
                answer = error.response if isinstance(error, ClientError) else {}
                known = "Error" in answer and (own or answer["ResponseMetadata"]["HTTPStatusCode"] < 500)
                lost = isinstance(error, ClientError) or (not own and isinstance(error, (HTTPClientError, SSLError)))
                if not waits or not NOT_YET.search(str(error)):
                    raise Refusal(f"AWS: {type(error).__name__} {error}.", unclear=lost and not known) from None
            time.sleep(waits.pop())

    def _deep_security(self, method: str, path: str = "", **settings: str) -> str:
        options: Any = {"verify": self.ca_bundle or True, "allow_redirects": False, "auth": self.sign}  # not a .netrc
        options["json"] = {name: {"value": value} for name, value in settings.items()} or None
        told, unclear = "", True
        try:
            response = requests.request(method, f"{self.url}/api/systemsettings{path}", timeout=(10, 60), **options)
            told, status = f"HTTP {response.status_code}", response.status_code
            answer = {**response.json()}
            if status == 200:
                return "".join([answer["value"] or ""]) if path else ""  # a TypeError, if it is no text
            told, unclear = f"{told} {answer['message']}", not 400 <= status < 500 or status == 408  # a proxy's
        except (OSError, ValueError, LookupError, TypeError) as error:
            told = told or f"{type(error).__name__} {getattr(next(iter(error.args), None), 'reason', error)}"
        told = told.replace(self.api_key, "(secret)").replace(settings.get(SECRET_KEY, self.api_key), "(secret)")
        raise Refusal(f"{self.url}: {told[:300]}.", unclear=unclear)

    def _say(self, *lines: str, error: bool = False) -> None:
        text = "".join(letter for letter in "\n".join(lines) if letter.isprintable() or letter == "\n")
        print(text, file=sys.stderr if error or self.output == "json" else sys.stdout, flush=True)


def _topics(has: dict[str, str]) -> set[str]:  # that Deep Security publishes to
    return set(re.findall(r"arn:[\w-]+:sns:[\w:-]+", has[TOPIC if _differ("true", has[ADVANCED]) else CONFIGURATION]))


def _differ(one: str, other: str) -> bool:  # not for booleans in another case, or JSON in another layout
    with suppress(ValueError):
        return bool(json.loads(one) != json.loads(other.lower() if one == "true" else other))
    return one != other


# By command its options, each with what it takes: a text by this name, one of these, or nothing.
EVERY = {"terraform": "DIR", "topic-arn": "ARN", "user": "NAME", "configuration": "FILE", "output": ["text", "json"]}
MANAGER = {"manager": "URL", "ca-bundle": "FILE", "key-header": ["api-secret-key", "authorization"]} | EVERY
CHANGE: dict[str, Any] = MANAGER | {"yes": None, "dry-run": None}
APPLY, ROTATE = CHANGE | {"replace": None}, CHANGE | {"finish": None, "force": None}
COMMANDS = {"show": MANAGER, "apply": APPLY, "rotate": ROTATE, "test": EVERY, "hand-over": EVERY}


def _parser() -> argparse.ArgumentParser:
    style: dict[str, Any] = {"epilog": TEXTS["more"], "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("uv run tools/deep_security.py", description=__doc__, **style)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="run")
    for name, options in COMMANDS.items():
        text = getattr(Setup, name.replace("-", "_")).__doc__
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **style)
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
        getattr(setup, setup.run.replace("-", "_"))()
    except SystemExit as ended:
        code = int(bool(ended.code))
    except (Exception, KeyboardInterrupt) as stop:  # noqa: BLE001 - whatever happens, it says how things stand
        code = 128 + signal.Signals[str(stop) or "SIGINT"] if isinstance(stop, KeyboardInterrupt) else 2
        why = stop if isinstance(stop, Refusal) else Refusal(f"{type(stop).__name__} {stop}".strip(), unclear=True)
        error = f"{setup.cause}{why}\n{setup.perhaps if why.unclear else setup.sure}"
        with suppress(OSError):  # the terminal may be closed
            setup._say(error, error=True)
    if setup.output == "json":
        print(json.dumps({"exit": code, "error": error, **setup.report}, default=str))
    return code


def _stop(number: int, _: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    for name in {"SIGHUP", "SIGINT", "SIGTERM"} & {*dir(signal)}:
        signal.signal(signal.Signals[name], _stop)
    sys.exit(main())
