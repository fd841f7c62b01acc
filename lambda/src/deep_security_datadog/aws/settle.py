"""Settles a record whose answers are in: what is owed goes to the queues, within the time left."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import message
from .delivery import Delivery, Outgoing
from .queues import Queues

# Of Lambda's record of a failed invocation, besides the event: ids, error, stack trace
# (docs/reference/aws-limits.md#asynchronous-invocations). In bytes.
_ROOM_IN_RECORD = 6_000


class Settlement(NamedTuple):
    """What the queues took. problem: why they did not take the rest; empty if they took it all."""

    kept: tuple[Outgoing, ...] = ()
    put_back: tuple[Outgoing, ...] = ()
    problem: str = ""


def settle(delivery: Delivery, queues: Queues, *, payload: object, seconds_left: Callable[[], float]) -> Settlement:
    """Sends refusals to the dead-letter queue and what is owed back to the queue. What still is owed then comes back.

    payload: the Lambda event. seconds_left: until Lambda ends the invocation.
    """
    is_direct = delivery.record.record_id is None
    kept, problem = queues.keep(delivery.refusals(), seconds_left=seconds_left)
    delivery.settle(debt for one in kept for debt in one.debts)
    if is_direct and delivery.debts:
        pieces, other = queues.keep(_pieces(delivery, payload, queues.largest), seconds_left=seconds_left)
        delivery.settle(debt for one in pieces for debt in one.debts)
        kept, problem = kept + pieces, other or problem
    if is_direct or delivery.is_untouched or not delivery.debts:
        return Settlement(kept, (), problem)
    remainders = delivery.remainders()
    put_back, other = queues.put_back(remainders, retry_after=delivery.retry_after, seconds_left=seconds_left)
    delivery.settle(debt for one in put_back for debt in one.debts)
    return Settlement(kept, put_back, other or problem)


def _pieces(delivery: Delivery, payload: object, largest: int) -> Iterator[Outgoing]:
    """What is owed of a direct delivery that Lambda would lose, because its record of it does not fit into the queue.

    So is what one invocation does not take: the next one would not take it either.
    """
    is_cut = any(entry.is_left for entry in delivery.record.entries)
    if is_cut or len(message.write(payload).encode()) > largest - _ROOM_IN_RECORD:
        yield from delivery.remainders("not delivered, and too large to be tried again without a queue")
