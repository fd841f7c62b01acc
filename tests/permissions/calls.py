"""A request to AWS as IAM sees it, and what a policy says to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

ACCOUNT = "123456789012"
REGION = "eu-central-1"
# Where the secret can be too: its ARN names the region.
OTHER_REGION = "eu-west-1"
FUNCTION = "events"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"

# Lambda puts it into the credentials that the code gets, and into its own calls for the log, but into no other call
# that it makes in the role's name: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
FROM_THE_FUNCTION = {"lambda:SourceFunctionArn": FUNCTION_ARN}


@dataclass(frozen=True, kw_only=True)
class Call:
    """`context` holds the condition keys of the request beyond the global ones, `why` where it comes from."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    why: str


def decision(policy: Mapping[str, Any], call: Call) -> str:
    """Allow, Deny or ImplicitDeny."""
    request = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{FUNCTION}/{FUNCTION}",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=call.action,
        resource_arn=call.resource,
        region=REGION,
        source_ip="192.0.2.1",
        secure_transport=True,
        service_context={name.lower(): value for name, value in call.context.items()},
    )
    result: str = evaluate(request, [parse_policy_document(dict(policy))]).decision
    return result


def neighbours(arn: str) -> Iterator[str]:
    """The same kind of thing under a longer name, under a shorter one, in another account, and in another region."""
    prefix, partition, service, region, account, name = arn.split(":", 5)
    # A log stream is within its group, whose neighbour is meant.
    head, separator, stream = name.partition(":log-stream:")
    start = f"{prefix}:{partition}:{service}"
    for other in (f"{head}-2", f"{head}/2", head[:-1]):
        yield f"{start}:{region}:{account}:{other}{separator}{stream}"
    yield f"{start}:{region}:999999999999:{name}"
    yield f"{start}:us-west-2:{account}:{name}"
