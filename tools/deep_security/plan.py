"""What Deep Security has, what the module asks for, and how they differ. No I/O, and never a secret key."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from tools.deep_security.texts import Refusal, printable

# As in Trend Micro's SDK: PyPI deep-security-api 20.0.463, deepsecurity/models/system_settings.py.
LABELS = {
    "platformSettingEventForwardingSnsEnabled": "Publish events to SNS",
    "platformSettingEventForwardingSnsTopicArn": "SNS topic ARN",
    "platformSettingEventForwardingSnsAccessKey": "Access key",
    "platformSettingEventForwardingSnsAdvancedConfigEnabled": "Use the JSON configuration",
    "platformSettingEventForwardingSnsConfigJson": "JSON configuration",
}
ENABLED, TOPIC, ACCESS_KEY, ADVANCED, CONFIGURATION = LABELS
# Only ever written: not read, shown or kept.
SECRET_KEY = "platformSettingEventForwardingSnsSecretKey"  # noqa: S105

Settings: TypeAlias = Mapping[str, str]


def wanted(topic_arn: str, configuration: str | None) -> dict[str, str]:
    """All but the access key. Without a configuration the form's check boxes choose the types of events."""
    if not re.fullmatch(r"arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+", topic_arn):
        raise Refusal(f"{topic_arn} is not the ARN of a standard SNS topic.")
    if configuration is None:
        return {ENABLED: "true", TOPIC: topic_arn, ADVANCED: "false"}
    if topic_arn not in _topics(configuration):
        raise Refusal(f"The JSON configuration has no statement for the topic {topic_arn}.")
    pretty = json.dumps(json.loads(configuration), indent=2)
    return {ENABLED: "true", TOPIC: topic_arn, ADVANCED: "true", CONFIGURATION: pretty}


def differences(present: Settings, settings: Settings) -> dict[str, str]:
    return {name: value for name, value in settings.items() if _normal(present[name]) != _normal(value)}


def describe(present: Settings, changes: Settings) -> Iterator[str]:
    for name, value in changes.items():
        yield f"  {LABELS[name]}:\n    is         {shown(present[name])}\n    should be  {shown(value)}"


def shown(value: str) -> str:
    return printable(_normal(value)) or "(empty)"


def other_topics(present: Settings, settings: Settings) -> list[str]:
    """Topics that Deep Security has now and would lose."""
    configured = _topics(present[CONFIGURATION]) if _normal(present[ADVANCED]) == "true" else []
    return sorted({present[TOPIC], *configured} - {"", settings[TOPIC], *_topics(settings.get(CONFIGURATION, ""))})


def _topics(configuration: str) -> list[str]:
    try:
        return [str(statement["Topic"]) for statement in json.loads(configuration)["Statement"]]
    except (ValueError, LookupError, TypeError):
        return []


def _normal(value: str) -> str:
    """Equal for booleans in any case, and for JSON in any layout and order."""
    try:
        return json.dumps(_sorted(json.loads(value)))
    except ValueError:
        return value.lower() if value.lower() in {"true", "false"} else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return sorted(map(_sorted, value), key=json.dumps) if isinstance(value, list) else value
