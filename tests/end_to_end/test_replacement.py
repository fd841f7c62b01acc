"""A replaced resource takes along what hangs on it: after `terraform apply -replace`, nothing is left to do."""

from __future__ import annotations

import pytest

from tests import plans
from tests.end_to_end.stack import Stack
from tests.end_to_end.traffic import messages

EXAMPLE = "module.deep_security_datadog."
DIRECT = 'module.copies["direct"].'
# What others refer to by a name that stays the same, so that they would not notice. The rest was tried once, by hand.
REPLACED = [
    ("direct", f"{DIRECT}aws_lambda_function.this"),
    ("direct", f"{DIRECT}aws_iam_role.this"),
    ("example", f"{EXAMPLE}aws_lambda_function.this"),
    ("example", f"{EXAMPLE}module.publisher[0].aws_iam_user.this"),
]


def test_a_new_role_takes_the_function_along(stack: Stack) -> None:
    """A role of the same name may not decrypt the old function's environment, which the emulator does not know."""
    copy = stack.copy("example")
    planned = plans.plan(copy.terraform, f"-replace={EXAMPLE}aws_iam_role.this", *copy.targets)
    actions = {change["address"]: change["change"]["actions"] for change in planned["resource_changes"]}
    assert actions[f"{EXAMPLE}aws_lambda_function.this"] == ["delete", "create"]


@pytest.mark.destroys
@pytest.mark.parametrize(("name", "address"), REPLACED)
def test_what_hangs_on_it_follows(stack: Stack, name: str, address: str) -> None:
    copy = stack.copy(name)
    subscriptions = copy.client("sns").list_subscriptions()["Subscriptions"]
    copy.terraform.apply(f"-replace={address}", *copy.targets)
    assert copy.changes() == []
    # Otherwise what is published meanwhile would be lost, and not even in the dead-letter queue.
    assert copy.client("sns").list_subscriptions()["Subscriptions"] == subscriptions
    [message] = messages(1, 1)
    copy.publish(message)
    copy.received(1)
