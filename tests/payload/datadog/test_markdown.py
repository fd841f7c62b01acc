"""Whatever an attacker writes, Datadog shows it as text: no mention, no link, no markup, no end of the fence."""

import re
import sys
from collections.abc import Callable
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deep_security_datadog.datadog.markdown import block, code, escaped, plain, shortened, truncate_middle


@pytest.mark.parametrize(
    "text", ["word", r"C:\Users\Jürgen\文書\a_b*c.exe", "2001:db8::1", "100% sure (really) [x]", "a %% b", "w.example"]
)
def test_regular_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text
    assert code(text) == f"`{text}`"
    assert block(text) == f"```\n{text}\n```"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@all", "\uff20all"),
        ("%%%", "% %%"),
        ("%%%%%", "% % % %%"),
        ("www.evil.example WWW.evil.example", "www[.]evil.example WWW[.]evil.example"),
        ("http://a/[Reset](//evil.example/x)", "http[:]//a/[Reset] (//evil.example/x)"),
        ("one \r\n two\tthree  four", "one two three  four"),
        ("a\x00b\x1b[31m\x7f\x9f", "a\ufffdb\ufffd[31m\ufffd\ufffd"),
        # Marks that are invisible or turn the reading direction, a lone surrogate, a non-character.
        ("\u200b\u202e\u2066\ufeff\ud800\uffff", "\ufffd" * 6),
    ],
)
def test_a_line_has_no_mention_fence_link_and_hidden_character(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("function", "text", "shown"),
    [
        (code, "a `b` ``` c", "`a \u02cbb\u02cb \u02cb\u02cb\u02cb c`"),
        (code, " a\nb ", "`a b`"),
        (block, "a\r\nb\rc\n\td", "```\na\nb\nc\n\td\n```"),
        (block, "```\n@all\n\x00", "```\n\u02cb\u02cb\u02cb\n\uff20all\n\ufffd\n```"),
        *((function, text, "") for text in ("", " \n") for function in (code, block)),
        (escaped, "# [a](b) *c* _d_ <e>", r"\# \[a\] \(b\) \*c\* \_d\_ \<e\>"),
        (escaped, "~f~ |g| !h `i` \\ -", r"\~f\~ \|g\| \!h " + "\u02cbi\u02cb" + r" \\ \-"),
    ],
)
def test_in_code_in_a_block_and_escaped(function: Callable[[str], str], text: str, shown: str) -> None:
    assert function(text) == shown


@pytest.mark.parametrize("hidden", "\u034f\u115f\u180e\u2800\u3164\ufdd0\U0001fffe")
def test_what_is_not_seen_is_made_visible(hidden: str) -> None:
    assert plain(f"ad{hidden}min") == "ad\ufffdmin"
    assert "\ufffd" in block(f"ad{hidden}min")


def test_no_format_character_hides() -> None:
    """But for the marks of Arabic, Syriac and Kaithi that are seen (Prepended_Concatenation_Mark), and joiners."""
    seen = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    formats = [chr(code) for code in range(sys.maxunicode + 1) if category(chr(code)) == "Cf" and code not in seen]
    assert [hex(ord(one)) for one in formats if plain(f"ad{one}min") != "ad\ufffdmin"] == []


@pytest.mark.parametrize("joiner", "\u200c\u200d\ufe0f\ufe00\U000e0100")
def test_joiners_cannot_hide(joiner: str) -> None:
    assert plain(f"ad{joiner}min") == "ad\ufffdmin"
    assert plain(f"{joiner}x") == "\ufffdx"
    assert plain(f"\u2764{joiner * 3}") == f"\u2764{joiner}\ufffd\ufffd"


@pytest.mark.parametrize(  # Devanagari, Persian, emoji, ideographs
    "text",
    ["क्\u200dष", "نامه\u200cای", "👨\u200d👩\u200d👧", "❤\ufe0f", "❤\ufe0f\u200d🔥", "葛\U000e0100"],  # noqa: RUF001
)
def test_joiners_that_scripts_and_emoji_need_stay(text: str) -> None:
    assert plain(text) == text


@given(st.text(min_size=1, max_size=200), st.integers(2, 100))
@example("x" * 30, 30)
@example("x" * 31, 30)
def test_text_is_cut_in_its_middle(text: str, limit: int) -> None:
    shown = truncate_middle(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        places = [place for place, character in enumerate(shown) if character == "…"]
        assert len(shown) == limit
        assert any(text.startswith(shown[:place]) and text.endswith(shown[place + 1 :]) for place in places)


@given(st.text(min_size=1, max_size=200), st.integers(30, 100))
@example("x" * 30, 30)
@example("x" * 31, 30)
def test_shortened_text_is_the_beginning_and_says_so(text: str, limit: int) -> None:
    shown = shortened(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        found = re.fullmatch(r"(.*)… \(\+\d+ characters\)", shown, re.DOTALL)
        assert found and text.startswith(found[1]) and len(shown) == limit
