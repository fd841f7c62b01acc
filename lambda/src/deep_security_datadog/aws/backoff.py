"""How long a message waits in the queue before the next attempt."""

import random

# Seconds by attempt, then doubling: everything arrives within a minute after an outage of up to five minutes.
_STEPS = (10, 20, 40, 50, 50, 50, 50, 50, 50, 50)
# Jitter spreads the messages. It only shortens: no wait is longer than promised.
_LEAST = 0.8


def delay(attempt: int, *, asked: float = 0.0, longest: int) -> int:
    """Whole seconds before the next attempt, at least as many as Datadog asked for.

    attempt: number of the failed one, from 1. longest: the visibility timeout of the queue, the upper bound.
    """
    step = _STEPS[min(attempt, len(_STEPS)) - 1] if attempt > 0 else 0
    doubled = step * 2.0 ** min(max(0, attempt - len(_STEPS)), 20)
    # Terraform counts on whole visibility timeouts (queue.tf).
    if max(doubled, asked) >= longest:
        return longest
    return min(longest, round(max(doubled * random.uniform(_LEAST, 1.0), asked)))  # noqa: S311 (no secret depends on it)
