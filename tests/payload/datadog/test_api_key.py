"""What in a secret is the API key, how long it is kept, and when it is read again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from deep_security_datadog.datadog.api_key import RELOAD_RETRY, ApiKey, key_in
from deep_security_datadog.log import LoggableError

KEY = "0123456789abcdef0123456789abcdef"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Store:
    """Gives these keys, one each time; none for an empty one and in the end."""

    def __init__(self, *keys: str) -> None:
        self._keys = iter(keys)
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        if key := next(self._keys, ""):
            return key
        raise LoggableError("/datadog: ThrottlingException")


# In a secret -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        f" {KEY}\n",
        f'"{KEY}"',
        f'{{"DD_API_KEY": "{KEY}"}}',
        f'{{"dd_api_key": " {KEY} "}}',
        f'{{"apiKey": "{KEY}", "other": 1}}',
        f'{{"DD_API_KEY": null, "api_key": "{KEY}"}}',
    ],
)
def test_forms_of_the_secret(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert key_in(secret) == KEY
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("key", ["0" * 32, "12345678" * 4])
def test_a_key_of_digits_is_no_number(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert key_in(key) == key
    assert capsys.readouterr().out == ""


def test_a_key_of_another_form_is_used_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert key_in("placeholder") == "placeholder"
    line = capsys.readouterr().out
    assert "does not look like an API key" in line and "placeholder" not in line


@pytest.mark.parametrize(
    "secret",
    ["", " ", "two words", '{"DD_API_KEY": ""}', '{"other": "x"}', "[]", "null", "key\x00", "k" * 201, "[" * 100_000],
)
def test_what_is_no_key_says_so_and_nothing_of_what_it_is(secret: str) -> None:
    with pytest.raises(LoggableError, match="the API key cannot be read: the secret is") as raised:
        ApiKey(lambda: secret, reload_interval=1).get()
    assert not secret.strip() or secret not in str(raised.value)


def test_json_without_the_key_names_the_names_it_may_have() -> None:
    with pytest.raises(LoggableError, match="no string DD_API_KEY or dd_api_key or apiKey or api_key") as raised:
        key_in('{"other": "secret-value"}')
    assert "secret-value" not in str(raised.value)


# Reading it --------------------------------------------------------------------------------------------------------


def test_cached_until_the_interval_is_over() -> None:
    store, clock = Store("one", "two"), Clock()
    key = ApiKey(store, reload_interval=10, clock=clock)
    assert [key.get(), key.get()] == ["one", "one"]
    clock.now = 10
    assert key.get() == "two"


def test_read_each_time_without_an_interval() -> None:
    key = ApiKey(Store("one", "two"), reload_interval=0)
    assert [key.get(), key.get()] == ["one", "two"]


def test_reload_reads_at_once() -> None:
    key = ApiKey(Store("one", "two"), reload_interval=300)
    assert [key.get(), key.reload(), key.get()] == ["one", "two", "two"]


def test_a_known_key_is_used_on_and_the_next_reload_waits() -> None:
    store, clock = Store("one", "", "three"), Clock()
    key = ApiKey(store, reload_interval=10, clock=clock)
    assert key.get() == "one"
    clock.now = 10
    assert [key.get() for _ in range(20)] == ["one"] * 20
    clock.now = 10 + RELOAD_RETRY[0] - 0.1
    assert (key.get(), store.reads) == ("one", 2)
    clock.now = 10 + RELOAD_RETRY[1]
    assert (key.get(), store.reads) == ("three", 3)


def test_a_known_key_is_not_read_at_each_call_while_that_fails_without_an_interval_either() -> None:
    store = Store("one")
    key = ApiKey(store, reload_interval=0)
    assert [key.get() for _ in range(20)] == ["one"] * 20
    assert store.reads == 2


def failing(error: Exception) -> Callable[[], str]:
    def read() -> str:
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LoggableError("/datadog: AccessDeniedException"), "/datadog: AccessDeniedException"),
        (ValueError("a value"), "ValueError"),
    ],
)
def test_an_unknown_key_that_cannot_be_read_says_why_and_no_value(error: Exception, reason: str) -> None:
    key = ApiKey(failing(error), reload_interval=300)
    with pytest.raises(LoggableError) as raised:
        key.get()
    assert str(raised.value) == f"the API key cannot be read: {reason}"


def test_a_reload_that_fails_says_so_and_the_known_key_stays() -> None:
    key = ApiKey(Store("one"), reload_interval=300)
    key.get()
    with pytest.raises(LoggableError, match="ThrottlingException"):
        key.reload()
    assert key.get() == "one"


def test_a_read_that_hangs_ends_in_time() -> None:
    release = Event()
    with pytest.raises(LoggableError, match="the API key cannot be read: no answer within 0 s"):
        ApiKey(lambda: str(release.wait(60)), reload_interval=300).get(seconds=0.1)
    release.set()


def test_a_read_has_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key store that hangs leaves time for saying so."""
    monkeypatch.setattr("deep_security_datadog.datadog.api_key.READ_DEADLINE", 0.1)
    release = Event()
    with pytest.raises(LoggableError, match="no answer within 0 s"):
        ApiKey(lambda: str(release.wait(60)), reload_interval=300).get(seconds=900)
    release.set()
