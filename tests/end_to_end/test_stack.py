"""What Terraform makes and leaves: nothing to do a second time, no key anywhere, nothing after a destroy."""

import json
from concurrent.futures import ThreadPoolExecutor
from zipfile import ZipFile, is_zipfile

import pytest

# The emulator leaves out fields of alarms, so a second plan wants to set them again there, and there only.
INCOMPLETE_ON_THE_EMULATOR = "aws_cloudwatch_metric_alarm"


@pytest.fixture(scope="module")
def plans(stack):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda copy: copy.terraform.plan(), stack.copies))


def test_second_plan_is_empty(plans):
    for plan in plans:
        changed = {
            change["address"]: change["change"]["actions"]
            for change in plan["resource_changes"]
            if change["change"]["actions"] != ["no-op"]
        }
        assert [address for address in changed if INCOMPLETE_ON_THE_EMULATOR not in address] == []
        outputs = {name: change["actions"] for name, change in plan.get("output_changes", {}).items()}
        assert set(map(tuple, outputs.values())) <= {("no-op",)}, outputs


def test_api_key_in_no_state_and_no_plan(stack, plans):
    for copy in stack.copies:
        files = {path.name: path for path in copy.terraform.folder.iterdir() if path.is_file()}
        assert {"terraform.tfstate", "plan"} <= set(files)
        for path in files.values():
            contents = [path.read_bytes()]
            if is_zipfile(path):
                with ZipFile(path) as archive:
                    contents += [archive.read(name) for name in archive.namelist()]
            assert not any(copy.api_key.encode() in content for content in contents), path.name
        # The search would find it: the URL is in there.
        assert copy.datadog.url.encode() in files["terraform.tfstate"].read_bytes()


def test_api_key_not_in_the_function(stack):
    for copy in stack.copies:
        function = copy.aws.client("lambda").get_function(FunctionName=copy.outputs["function_name"])
        assert copy.api_key not in json.dumps(function, default=str)
        assert copy.datadog.url in json.dumps(function, default=str)
        secret = copy.aws.client("secretsmanager").get_secret_value(SecretId=copy.outputs["secret_arn"])
        assert secret["SecretString"] == copy.api_key


def test_two_copies_share_nothing(stack):
    first, second = (copy.outputs for copy in stack.copies)
    # An output that is null is not among Terraform's outputs.
    assert set(first) - set(second) == {"queue_arn", "queue_url"}
    assert {name for name in second if first[name] == second[name]} == set()


def left(aws):
    """Everything in the account of the kinds that the module makes."""
    iam, logs, secrets = aws.client("iam"), aws.client("logs"), aws.client("secretsmanager")
    return {
        "topics": aws.client("sns").list_topics()["Topics"],
        "subscriptions": aws.client("sns").list_subscriptions()["Subscriptions"],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "functions": aws.client("lambda").list_functions()["Functions"],
        "mappings": aws.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "roles": iam.list_roles()["Roles"],
        "users": iam.list_users()["Users"],
        "log groups": logs.describe_log_groups()["logGroups"],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "secrets": [secret for secret in secrets.list_secrets()["SecretList"] if "DeletedDate" not in secret],
    }


@pytest.mark.destroys
def test_destroy_leaves_nothing(stack):
    missing = {kind for kind, found in left(stack.aws).items() if not found}
    assert missing == set(), "nothing to look for"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda copy: copy.terraform.destroy(), [*stack.copies, stack.faults]))
    assert {kind: found for kind, found in left(stack.aws).items() if found} == {}
