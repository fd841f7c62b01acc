"""What the root and its modules refuse at plan, and with which message.

In a plan of many calls: in `terraform test` each refusal costs a run, and shows neither which validation refused nor
why. What depends on the ARN of a planned resource is in *.tftest.hcl.
"""

import json
import re
import shutil
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.plans import stay_offline
from tools.repository import ROOT
from tools.terraform import Terraform, TerraformError, copy_modules

ARNS = {
    "secret": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf",
    "topic": "arn:aws:sns:eu-central-1:444455556666:theirs",
    # 147 bytes with three digits, quotation marks and a comma.
    "user": f"arn:aws:iam::444455556666:user/{'path/' * 22}",
    "key": "arn:aws:kms:eu-central-1:444455556666:key/topic",
    "layer": "arn:aws:lambda:eu-central-1:111122223333:layer:ca-bundle:1",
    "queue": "arn:aws:sqs:eu-central-1:111122223333:events",
}
LOCALS = "\n".join(["locals {", *(f'{name} = "{arn}"' for name, arn in ARNS.items()), "}", ""])
EXISTING = "topic = { create = false }\ntopic_arns = { theirs = local.topic }\n"
# Module and arguments.
Refusal: TypeAlias = tuple[str, str]


def excluding(reason: str, *names: str) -> str:
    options = ", ".join(f"{name} = {{ filter = {{ exclude = [{{ Reason = {reason} }}] }} }}" for name in names)
    return f"destinations = {{ {options} }}"


def topics(count: int) -> str:
    arn = "arn:aws:sns:eu-central-1:444455556666:deep-security-${each}"
    return f'topic_arns = {{ for each in range({count}) : "account-${{each}}" => "{arn}" }}\n'


def rows(table: str, module: str = "") -> dict[Refusal, str]:
    """By module and arguments, how the message begins."""
    found, start = {}, ""
    for line in table.strip().splitlines():
        said, _, given = line.partition("| ")
        start = said.strip(" |") or start
        if given:
            found[module, given.replace("; ", "\n")] = start
    return found


# How the message begins, and arguments that alone are refused with it; below it, others that are.
REFUSED = r"""
alarms.enabled is false, so the other | alarms = { enabled = false, actions = [local.topic] }
  | alarms = { enabled = false, runbook_url = "https://wiki.example.com/runbook" }
alarms.actions must be ARNs | alarms = { actions = ["on-call"] }
alarms.actions has 6 ARNs | alarms = { actions = [for each in range(6) : "${local.topic}${each}"] }
alarms.oldest_message_seconds must be 60 or more | alarms = { oldest_message_seconds = 59 }
alarms.no_event_hours must be a whole number from 1 to 168 | alarms = { no_event_hours = 169 }
  | alarms = { no_event_hours = 0.5 }
alarms.runbook_url must be an http(s) URL | alarms = { runbook_url = "docs/operating.md" }
  | alarms = { runbook_url = "https://wiki.example.com/runbook#stalled" }
Set exactly one of datadog.api_key_secret_arn | datadog = {}
  | datadog = { api_key_secret_arn = local.secret, api_key_ssm_parameter = "/datadog/api-key" }
datadog.api_key_secret_arn must be the full ARN of a secret | datadog = { api_key_secret_arn = "datadog" }
  | datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog" }
datadog.api_key_ssm_parameter looks like | datadog = { api_key_ssm_parameter = "0123456789abcdef0123456789abcdef" }
datadog.api_key_ssm_parameter is not a name that | datadog = { api_key_ssm_parameter = "/aws/datadog" }
  | datadog = { api_key_ssm_parameter = "SSMdatadog" }
  | datadog = { api_key_ssm_parameter = "arn:aws:ssm:eu-central-1:111122223333:parameter/aws/datadog" }
  | datadog = { api_key_ssm_parameter = "/datadog/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16" }
datadog.api_key_ssm_parameter must be the name or ARN | datadog = { api_key_ssm_parameter = "datadog api key" }
  | datadog = { api_key_ssm_parameter = "datadog/api-key" }
  | datadog = { api_key_ssm_parameter = "arn:aws:ssm:eu-central-1:111122223333:datadog/api-key" }
  | datadog = { api_key_ssm_parameter = "arn:aws:ssm:eu-central-1:111122223333:parameterdatadog" }
datadog.api_key_kms_key_arn must be | datadog = { api_key_ssm_parameter = "/key", api_key_kms_key_arn = "alias/key" }
datadog.api_key_reload_interval must | datadog = { api_key_ssm_parameter = "/key", api_key_reload_interval = -1 }
name must have 1 to 54 letters | name = "a234567890123456789012345678901234567890123456789012abc"
  | name = "deep.security"
datadog.site must be a site such | datadog = { api_key_ssm_parameter = "/key", site = "https://datadoghq.eu" }
  | datadog = { api_key_ssm_parameter = "/datadog/api-key", site = "app.datadoghq.com" }
destinations.events.ocsf is true, but only logs | destinations = { events = { ocsf = true }, logs = { ocsf = true } }
destinations.events.filter.exclude has an | destinations = { events = { filter = { exclude = [{ a = "b" }, null] } } }
  | destinations = { events = { filter = { exclude = [{ "" = "dev-*" }] } } }
  | destinations = { events = { filter = { exclude = [{ " " = "dev-*" }] } } }
  | destinations = { events = { filter = { exclude = [{ "*" = "dev-*" }] } } }
  | destinations = { events = { filter = { exclude = [{ Hostname = "dev-*", Tags = "" }] } } }
  | destinations = { events = { filter = { exclude = [{ Hostname = null }] } } }
datadog_tags keys must start with a letter, followed by letters | datadog_tags = { team = "security,network" }
  | datadog_tags = { "team:name" = "security" }
  | datadog_tags = { team = format("%0196d", 0) }
console_url must be an https URL without a query | console_url = "http://dsm.example.com:4119"
function.log_level must be DEBUG | function = { log_level = "WARN" }
function.permissions_boundary_arn must be the ARN | function = { permissions_boundary_arn = "boundary" }
function.role_path must start and end with a slash | function = { role_path = "service" }
function.subnet_ids and function.security_group_ids go together | function = { subnet_ids = ["subnet-0a"] }
  | function = { security_group_ids = ["sg-0a"] }
function has 17 subnet_ids and 6 |
  | function = { subnet_ids = [for i in range(17) : "a${i}"], security_group_ids = [for i in range(6) : "a${i}"] }
function.memory_size must be a whole number of MB from 128 to 10240 | function = { memory_size = 64 }
function.timeout must be a whole number of seconds from 5 | function = { timeout = 4 }
  | function = { timeout = 901 }
function.architecture must be arm64 or x86_64 | function = { architecture = "arm" }
function.runtime must be python3.11 or newer | function = { runtime = "python3.10" }
function.maximum_concurrency must be a whole number from 2 to 1000 | function = { maximum_concurrency = 1 }
function.log_retention_days must be a value that CloudWatch Logs accepts | function = { log_retention_days = 0 }
function.log_kms_key_arn must be a key ARN | function = { log_kms_key_arn = "alias/logs" }
function.https_proxy must be the URL of a proxy without user | function = { https_proxy = "proxy.example.com:3128" }
  | function = { https_proxy = "http://user:password@proxy.example.com:3128" }
function.no_proxy has no effect without function.https_proxy | function = { no_proxy = [".amazonaws.com"] }
function.no_proxy must be hosts | function = { https_proxy = "http://proxy:3128", no_proxy = ["a.b,c.d"] }
function.ca_bundle must be | function = { ca_bundle = "a.pem", package_path = "../lambda/deep-security-datadog.zip" }
function.ca_bundle names a file that no layer or package provides | function = { ca_bundle = "/opt/ca-bundle.pem" }
function.layers must be up | function = { layers = ["arn:aws:lambda:eu-central-1:111122223333:layer:a"] }
  | function = { layers = [for each in range(6) : "${local.layer}${each}"] }
function.layers has a layer twice | function = { layers = [local.layer, "${local.layer}2"] }
  | function = { layers = [local.layer, local.layer] }
queue.maximum_message_size must be a whole number of bytes from 262144 | queue = { maximum_message_size = 262143 }
  | queue = { maximum_message_size = 1048577 }
function.package_path is not a file | function = { package_path = "no-such.zip" }
queue.retention_days must be from 1 to 13 | queue = { retention_days = 14 }
  | queue = { retention_days = 0 }
queue.max_receive_count must be a whole number from 1 to 1000 | queue = { max_receive_count = 1001 }
  | queue = { max_receive_count = 0, minimum_outage_hours = 0 }
queue.minimum_outage_hours must be 0 or more | queue = { minimum_outage_hours = -1 }
delivery must be "queue" or "direct" | delivery = "sqs"
queue.kms_key_arn must be the ARN of a customer managed key | queue = { kms_key_arn = "alias/aws/sqs" }
topic_arns must be ARNs of standard SNS topics | topic_arns = { all = "arn:aws:sns:eu-central-1:444455556666:*" }
  | topic_arns = { theirs = "${local.topic}.fifo" }
topic_arns lists a topic twice | topic_arns = { one = local.topic, two = local.topic }
publishers.source_cidrs and permissions_ | publishers = { create_user = false, source_cidrs = ["203.0.113.7/32"] }
"""
# Of the root module, and of two others.
TAGS = r"""
tags contains owner, which IAM refuses | tags = { owner = "R&D (security)", team = "security" }
  | tags = { owner = format("%0257d", 0) }
tags contains 0000 | tags = { (format("%0129d", 0)) = "" }
tags contains team!, which IAM refuses | tags = { "team!" = "security" }
tags has keys that differ in case only | tags = { Team = "security", team = "security" }
tags has 51 tags | tags = { for number in range(51) : "tag-${number}" => "" }
tags has keys that start with aws: | tags = { "AWS:team" = "security" }
"""
RANKED, CRITICAL = 'rank_greater_than = 1, unranked_events = "drop"', 'minimum_severity = "critical"'
# By the options of a destination, how the message goes on after its name; one for each validation that looks at one.
OPTIONS = {
    'url = "http://logs.example.com"': ".url must be the https URL",
    'url = "http://localhost.example.com"': ".url must be the https URL",
    'url = "https://http-intake.logs.datadoghq.com/api/v2/logs"': ".url must be the https URL",
    'filter = { event_types = ["payloadlog"] }': ".filter.event_types names unknown types: payloadlog.",
    'filter = { event_types = ["PayloadLog", "TestSNS"] }': ".filter.event_types names unknown types: TestSNS.",
    'filter = { event_types = ["PacketLog", null] }': ".filter.event_types names unknown types: null.",
    "filter = { event_types = [] }": ".filter.event_types is empty",
    "filter = { rank_greater_than = -1 }": ".filter.rank_greater_than must be 0 or more",
    'filter = { unranked_events = "maybe" }': '.filter.unranked_events must be "keep" or "drop"',
    'filter = { minimum_severity = "warning" }': ".filter.minimum_severity must be one of info, low",
    "filter = { exclude = [{}] }": ".filter.exclude has an empty map",
    f'filter = {{ event_types = ["PacketLog"], {CRITICAL} }}': ".filter drops everything",
    f'filter = {{ event_types = ["SystemEvent"], {RANKED} }}': ".filter drops everything",
    # Each type for another reason.
    f'filter = {{ event_types = ["AntiMalwareEvent", "PacketLog"], {RANKED}, {CRITICAL} }}': ".filter drops everything",
}


def arguments(name: str, option: str) -> str:
    """Both destinations, this one with the option."""
    options = {"events": "{}", "logs": "{}", name: f"{{ {option} }}"}
    return f"destinations = {{ events = {options['events']}, logs = {options['logs']} }}"


OF_DESTINATIONS = {
    "destinations = {}": "destinations is empty",
    "destinations = { events = {}, metrics = {} }": "destinations names unknown destinations: metrics.",
    "destinations = { events = {}, logs = null }": "destinations.logs is null",
    **{
        arguments(name, each): f"destinations.{name}{end}"
        for name in ("events", "logs")
        for each, end in OPTIONS.items()
    },
}
OF_MODULES = {
    "topic": TAGS
    + r"""
publishers lists 199 | kms_key_arn = local.key; publishers = { account_ids = [for i in range(199) : 100000000000 + i] }
publishers.principal_arns and account_ids take 22051 bytes |
  | publishers = { principal_arns = [for i in range(150) : "${local.user}${i + 100}"] }
subscriber_arns lists 98 endpoints | subscriber_arns = [for i in range(98) : "${local.queue}-${i}"]
name must have 1 to 256 letters | name = "created.fifo"
kms_key_arn must be a key ARN | kms_key_arn = "alias/aws/sns"
publishers.principal_arns must be ARNs of IAM users or roles | publishers = { principal_arns = ["*"] }
  | publishers = { principal_arns = ["arn:aws:iam::111122223333:role/*"] }
publishers.account_ids must be account IDs | kms_key_arn = local.key; publishers = { account_ids = [12345678901] }
publishers.organization_id must be an | kms_key_arn = local.key; publishers = { organization_id = "Example" }
subscriber_arns must be ARNs of SQS queues or Lambda functions | subscriber_arns = ["https://example.com"]
""",
    "publisher": TAGS
    + r"""
name must have 1 to 64 letters | name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
topic_arns is empty | topic_arns = []
topic_arns must be ARNs of standard SNS topics | topic_arns = ["arn:aws:sns:eu-central-1:111122223333:*"]
kms_key_arns must be key ARNs | kms_key_arns = ["alias/events"]
source_cidrs must be IP ranges | source_cidrs = ["203.0.113.7"]
  | source_cidrs = ["203.0.113.7/24"]
  | source_cidrs = ["010.1.2.0/24"]
source_cidrs has 400 ranges of | source_cidrs = [for each in range(400) : "203.0.${each % 256}.${floor(each / 256)}/32"]
path must start and end with a slash | path = "/service"
permissions_boundary_arn must be the ARN of a managed policy | permissions_boundary_arn = "boundary"
""",
    "subscription": r"""
topic_arn must be the ARN of a standard SNS topic | topic_arn = "${local.topic}.fifo"
endpoint.arn must be the ARN | endpoint = { arn = "https://example.com", dead_letter_queue_arn = local.queue }
endpoint.dead_letter_queue_arn must be | endpoint = { arn = local.queue, dead_letter_queue_arn = "https://a.b" }
""",
}
# By several variables, or by a precondition of a resource.
OF_SEVERAL = {
    'topic_arns uses the name "created"': ["topic_arns = { created = local.topic }"],
    "topic.create is false and topic_arns is empty": ["topic = { create = false }"],
    "subscribe = false has no effect without topic_arns": ["subscribe = false"],
    "publishers.principal_arns, account_ids and organization_id have no effect on existing topics": [
        f'{EXISTING}publishers = {{ account_ids = ["444455556666"] }}'
    ],
    "topic.kms_key_arn has no effect": [
        EXISTING.replace("false", "false, kms_key_arn = local.key") + "publishers = { create_user = false }"
    ],
    # The ARN of the secret is not known at plan.
    "The function's environment would have up to 9": [
        excluding('format("%08500d", 0)', "events")
        + "\ndatadog = { api_key_secret_arn = aws_secretsmanager_secret.planned.arn }"
    ],
    "The function's environment would have up to": [
        excluding('format("%03200d", 0)', "events"),
        excluding('join("", [for i in range(1000) : "\u8b66x"])', "events"),
        excluding('format("%01600d", 0)', "events", "logs"),
        excluding('join("", [for i in range(1000) : "\\""])', "events"),
        excluding('format("%03000d", 0)', "events")
        + '\ndatadog_tags = { team = "security", env = "production", owner = format("%0150d", 0) }',
    ],
    "topic_arns lists 140 topics, too many for the queues' policy": [topics(140)],
    "topic_arns lists 65 topics, too many for the function's policy": [f'{topics(65)}delivery = "direct"'],
    "The user's policy has": [f"{topics(110)}topic = {{ create = false }}"],
    "queue.max_receive_count (499) is too low": ["queue = { max_receive_count = 499 }"],
    "queue.max_receive_count (20) is too low": ["queue = { max_receive_count = 20, minimum_outage_hours = 1 }"],
    "Messages would expire in the queue and never reach the dead-letter queue: 500 attempts": [
        "queue = { retention_days = 1 }"
    ],
    "Messages would expire in the queue and never reach the dead-letter queue: 112 attempts": [
        "function = { timeout = 900 }\nqueue = { max_receive_count = 112 }"
    ],
}
TOPIC_OF_SEVERAL = r"""
The topic's policy would exceed SNS's 30720 bytes: 95 subscriber_arns |
  | subscriber_arns = [for i in range(95) : "${local.queue}-${i}"]
Publishers in other accounts cannot use the AWS managed key | publishers = { account_ids = ["444455556666"] }
  | publishers = { organization_id = "o-a1b2c3d4e5" }
"""
# What each module is called with, unless the refused arguments have it.
REQUIRED = {
    "": {"datadog": '{ api_key_ssm_parameter = "/datadog/api-key" }'},
    "topic": {"name": '"created"'},
    "publisher": {"name": '"publisher"', "topic_arns": "[local.topic]"},
    "subscription": {
        "topic_arn": "local.topic",
        "endpoint": "{ arn = local.queue, dead_letter_queue_arn = local.queue }",
    },
}
PLANNED_SECRET = """
provider "aws" {
}

resource "aws_secretsmanager_secret" "planned" {
  name = "datadog"
}
"""
# By module and arguments, how the message begins. Terraform looks at what several variables say in a later step, which
# it does not take after the first ones have failed.
OF_ONE = {("", each): start for each, start in OF_DESTINATIONS.items()} | rows(REFUSED + TAGS)
for module, table in OF_MODULES.items():
    OF_ONE |= rows(table, module)
REFUSALS = OF_ONE | {("", each): start for start, every in OF_SEVERAL.items() for each in every}
REFUSALS |= rows(TOPIC_OF_SEVERAL, "topic")
# What the validations of one variable need, which is no provider.
INPUTS = ("variables.tf", "destinations.tf", "modules/*/variables.tf")


def call(number: int, module: str, arguments: str) -> str:
    given = re.findall(r"^(\w+) = ", arguments, re.MULTILINE)
    required = [f"{name} = {value}" for name, value in REQUIRED[module].items() if name not in given]
    source = f'source = "..{"/modules/" if module else ""}{module}/"'
    return "\n".join([f'module "refusal_{number}" {{', source, *required, arguments, "}", ""])


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[Refusal, list[str]]:
    """What a plan says, by module and arguments."""
    inputs = tmp_path_factory.mktemp("inputs")
    for source in (source for pattern in INPUTS for source in ROOT.glob(pattern)):
        copy = inputs / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    several = [refusal for refusal in REFUSALS if refusal not in OF_ONE]
    return plan(inputs / "plan", [*OF_ONE]) | plan(
        copy_modules(tmp_path_factory.mktemp("modules")) / "plan", several, PLANNED_SECRET
    )


def plan(folder: Path, refusals: list[Refusal], beside: str = "") -> dict[Refusal, list[str]]:
    folder.mkdir()
    calls = [call(number, *refusal) for number, refusal in enumerate(refusals)]
    (folder / "main.tf").write_text(LOCALS + beside + "".join(calls), encoding="utf-8")
    terraform = Terraform(folder, {"AWS_REGION": "eu-central-1"})
    stay_offline(folder)
    terraform.init()
    lines: list[str] = []
    terraform.on_line = lines.append
    with pytest.raises(TerraformError):
        terraform.run("plan", "-json", "-input=false")
    found = [line["diagnostic"] for line in map(json.loads, lines) if line["type"] == "diagnostic"]
    by_place: dict[str, list[str]] = {}
    for each in found:
        context = each.get("snippet", {}).get("context", "")
        by_place.setdefault(context if context.startswith("module") else "", []).append(each["detail"])
    # A precondition, or the default of a variable, has no place: its message tells whose it is.
    said = {number: by_place.get(f'module "refusal_{number}"', []) for number in range(len(refusals))}
    return {refusal: said[number] + by_place.get("", []) for number, refusal in enumerate(refusals)}


@pytest.mark.parametrize("refusal", REFUSALS, ids=" ".join)
def test_refused_with_its_message(messages: dict[Refusal, list[str]], refusal: Refusal) -> None:
    assert any(message.startswith(REFUSALS[refusal]) for message in messages[refusal]), messages[refusal]


def test_every_validation_refuses_something(messages: dict[Refusal, list[str]]) -> None:
    """Terraform says which one it was, by its file and line."""
    said = "\n".join(message for found in messages.values() for message in found)
    refusing = {(path, int(line)) for path, line in re.findall(r"at \.\./(\S+):(\d+),", said)}
    validations = {
        (path.relative_to(ROOT).as_posix(), number)
        for path in (ROOT / "variables.tf", *ROOT.glob("modules/*/variables.tf"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip() == "validation {"
    }
    assert len(validations) > 50
    assert validations <= refusing, "each needs a row above"
