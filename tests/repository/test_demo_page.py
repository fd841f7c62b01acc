"""The page of the demo shows what arrived, and whatever stands in it runs nothing and leads nowhere."""

import base64
import hashlib
import html
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from deep_security_datadog.datadog import events
from deep_security_datadog.datadog.request import Context
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.filter import Filter
from tests.support import item
from tools import demo_page, explain, samples
from tools.demo_page import Destination
from tools.explain import Verdict

CONSOLE = "https://dsm.example.com:4119"
RUN = "top.document.title='ran'"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"</pre></details></style><svg onload={RUN}>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}',
    f"' style='position:fixed' onclick='{RUN}",
    f"[click](javascript:{RUN})",
    f"<javascript:{RUN}>",
    "[click](https://evil.example/)",
    "[click](//evil.example/)",
    "[click][here]\n\n[here]: https://evil.example/",
    f"[click]({CONSOLE}.evil.example/)",
    f"[click]({CONSOLE}/other)",
    "![picture](https://evil.example/pixel.png)",
    f"![picture]({CONSOLE})",
    "<https://evil.example/> https://evil.example/ www.evil.example",
    "http://a/[Reset](//evil.example/x)",
    "`](https://evil.example/)`",
    "\n %%%\n<iframe srcdoc='<script>0</script>'></iframe>\n%%% \n",
    "```\n</code></pre><form action=https://evil.example/><button>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    "<base href=https://evil.example/><link rel=stylesheet href=//evil.example/x.css><style>*{color:red}</style>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "\ud800 \x00 \u202eevil",
    "W" * 3000,
]
ATTRIBUTES = {
    "aria-labelledby", "charset", "checked", "class", "content", "datetime", "for", "href", "http-equiv", "id", "lang",
    "name", "open", "type",
}  # fmt: skip


class Parsed(HTMLParser):
    """Elements with their attributes, the style, and the text that is shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def destination(name: str, received: list[dict[str, Any]]) -> Destination:
    return Destination(name, {}, [], received)


def received() -> list[Destination]:
    """What the function makes of every sample, as events."""
    context = Context(now=datetime.now(UTC), tags=("env:prod",), console_url=CONSOLE)
    samples_of = [event for message in samples.messages().values() for event in samples.events_of(message)]
    return [destination("events", [events.body(item(event), context) for event in samples_of])]


def hostile() -> list[Destination]:
    """As if the function escaped nothing."""
    bodies = [
        {"title": text, "text": fenced, "alert_type": text, "host": text, "tags": [text], "date_happened": 1}
        for text in HOSTILE
        for fenced in (text, f"%%% \n{text}\n %%%", f"%%% \n- Label: {text}\n\n> {text}\n %%%")
    ]
    found = [
        {"message": text, "status": text, "hostname": text, "ddtags": text, "timestamp": 1, text: [text]}
        for text in HOSTILE
    ]
    return [destination("events", bodies), destination("logs", found)]


def render(destinations: list[Destination], console_url: str | None = CONSOLE) -> str:
    return demo_page.render(destinations, published=len(destinations[0].received), console_url=console_url)


def test_nothing_runs_nothing_leads_elsewhere_and_the_policy_allows_only_the_style() -> None:
    text = render(hostile())
    page = Parsed(text)
    assert (
        not {"script", "iframe", "img", "svg", "object", "embed", "form", "base", "link"} & dict(page.elements).keys()
    )
    assert {link["href"] for link in page.of("a")} <= {CONSOLE}
    assert {attribute for _, attributes in page.elements for attribute in attributes} <= ATTRIBUTES
    assert len(page.of("meta")) == 5
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = [meta["content"] for meta in page.of("meta") if meta.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_console_is_the_only_link_and_only_where_it_is_configured() -> None:
    destinations = received()
    links = Parsed(render(destinations)).of("a")
    assert len(links) == len(destinations[0].received) > 9 and links[0]["href"] == CONSOLE
    assert not Parsed(render(destinations, None)).of("a")
    assert not Parsed(render([destination("events", [_event("[x](javascript:alert)")])], "javascript:alert")).of("a")


def _event(text: str, **fields: Any) -> dict[str, Any]:
    return {"title": "A title", "text": f"%%% \n{text}\n %%%", **fields}


def test_events_are_shown_as_datadog_shows_them() -> None:
    shown = _event("**High** on `web`\n\n- Rule: `1`", alert_type="error", host="web", tags=["env:prod", "rank:7"])
    page = render([destination("events", [shown | {"date_happened": 1_700_000_000}, {"title": "", "text": "_late_"}])])
    assert '<li class="row error">' in page and '<li class="row info">' in page
    assert "<strong>High</strong> on <code>web</code>" in page and "<li>Rule: <code>1</code></li>" in page
    assert '<time datetime="2023-11-14T22:13:20+00:00">Nov 14, 22:13:20</time>' in page
    assert '<span class="host">web</span>' in page and "<span>env:prod</span> <span>rank:7</span>" in page
    assert page.index("on arrival") < page.index("Nov 14"), "the newest comes first"
    assert 'id="logs"' not in page and "<pre>_late_</pre>" in page, "without fences it is no Markdown"


def test_logs_are_shown_with_their_attributes() -> None:
    log = {"message": "A log", "status": "critical", "hostname": "web", "ddtags": "env:prod,rank:7"}
    attributes = {"service": "deep-security", "usr": {"name": "x"}}
    page = render([destination("logs", [log | attributes | {"timestamp": 1_700_000_000_000}])])
    assert '<li class="row error">' in page and "Nov 14, 22:13:20" in page and "<span>rank:7</span>" in page
    shown = html.unescape(page.partition("<pre>")[2].partition("</pre>")[0])
    assert json.loads(shown) == attributes


def test_a_filter_is_shown_with_what_it_dropped_and_why() -> None:
    options = {"rank_greater_than": 24, "exclude": [{"Title": "<b>*"}]}
    dropped = [
        Verdict(Event({"EventType": "PacketLog", "Rank": 7, "Reason": "<i>Deny"}), "rank_greater_than"),
        Verdict(Event({"EventType": "AntiMalwareEvent"}), "exclude"),
    ]
    page = render([Destination("events", options, dropped, [])])
    text = " ".join(Parsed(page).texts)
    assert "rank_greater_than = 24" in text and 'exclude = [{"Title": "<b>*"}]' in text and "2 events dropped" in text
    assert re.search(r"\[Info\] Firewall: <i>Deny\s+rank_greater_than\s+rank 7", text)
    assert "Nothing arrived." in text


def test_folded_repeats_are_counted_and_a_long_list_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_page, "MOST_ROWS", 2)
    repeats = [{"EventType": "PacketLog", "Reason": "Deny", "Hostname": "web"}] * 3
    verdicts = explain.verdicts(repeats, Filter.from_options({"fold_repeats": True}))
    page = render([Destination("events", {"fold_repeats": True}, verdicts, [_event("x")] * 3)])
    assert "fold_repeats = true" in page and "2 repeats folded" in page
    assert page.count('<li class="row') == 2 and "The newest 2 are shown." in page
