"""Renaming a key of topic_arns and switching subscribe keep the subscription, given a `moved` block."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.moves import ELSEWHERE, NEW, STEPS, Taken
from tools.repository import ROOT

each_step = pytest.mark.parametrize("name", STEPS)


def subscription_changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    """What a plan does to subscriptions, by address."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["type"] == "aws_sns_topic_subscription"
    }


@each_step
def test_the_block_makes_the_plan_a_move_and_nothing_else(moves: dict[str, Taken], name: str) -> None:
    plan = moves[name].plan
    changed = [change["address"] for change in plan["resource_changes"] if change["change"]["actions"] != ["no-op"]]
    assert changed == [], "the plan should change nothing but addresses"
    origins = {change["address"]: change.get("previous_address") for change in plan["resource_changes"]}
    assert origins[STEPS[name].target] == STEPS[name].origin


@each_step
def test_the_subscription_stays(moves: dict[str, Taken], name: str) -> None:
    taken = moves[name]
    assert len(taken.subscriptions_before) == 1
    assert taken.subscriptions_after == taken.subscriptions_before, "the topic should keep its only subscription"
    assert taken.arrived, "a message published after the apply should arrive"


@each_step
def test_without_the_block_the_subscription_would_be_removed(moves: dict[str, Taken], name: str) -> None:
    step = STEPS[name]
    assert subscription_changes(moves[name].plan_without_block) == {step.origin: ["delete"], step.target: ["create"]}


def test_the_documentation_has_these_blocks() -> None:
    page = (ROOT / "docs" / "planned-work.md").read_text().replace('queue["production"]', 'queue["new"]')
    for step in STEPS.values():
        # To switch back, the page says, the two sides are swapped.
        if (step.origin, step.target) != (ELSEWHERE, NEW):
            assert step.moved in page, f"docs/planned-work.md should show the block from {step.origin} to {step.target}"
