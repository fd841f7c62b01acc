"""Shows, sets and rotates what Deep Security needs to publish its events to an SNS topic."""

import argparse
import getpass
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

from tools.deep_security import plan
from tools.deep_security.api import SettingsApi
from tools.deep_security.aws import AccessKeys, wait_for_message
from tools.deep_security.commands import Commands
from tools.deep_security.interrupts import SIGNALS
from tools.deep_security.texts import TEXTS, Refusal, say


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    commands = None
    try:
        if options.command == "hand-over":
            say(_page(*_target(options)))
            return 0
        if options.insecure:
            print("The certificate is not verified: whoever is in between can take the API key.", file=sys.stderr)
        api_key = _secret("DEEP_SECURITY_API_KEY", "API key of Deep Security")
        verify = not options.insecure and (options.ca_bundle or True)
        api = SettingsApi(options.manager, api_key, options.key_header, verify)
        commands = Commands(api, lambda question: None if options.yes else _confirm(question))
        return _run(commands, options)
    except (Refusal, OSError, ValueError) as error:
        reason, code = str(error), 2
    except (KeyboardInterrupt, EOFError):
        reason, code = "Interrupted.", 130
    print(reason, *([commands.stands] if commands else []), sep="\n", file=sys.stderr)
    return code


def _run(commands: Commands, options: argparse.Namespace) -> int:
    if options.command == "undo":
        commands.undo(Path(options.file), lambda key: _secret("DEEP_SECURITY_SECRET_KEY", f"secret key of {key}"))
        return 0
    user, settings = _target(options)
    keys = AccessKeys(user, settings[plan.TOPIC]) if user else None
    if options.command == "show":
        return commands.show(settings, keys)
    if not keys:
        raise Refusal("Name the IAM user that Deep Security publishes as: --user.")
    if options.command == "apply":
        commands.apply(settings, keys, replace=options.replace)
    elif options.finish:
        commands.finish(keys)
    else:
        topic_arn, minutes, works = settings[plan.TOPIC], float(options.wait), options.assume_works
        commands.rotate(keys, lambda: works or wait_for_message(topic_arn, minutes), options.resume)
    return 0


def _parser() -> argparse.ArgumentParser:
    style: dict[str, Any] = {"epilog": TEXTS["more"], "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser("deep-security", description=__doc__, **style)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in TEXTS["commands"].items():
        command = commands.add_parser(name, help=text, description=text.capitalize(), **style)
        for option, given in TEXTS["options"].items():
            if name in given["commands"]:
                command.add_argument(option, **{key: value for key, value in given.items() if key != "commands"})
    return parser


def _target(options: argparse.Namespace) -> tuple[str | None, dict[str, str]]:
    """The user and the settings that are wanted."""
    outputs = _outputs(options.terraform) if options.terraform else {}
    topic_arn = options.topic_arn or outputs.get("topic_arn")
    if not topic_arn:
        raise Refusal("Say what is wanted: --topic-arn, or --terraform DIR with an output topic_arn.")
    configuration = outputs.get("deep_security_sns_configuration")
    if options.configuration:
        configuration = Path(options.configuration).read_text(encoding="utf-8")
    return options.user or outputs.get("publisher_user_name"), plan.wanted(topic_arn, configuration)


def _outputs(folder: str) -> dict[str, Any]:
    command = [os.environ.get("TERRAFORM") or "terraform", f"-chdir={folder}", "output", "-json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEEP_SECURITY_")}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    try:
        return {name: output["value"] for name, output in json.loads(run.stdout).items()}
    except ValueError:
        raise Refusal(f"terraform output failed in {folder}: {run.stderr.strip()}") from None


def _page(user: str | None, settings: dict[str, str]) -> str:
    configuration = settings.get(plan.CONFIGURATION, "(none: tick the types of events)")
    page = Template(Path(__file__).with_name("hand_over.template").read_text(encoding="utf-8"))
    return page.substitute(topic_arn=settings[plan.TOPIC], user=user or "NAME", configuration=configuration)


def _secret(variable: str, name: str) -> str:
    """From the environment, or typed without echo. Never an argument, which others on the machine can see."""
    if given := os.environ.get(variable, "").strip():
        return given
    if not sys.stdin.isatty():
        raise Refusal(f"Set the environment variable {variable}: the {name}.")
    return getpass.getpass(f"{name}: ").strip()


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise Refusal("Nobody is there to answer: look at the above, then add --yes.")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise Refusal("Not confirmed.")


if __name__ == "__main__":
    sys.exit(main())
