"""A replaced resource takes along what hangs on it: after `terraform apply -replace`, nothing is left to do."""

from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import messages

EXAMPLE = "module.deep_security_datadog."
FUNCTION = "aws_lambda_function.this"


def test_a_new_role_takes_the_function_along(direct: Copy) -> None:
    """A role of the same name may not decrypt the old function's environment, which the emulator does not know."""
    address = 'module.copies["direct"].'
    assert direct.changes(f"-replace={address}aws_iam_role.this")[f"{address}{FUNCTION}"] == "replace"


def test_what_hangs_on_it_follows_with_a_queue(queue: Copy) -> None:
    follows(queue, f"{EXAMPLE}{FUNCTION}", f"{EXAMPLE}module.publisher[0].aws_iam_user.this")


def test_what_hangs_on_it_follows_with_direct_delivery(direct: Copy) -> None:
    follows(direct, f'module.copies["direct"].{FUNCTION}')


def follows(copy: Copy, *addresses: str) -> None:
    """These are referred to by a name that stays the same, so others would not notice. The rest was tried by hand."""
    subscriptions = copy.client("sns").list_subscriptions()["Subscriptions"]
    copy.terraform.apply(*(f"-replace={address}" for address in addresses), *copy.targets)
    assert copy.changes() == {}
    # Otherwise what is published meanwhile would be lost, and not even in the dead-letter queue.
    assert copy.client("sns").list_subscriptions()["Subscriptions"] == subscriptions
    [message] = messages(1, 1)
    copy.publish(message)
    copy.received(1)
