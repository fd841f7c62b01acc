"""The text of a message is read within bounds, the same on every Python, and cut as it was written."""

import json

import pytest

from deep_security_datadog.aws import message
from deep_security_datadog.aws.message import DEEPEST, Unreadable

WRITTEN = [
    r'{"a":"\u00e9\/\"\\","b":"]},[{"}',
    '{"a":1e15,"b":1.0,"c":-0.0,"d":100000000000000000000}',
    '{"a":1,"a":2}',
    '{ "a" :\n[ ] ,\t"b": { } }',
    r'"\\"',
    '"é\U0001f600"',
    "[[],[[]]]",
]


def slices(text: str) -> list[str]:
    return [text[start:end] for _, start, end in message.elements(text)]


# Python's own limit lies between 990 and 10,000, depending on its version and on the caller.
@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 984, 1_494, 9_995, 100_000])
@pytest.mark.parametrize("form", ["%s", '{"D":%s}', '{"D":{"E":%s}}'])
def test_an_element_is_read_up_to_a_depth_that_is_the_same_on_every_python(form: str, depth: int) -> None:
    levels = depth - form.count("{")
    text = f"[{{}},{form % ('[' * levels + '1' + ']' * levels)}]"
    if depth == DEEPEST:
        assert [value for value, _, _ in message.elements(text)] == json.loads(text)
    else:
        with pytest.raises(Unreadable, match=r"^nested more than 100 levels deep$"):
            list(message.elements(text))


@pytest.mark.parametrize(
    "text", ["", "secret-content", '{"secret"}', "\x00", "{} secret", "[1", "[1,]", "[1 2]", "[1] 2"]
)
def test_what_is_no_json_is_a_reason_without_content(text: str) -> None:
    for read in (message.read, lambda text: list(message.elements(text))):
        with pytest.raises(Unreadable, match=r"^not readable as JSON \((?!.*secret)"):
            read(text)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", "7" * 4_301, "-" + "7" * 4_300])
def test_numbers_that_json_or_python_cannot_express_are_text(number: str) -> None:
    assert message.read(f'\ufeff{{"a": {number}, "b": 1.5, "c": -12}} ') == {"a": number, "b": 1.5, "c": -12}


@pytest.mark.parametrize("form", [("[", ",", "]"), ("\ufeff [\t", " ,\r\n", "\n] \n")])
def test_elements_are_cut_as_they_were_written(form: tuple[str, str, str]) -> None:
    start, separator, end = form
    text = start + separator.join(WRITTEN) + end
    assert message.is_array(text)
    assert slices(text) == WRITTEN
    assert [value for value, _, _ in message.elements(text)] == [json.loads(one) for one in WRITTEN]
    assert slices(start + end) == []


@pytest.mark.parametrize("text", ["{}", ' {"a":[1]}\n', '"[1,2]"', "null"])
def test_what_is_no_array_is_one_element(text: str) -> None:
    assert list(message.elements(text)) == [(json.loads(text), 0, len(text))]
    assert not message.is_array(text)


def test_no_more_is_read_than_asked_for() -> None:
    assert next(message.elements("[{}, no JSON")) == ({}, 1, 3)
