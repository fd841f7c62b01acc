"""What in a secret is the API key, how long it is kept, and when it is read again."""

from threading import Event

import pytest

from deep_security_datadog.datadog import api_key as module
from deep_security_datadog.datadog.api_key import READ_DEADLINE, RELOAD_RETRY, ApiKey, key_in
from deep_security_datadog.log import LoggableError

KEY = "0123456789abcdef0123456789abcdef"


class Clock:
    """In place of the machine's."""

    now = 0.0

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "monotonic", lambda: self.now)


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
    for key in (KEY, "0" * 32, "12345678" * 4, "12345678" * 3 + "123456e5"):
        assert key_in(secret.replace(KEY, key)) == key, "a key of digits, or with an e among them, is no number"
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


@pytest.mark.parametrize(("interval", "second"), [(10, "one"), (0, "two")])
def test_cached_until_the_interval_is_over_or_not_at_all(
    interval: float, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = Store("one", "two"), Clock(monkeypatch)
    key = ApiKey(store, reload_interval=interval)
    assert [key.get(), key.get()] == ["one", second]
    clock.now = 10
    assert key.get() == "two"


@pytest.mark.parametrize("interval", [10, 0])
def test_a_known_key_is_used_on_and_the_next_reload_waits(interval: float, monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock = Store("one", "", "three"), Clock(monkeypatch)
    key = ApiKey(store, reload_interval=interval)
    assert key.get() == "one"
    clock.now = 10
    assert [key.get() for _ in range(20)] == ["one"] * 20
    clock.now = 10 + RELOAD_RETRY[0] - 0.1
    assert (key.get(), store.reads) == ("one", 2)
    clock.now = 10 + RELOAD_RETRY[1]
    assert (key.get(), store.reads) == ("three", 3)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(LoggableError("/datadog: AccessDenied"), "/datadog: AccessDenied"), (ValueError("a value"), "ValueError")],
)
def test_what_cannot_be_read_says_why_and_no_value(error: Exception, reason: str) -> None:
    def read() -> str:
        raise error

    with pytest.raises(LoggableError, match=f"^the API key cannot be read: {reason}$"):
        ApiKey(read, reload_interval=300).get()


def test_it_is_read_again_when_asked_and_stays_if_that_fails() -> None:
    key = ApiKey(Store("one", "two"), reload_interval=300)
    assert [key.get(), key.reload(), key.get()] == ["one", "two", "two"]
    with pytest.raises(LoggableError, match="ThrottlingException"):
        key.reload()
    assert key.get() == "two"


@pytest.mark.parametrize(("seconds", "deadline"), [(0.1, READ_DEADLINE), (900, 0.1)])
def test_a_read_that_hangs_ends_in_time(seconds: float, deadline: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key store that hangs leaves time for saying so."""
    monkeypatch.setattr(module, "READ_DEADLINE", deadline)
    release = Event()
    with pytest.raises(LoggableError, match="the API key cannot be read: no answer within 0 s"):
        ApiKey(lambda: str(release.wait(60)), reload_interval=300).get(seconds=seconds)
    release.set()
