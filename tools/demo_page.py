"""Renders the page of `make demo`: what each destination received, its filter, and what that dropped.

The strings of an event may be an attacker's, so the page has no script, its policy allows none, and the only link that
it can have is the console's. docs/pictures/demo.png shows a part of it, 640 pixels wide, after the README's command.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt

from deep_security_datadog.datadog.text import title
from tools.explain import Verdict

FOLDER = Path(__file__).parent
# Of a destination, the newest: a browser has to hold them.
MOST_ROWS = 1000
_LEVELS = {"error": "error", "critical": "error", "warning": "warning", "warn": "warning"}
# What the title says, too, comes last: of a closed row only the first tags are seen.
_IN_TITLE = {"integration", "event_type", "module", "severity", "host_name"}
# docs/reference/datadog-limits.md#markdown-and-mentions
_FENCED = re.compile(r"%%% *\n(.*)\n *%%%", re.DOTALL)


class Destination(NamedTuple):
    """Events or logs. filter: the options that are not the default; verdicts: its own on all that was published."""

    name: str
    filter: Mapping[str, Any]
    verdicts: Sequence[Verdict]
    received: Sequence[Mapping[str, Any]]

    @property
    def sent(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.verdict == "kept"]

    @property
    def folded(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.verdict == "folded"]

    @property
    def dropped(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.verdict not in {"kept", "folded"}]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Logs in the shape of events, the newest first; without a time it is the arrival's."""
        absent: Mapping[str, Any] = {"alert_type": "info", "host": "", "tags": [], "date_happened": None}
        rows = [{**absent, **(_from_log(found) if "message" in found else found)} for found in self.received]
        return sorted(rows, key=lambda row: row["date_happened"] or math.inf, reverse=True)


def render(destinations: Sequence[Destination], *, published: int, console_url: str | None) -> str:
    """The whole page, as one file."""
    style = (FOLDER / "demo_page.css").read_text(encoding="utf-8")
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {
        "json": partial(json.dumps, ensure_ascii=False),
        "level": level,
        "markdown": _markdown(console_url),
        "telling_first": lambda tags: sorted(tags, key=lambda tag: tag.partition(":")[0] in _IN_TITLE),
        "time": partial(datetime.fromtimestamp, tz=UTC),
        "title": title,
    }
    return environment.get_template("demo_page.html.j2").render(
        destinations=destinations,
        most_rows=MOST_ROWS,
        now=datetime.now(UTC),
        published=published,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def level(status: str) -> str:
    """Error, warning or info, of an event's alert type or a log's status."""
    return _LEVELS.get(status, "info")


def _markdown(console_url: str | None) -> Callable[[str], str]:
    """Makes HTML of a text that is Markdown, with no raw HTML, no images, and no links but to the console."""
    markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
    console, valid = markdown.normalizeLink(console_url or ""), markdown.validateLink
    markdown.validateLink = lambda url: bool(url) and url == console and valid(url)  # type: ignore[method-assign]

    def html(text: str) -> str:
        fenced = _FENCED.fullmatch(text)
        return markdown.render(fenced[1]) if fenced else ""

    return html


def _from_log(log: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"message", "hostname", "status", "timestamp", "ddtags"}
    # The standard attributes first, then the event as it came.
    names = sorted(log.keys() - shown, key=lambda name: (name == "deep_security", name))
    return {
        "date_happened": log["timestamp"] / 1000,
        "alert_type": log["status"],
        "host": log.get("hostname", ""),
        "title": log["message"],
        "tags": log.get("ddtags", "").split(","),
        "text": json.dumps({name: log[name] for name in names}, ensure_ascii=False, indent=2),
    }
