"""Requests: endpoints are equal by value, bodies are made when they are sent."""

from __future__ import annotations

from deep_security_datadog.request import Endpoint, Request


def test_requests_to_one_place_share_their_endpoint() -> None:
    """The client keeps a prepared request and a circuit breaker per endpoint."""
    endpoints = {Endpoint("https://a.example/v1", (("A", "b"),), "DD-API-KEY") for _ in range(3)}
    assert len(endpoints | {Endpoint("https://a.example/v1")}) == 2


def test_a_body_is_made_when_it_is_asked_for() -> None:
    made: list[bytes] = []

    def body() -> bytes:
        made.append(b"x")
        return made[-1]

    request = Request(Endpoint("https://a.example"), body)
    assert (made, request.smaller_body) == ([], None)
    assert (request.body(), made) == (b"x", [b"x"])
