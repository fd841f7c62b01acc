"""What AWS does in the role's name without the payload asking for it, each with the page that says so."""

from collections.abc import Iterator

from tests.permissions.calls import FROM_THE_FUNCTION, OTHER_REGION, REGION, Call
from tests.permissions.modes import KEY_OF_QUEUES, Account, Mode

DOCS = "https://docs.aws.amazon.com"
LOGS = f"{DOCS}/lambda/latest/dg/monitoring-cloudwatchlogs.html"
POLLING = f"{DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html"
FAILURES = f"{DOCS}/lambda/latest/dg/invocation-async-retain-records.html"
NETWORK = f"{DOCS}/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html"
KEYS_OF_QUEUES = f"{DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
KEYS_OF_SECRETS = f"{DOCS}/secretsmanager/latest/userguide/security-encryption.html"
KEYS_OF_PARAMETERS = f"{DOCS}/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html"

NETWORK_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def service_calls(mode: Mode, account: Account) -> list[Call]:
    """All of this mode."""
    return [
        *_logs(account),
        *(_polling(account) if mode.delivery == "queue" else _failures(account)),
        *(_key_of_queues(mode) if mode.queue_kms else ()),
        *(_key_of_api_key(mode, account) if mode.api_key_kms else ()),
        *(network_calls() if mode.vpc else ()),
    ]


def network_calls() -> list[Call]:
    """Lambda's, before the first invocation and now and then: without the function's ARN in the request."""
    return [Call(action=action, resource="*", why=NETWORK) for action in NETWORK_ACTIONS]


def _logs(account: Account) -> Iterator[Call]:
    # IAM is asked for the stream at both, as messages of refused calls show.
    stream = f"{account.log_group}:log-stream:2024/05/14/[$LATEST]0123456789abcdef"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Call(action=action, resource=stream, context=FROM_THE_FUNCTION, why=LOGS)


def _polling(account: Account) -> Iterator[Call]:
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        yield Call(action=action, resource=account.queue, why=POLLING)


def _failures(account: Account) -> Iterator[Call]:
    yield Call(action="sqs:SendMessage", resource=account.dead_letter_queue, why=FAILURES)


def _key_of_queues(mode: Mode) -> Iterator[Call]:
    context = {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}
    # Whoever sends needs both: Decrypt checks the data key before it is used again.
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        yield Call(action=action, resource=KEY_OF_QUEUES, context=context | FROM_THE_FUNCTION, why=KEYS_OF_QUEUES)
    if mode.delivery == "queue":
        yield Call(action="kms:Decrypt", resource=KEY_OF_QUEUES, context=context, why=KEYS_OF_QUEUES)


def _key_of_api_key(mode: Mode, account: Account) -> Iterator[Call]:
    if mode.place.startswith("secret"):
        region = OTHER_REGION if mode.place == "secret-elsewhere" else REGION
        service, name, why = f"secretsmanager.{region}", "SecretARN", KEYS_OF_SECRETS
    else:
        service, name, why = f"ssm.{REGION}", "PARAMETER_ARN", KEYS_OF_PARAMETERS
    context = {
        "kms:ViaService": f"{service}.amazonaws.com",
        f"kms:EncryptionContext:{name}": account.places[mode.place],
    }
    yield Call(action="kms:Decrypt", resource=mode.api_key_kms_key_arn, context=context | FROM_THE_FUNCTION, why=why)
