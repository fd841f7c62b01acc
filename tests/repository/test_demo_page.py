"""The page of the demo shows what arrived, and whatever stands in it runs nothing and leads nowhere."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from deep_security_datadog.datadog import events, logs
from deep_security_datadog.datadog.item import Context
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.filter import Filter
from tests.support import item
from tools import demo_page, explain, samples
from tools.demo_page import Destination
from tools.explain import Verdict

CONSOLE = "https://dsm.example.com:4119"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (400, 1200)
# The top of the frame, which is told what runs.
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


def received(properties: list[dict[str, Any]]) -> list[Destination]:
    """What the function makes of these events, in both destinations."""
    context = Context(now=datetime.now(UTC), tags=("env:prod",), console_url=CONSOLE)
    items = [item(event) for event in properties]
    found = {
        "events": [events.body(each, context) for each in items],
        "logs": [logs.body(each, context) for each in items],
    }
    return [destination(name, json.loads(json.dumps(bodies))) for name, bodies in found.items()]


def every_sample() -> list[dict[str, Any]]:
    return [event for message in samples.messages().values() for event in samples.events_of(message)]


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


PAGES = {
    "samples": functools.cache(lambda: render(received(every_sample()))),
    "hostile": functools.cache(lambda: render(hostile())),
}
every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_nothing_runs_nothing_leads_elsewhere_and_the_policy_allows_only_the_style(name: str) -> None:
    text = PAGES[name]()
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
    destinations = received(every_sample())
    links = Parsed(render(destinations)).of("a")
    assert len(links) == len(every_sample()) and links[0]["href"] == CONSOLE
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
    log = {
        "message": "A log",
        "status": "critical",
        "hostname": "web",
        "ddtags": "env:prod,rank:7",
        "usr": {"name": "x"},
    }
    page = render([destination("logs", [log | {"timestamp": 1_700_000_000_000, "service": "deep-security"}])])
    assert '<li class="row error">' in page and "Nov 14, 22:13:20" in page and "<span>rank:7</span>" in page
    shown = html.unescape(page.partition("<pre>")[2].partition("</pre>")[0])
    assert json.loads(shown) == {"service": "deep-security", "usr": {"name": "x"}}


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


def test_all_colours_of_text_can_be_read_in_light_and_dark() -> None:
    blocks = re.findall(r":root \{\n(.*?)\}", (demo_page.FOLDER / "demo_page.css").read_text(), re.DOTALL)
    assert len(blocks) == 2
    for colours in (dict(re.findall(r"--(\w+): (#\w+);", block)) for block in blocks):
        for text in ("ink", "quiet", "error", "warning", "info"):
            for ground in ("page", "card", "soft"):
                pale, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
                assert (pale + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground}: {colours}"


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


MEASURE = """<!doctype html><title>did not run</title>%s<script>onload = () => {
  const measured = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, root = page.documentElement
    page.querySelectorAll("details").forEach(details => details.open = true)
    const rows = [...page.querySelectorAll(".row")]
    const cut = element => element.clientWidth && element.scrollWidth > element.clientWidth
    const measured = {
      width: frame.width,
      rows: rows.length,
      cut: [root, ...page.body.querySelectorAll("*")].filter(cut).map(element => element.outerHTML.slice(0, 200)),
      links: [...page.links].map(link => link.href),
      fontSize: getComputedStyle(page.body).fontSize
    }
    page.getElementById("show-error").click()
    return {...measured, shown: rows.filter(row => row.offsetParent).map(row => row.className)}
  })
  document.body.textContent = JSON.stringify(measured)
}</script>"""


@every_page
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed, so no browser has rendered the page")
def test_a_browser_runs_nothing_and_shows_all_without_scrolling_sideways(tmp_path: Path, name: str) -> None:
    page = html.escape(PAGES[name]().encode(errors="replace").decode())
    frames = "".join(f'<iframe width="{width}" height="800" srcdoc="{page}"></iframe>' for width in WIDTHS)
    (tmp_path / "frames.html").write_text(MEASURE % frames, encoding="utf-8")
    dom = chromium(tmp_path, "--window-size=1300,900", "--dump-dom", (tmp_path / "frames.html").as_uri())
    assert "<title>did not run</title>" in dom
    measured = json.loads(html.unescape(dom.partition("<body>")[2].partition("</body>")[0]))
    assert [frame["width"] for frame in measured] == list(map(str, WIDTHS))
    for frame in measured:
        assert frame["cut"] == []
        assert frame["rows"] > 0 and frame["fontSize"] == "15px", "the policy should allow the style"
        assert set(frame["links"]) <= {f"{CONSOLE}/"}
        assert set(frame["shown"]) <= {"row error"} and len(frame["shown"]) < frame["rows"]


def chromium(folder: Path, *arguments: str) -> str:
    """Run it without a window and without a network of its own; in a container it starts only without its sandbox."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync"
    )
    return subprocess.run(
        [str(CHROMIUM), *flags.split(), f"--user-data-dir={folder / 'profile'}", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"HOME": str(folder)},
    ).stdout
