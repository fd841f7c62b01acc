"""The inputs that change the function's role, and what Terraform makes of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from tests.permissions.calls import ACCOUNT, FUNCTION, OTHER_REGION, REGION
from tests.plans import tested
from tools.terraform import Terraform, copy_modules

KEY_OF_QUEUES = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/queues"
# With a path and without, and with the ARN.
_PARAMETERS = {"parameter": "datadog-api-key", "parameter-path": "/datadog/api-key", "parameter-arn": "/arn/api-key"}


class Mode(NamedTuple):
    place: str
    delivery: str = "queue"
    api_key_kms: bool = False
    queue_kms: bool = False
    vpc: bool = False

    @property
    def name(self) -> str:
        """An identifier in Terraform too."""
        switches = ("api_key_kms", "queue_kms", "vpc")
        return "-".join([self.place, self.delivery, *(switch for switch in switches if getattr(self, switch))])

    @property
    def api_key_kms_key_arn(self) -> str:
        region = OTHER_REGION if self.place == "secret-elsewhere" else REGION
        return f"arn:aws:kms:{region}:{ACCOUNT}:key/api-key"


# The policy is a concatenation of independent parts, so each part appears in some mode and is missing in another, the
# two that ask for the delivery are combined with both, and the place of the API key decides nothing else.
MODES = (
    Mode("secret"),
    Mode("secret", api_key_kms=True, queue_kms=True, vpc=True),
    Mode("secret", queue_kms=True),
    Mode("secret", "direct"),
    Mode("secret", "direct", vpc=True),
    Mode("secret-elsewhere", api_key_kms=True),
    Mode("parameter"),
    Mode("parameter", "direct", api_key_kms=True, queue_kms=True),
    Mode("parameter-path", api_key_kms=True),
    Mode("parameter-arn", api_key_kms=True),
)


class Account(NamedTuple):
    """What exists in the mocked account: ARNs, and by `urls` the queues' URLs."""

    queue: str
    dead_letter_queue: str
    log_group: str
    places: Mapping[str, str]
    urls: Mapping[str, str]


class Rendered(NamedTuple):
    """The function's environment and the policy of its role, as Terraform would send them to AWS."""

    environment: Mapping[str, str]
    policy: Mapping[str, Any]


def make_account() -> Account:
    """Make what the module's resources and the user's would be, where boto3 is mocked; AWS says what their ARNs are."""
    sqs, logs, ssm = (boto3.client(service, region_name=REGION) for service in ("sqs", "logs", "ssm"))
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in (FUNCTION, f"{FUNCTION}-dead-letter")}
    queue, dead_letter_queue = (queue_arn(sqs, url) for url in urls.values())
    logs.create_log_group(logGroupName=f"/aws/lambda/{FUNCTION}")
    places = {
        "secret": _secret(REGION, '{"DD_API_KEY": "the-key"}'),
        "secret-elsewhere": _secret(OTHER_REGION, "the-key"),
    }
    for place, name in _PARAMETERS.items():
        ssm.put_parameter(Name=name, Value="the-key", Type="SecureString")
        places[place] = ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    return Account(
        queue=queue,
        dead_letter_queue=dead_letter_queue,
        log_group=logs.describe_log_groups()["logGroups"][0]["logGroupArn"],
        places=places,
        urls=dict(zip((queue, dead_letter_queue), urls.values(), strict=True)),
    )


def queue_arn(sqs: Any, url: str) -> Any:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _secret(region: str, value: str) -> Any:
    secrets = boto3.client("secretsmanager", region_name=region)
    return secrets.create_secret(Name="datadog-api-key", SecretString=value)["ARN"]


def render(folder: Path, account: Account, modes: Sequence[Mode]) -> dict[str, Rendered]:
    """By the mode's name. One plan over all of them; its mocked provider takes from `account` what AWS computes.

    A plan without mocks would not do: the policy is unknown in it, because it names queues that do not exist yet.
    """
    root = copy_modules(folder) / "modes"
    root.mkdir()
    configuration = {
        # Named in the root, else the mock does not reach the modules.
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "module": {mode.name: _module(mode, account) for mode in modes},
    }
    (root / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
    (root / "modes.tftest.json").write_text(json.dumps(_test(modes, account)), encoding="utf-8")
    terraform = Terraform(root, {"AWS_REGION": REGION})
    terraform.init()
    # The plan comes with the provider's schema: 13 MB, which is why all modes share one.
    after = {each["address"]: each["change"]["after"] for each in tested(terraform)["modes"]}
    return {mode.name: _rendered(after, f"module.{mode.name}") for mode in modes}


def _module(mode: Mode, account: Account) -> dict[str, Any]:
    place = account.places[mode.place]
    datadog = (
        {"api_key_secret_arn": place}
        if mode.place.startswith("secret")
        else {"api_key_ssm_parameter": place if mode.place == "parameter-arn" else _PARAMETERS[mode.place]}
    )
    if mode.api_key_kms:
        datadog["api_key_kms_key_arn"] = mode.api_key_kms_key_arn
    return {
        "source": "../",
        "name": FUNCTION,
        "topic": {"create": False},
        "topic_arns": {"security": f"arn:aws:sns:{REGION}:{ACCOUNT}:security"},
        "publishers": {"create_user": False},
        "datadog": datadog,
        "delivery": mode.delivery,
        "queue": {"kms_key_arn": KEY_OF_QUEUES} if mode.queue_kms else {},
        "function": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]} if mode.vpc else {},
    }


def _test(modes: Sequence[Mode], account: Account) -> dict[str, Any]:
    def override(mode: Mode, resource: str, **values: str) -> dict[str, Any]:
        return {"target": f"module.{mode.name}.{resource}", "override_during": "plan", "values": values}

    return {
        "mock_provider": {"aws": {"source": "../tests/terraform/aws", "override_during": "plan"}},
        "override_resource": [
            override(mode, resource, arn=arn, **({"url": account.urls[arn]} if arn in account.urls else {}))
            for mode in modes
            for resource, arn in {
                "aws_sqs_queue.this": account.queue if mode.delivery == "queue" else "",
                "aws_sqs_queue.dead_letter": account.dead_letter_queue,
                "aws_cloudwatch_log_group.this": account.log_group,
            }.items()
            if arn
        ],
        "run": {"modes": {"command": "plan"}},
    }


def _rendered(after: Mapping[str, Any], module: str) -> Rendered:
    (environment,) = after[f"{module}.aws_lambda_function.this"]["environment"]
    policy = after[f"{module}.aws_iam_role_policy.this"]["policy"]
    return Rendered(environment=environment["variables"], policy=json.loads(policy))
