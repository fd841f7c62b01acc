"""The function's role allows what the payload and AWS do in its name, each mode's own, and nothing else.

The policies are Terraform's, the payload's calls are recorded while it runs, and the decisions are
made by the emulator's IAM evaluator, without the emulator.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import boto3
import pytest
from ministack.core.iam_evaluator import validate_policy_document
from moto import mock_aws

from tests.permissions.calls import FROM_THE_FUNCTION, Call, decision, neighbours
from tests.permissions.modes import MODES, Account, Mode, Rendered, make_account, render
from tests.permissions.recorded_calls import action_of, record
from tests.permissions.service_calls import network_calls, service_calls
from tools.repository import ROOT
from tools.terraform import IS_OPENTOFU

Environment = tuple[tuple[str, str], ...]
WITHOUT_NARROWER_RESOURCE = {"ManageNetworkInterfaces", "NotFromTheCode"}


class Evidence(NamedTuple):
    """Of one mode: the policy, what the payload and AWS do."""

    policy: Mapping[str, Any]
    calls: list[Call]

    @property
    def statements(self) -> list[dict[str, Any]]:
        return list(self.policy["Statement"])


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "x")
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        yield make_account()


@pytest.fixture(scope="module")
def rendered(account: Account, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rendered]:
    if IS_OPENTOFU:
        pytest.skip("a plan of OpenTofu does not know what its mocked provider computes (override_during)")
    return render(tmp_path_factory.mktemp("modes"), account, MODES)


@pytest.fixture(scope="module")
def recorded(rendered: dict[str, Rendered]) -> dict[Environment, list[Call]]:
    """By the function's environment, which some modes share."""
    environments = {tuple(sorted(each.environment.items())) for each in rendered.values()}
    return {environment: record(dict(environment)) for environment in environments}


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request: pytest.FixtureRequest) -> Mode:
    chosen: Mode = request.param
    return chosen


@pytest.fixture
def evidence(
    mode: Mode, account: Account, rendered: dict[str, Rendered], recorded: dict[Environment, list[Call]]
) -> Evidence:
    mine = rendered[mode.name]
    return Evidence(mine.policy, recorded[tuple(sorted(mine.environment.items()))] + service_calls(mode, account))


def test_each_call_is_allowed(evidence: Evidence) -> None:
    assert validate_policy_document(evidence.policy) is None
    for call in evidence.calls:
        assert decision(evidence.policy, call) == "Allow", call


def test_each_permission_is_used(evidence: Evidence) -> None:
    for statement in evidence.statements:
        if statement["Effect"] == "Deny":
            continue
        for action, resource in product(as_list(statement["Action"]), as_list(statement["Resource"])):
            alone = {"Statement": [statement | {"Action": action, "Resource": resource}]}
            assert any(decision(alone, call) == "Allow" for call in evidence.calls), f"{action} on {resource} is unused"


def test_nothing_of_the_neighbours(evidence: Evidence) -> None:
    for call in evidence.calls:
        if call.resource == "*":
            continue
        for other in neighbours(call.resource):
            assert decision(evidence.policy, replace(call, resource=other)) == "ImplicitDeny", other


def test_the_key_opens_nothing_else(mode: Mode, evidence: Evidence) -> None:
    """Someone else's secret can be encrypted with the same key."""
    opening = [call for call in evidence.calls if any("EncryptionContext" in name for name in call.context)]
    assert len(opening) == mode.api_key_kms
    for call in opening:
        ((name, arn),) = ((name, value) for name, value in call.context.items() if "EncryptionContext" in name)
        without = {key: value for key, value in call.context.items() if key != name}
        for context in (without, *(without | {name: other} for other in neighbours(arn))):
            assert decision(evidence.policy, replace(call, context=context)) == "ImplicitDeny", context


def test_no_wildcards(mode: Mode, evidence: Evidence) -> None:
    everywhere = set()
    for statement in evidence.statements:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        for action in as_list(statement["Action"]):
            assert not set("*?") & set(action), statement
        for resource in as_list(statement["Resource"]):
            if resource == "*":
                everywhere.add(statement["Sid"])
            else:
                # The streams of a log group have names of Lambda's making.
                assert not set("*?") & set(resource.removesuffix(":*")), statement
                assert not resource.endswith(":*") or statement["Sid"] == "WriteLog", statement
    assert everywhere == (WITHOUT_NARROWER_RESOURCE if mode.vpc else set())


def test_the_network_is_not_for_the_code(mode: Mode, evidence: Evidence) -> None:
    for call in network_calls():
        refused = "Deny" if mode.vpc else "ImplicitDeny"
        assert decision(evidence.policy, replace(call, context=FROM_THE_FUNCTION)) == refused, call


def test_no_path_is_missing(recorded: dict[Environment, list[Call]]) -> None:
    """Each operation of the clients that the source makes is among those recorded."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "lambda" / "src").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    # Called by their name, or by a string that is their name.
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    names = words | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    operations: dict[str, str] = {}
    # Two services have the destinations' names.
    for service in words.intersection(boto3.Session().get_available_services()) - {"events", "logs"}:
        client = boto3.client(service, region_name="us-east-1")
        prefix = client.meta.service_model.signing_name
        operations |= {method: action_of(prefix, name) for method, name in client.meta.method_to_api_mapping.items()}
    made = {call.action for calls in recorded.values() for call in calls}
    assert {operations[name] for name in names if name in operations} == made


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
