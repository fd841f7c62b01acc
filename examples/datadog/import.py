"""Brings the dashboard, the monitors and, where logs are sent, the log pipeline of this directory to Datadog.

It updates what it finds and creates the rest, so it can be run again at any time. It needs Python 3.11 or newer and
nothing else. Both keys come from the environment: DD_API_KEY and DD_APP_KEY.
"""

# ruff: noqa: INP001 - a script that stands alone

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

HERE = Path(__file__).resolve().parent
DASHBOARDS, MONITORS, PIPELINES = "/api/v1/dashboard", "/api/v1/monitor", "/api/v1/logs/config/pipelines"
# The marks by which this tool knows its own objects again. A monitor may be renamed, its tag stays.
MARK = "deep-security-datadog"
MONITOR_TAG = "deep-security-datadog:"
LOGS_GROUP = "Logs"

# What Datadog returns on one page unless asked otherwise (https://docs.datadoghq.com/api/latest/dashboards/).
PAGE = 100
SECONDS = 30

_SITE = re.compile(r"(?!(?:app|api)\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Failed(Exception):
    """Why the import ended; the message is for the user and holds no key."""


# All but the handler of redirects: one would carry the keys elsewhere.
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
)


class Datadog:
    """Datadog's API with the two keys.

    Raises Failed for any answer but a success, and where there is none.
    """

    def __init__(self, url: str, *, api_key: str, app_key: str) -> None:
        self._url = url
        self._headers = {"DD-API-KEY": api_key, "DD-APPLICATION-KEY": app_key, "Content-Type": "application/json"}
        self._opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            self._opener.add_handler(handler())

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, self._headers, method=method)  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(f"{method} {path.partition('?')[0]}: {_advice(error)}") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Failed(f"no answer from {self._url} ({reason}): check --site and the network") from None
        except ValueError:
            raise Failed(f"{self._url} answered with something else than JSON: is it Datadog's API?") from None


def _advice(error: urllib.error.HTTPError) -> str:
    match error.code:
        case 401 | 403:
            return (
                f"HTTP {error.code}. Check that both keys belong to this site, and that the application key may read "
                "and write dashboards and monitors, with --logs also log pipelines"
            )
        case 429:
            wait = error.headers.get("X-RateLimit-Reset", "")
            return f"HTTP 429, too many requests. Run this again in {wait if wait.isdecimal() else 60} s"
        case code:
            return f"HTTP {code}. {_errors(error)}".rstrip()


def _errors(error: urllib.error.HTTPError) -> str:
    """What Datadog says, if it says so as it documents."""
    try:
        said = json.loads(error.read(100_000))["errors"]
        return "; ".join(str(each) for each in said)[:500]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@dataclass(frozen=True)
class Thing:
    """One object to bring: where it goes, and the id of the one that is there already."""

    kind: str
    name: str
    path: str
    body: Mapping[str, Any]
    id: str | None

    def bring(self, datadog: Datadog) -> Mapping[str, Any]:
        """What Datadog says about it afterwards."""
        answer: Mapping[str, Any] = (
            datadog.request("POST", self.path, self.body)
            if self.id is None
            else datadog.request("PUT", f"{self.path}/{self.id}", self.body)
        )
        return answer


def things(datadog: Datadog, *, logs: bool, notify: Sequence[str]) -> Iterator[Thing]:
    """What this directory holds, each compared to what is in Datadog."""
    yield _dashboard(datadog, logs=logs)
    yield from _monitors(datadog, notify)
    if logs:
        yield _pipeline(datadog)


def _dashboard(datadog: Datadog, *, logs: bool) -> Thing:
    body = _load(HERE / "dashboard.json")
    if not logs:
        body["widgets"] = [each for each in body["widgets"] if each["definition"].get("title") != LOGS_GROUP]
    there = [
        each["id"]
        for each in _all_dashboards(datadog)
        if each.get("title") == body["title"] and MARK in (each.get("description") or "")
    ]
    return Thing("dashboard", body["title"], DASHBOARDS, body, _only(there, f"dashboard {body['title']!r}"))


def _all_dashboards(datadog: Datadog) -> Iterator[Mapping[str, Any]]:
    start = 0
    while True:
        page = datadog.request("GET", f"{DASHBOARDS}?{urlencode({'count': PAGE, 'start': start})}")["dashboards"]
        yield from page
        if len(page) < PAGE:
            return
        start += PAGE


def _monitors(datadog: Datadog, notify: Sequence[str]) -> Iterator[Thing]:
    there = datadog.request("GET", f"{MONITORS}?{urlencode({'monitor_tags': 'integration:deep_security'})}")
    for path in sorted((HERE / "monitors").glob("*.json")):
        body = _load(path)
        if notify:
            body["message"] += "\n\n" + " ".join(notify)
        own = MONITOR_TAG + path.stem
        ids = [str(each["id"]) for each in there if own in each.get("tags", ())]
        yield Thing("monitor", body["name"], MONITORS, body, _only(ids, f"monitor tagged {own}"))


def _pipeline(datadog: Datadog) -> Thing:
    body = _load(HERE / "pipeline.json")
    there = [each["id"] for each in datadog.request("GET", PIPELINES) if each.get("name") == body["name"]]
    return Thing("log pipeline", body["name"], PIPELINES, body, _only(there, f"log pipeline {body['name']!r}"))


def _load(path: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return body


def _only(ids: Sequence[str], what: str) -> str | None:
    if len(ids) > 1:
        raise Failed(f"there is more than one {what} ({', '.join(ids)}): delete all but one, then run this again")
    return ids[0] if ids else None


def page_of(site: str, thing: Thing, answer: Mapping[str, Any]) -> str:
    """Where a browser finds it. The site's name has two parts where Datadog's pages are at `app.`."""
    base = f"https://{'app.' if site.count('.') == 1 else ''}{site}"
    if thing.path == PIPELINES:
        return f"{base}/logs/pipelines"
    return base + str(answer.get("url") or f"/{thing.path.rpartition('/')[2]}s/{answer['id']}")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="DD_API_URL replaces https://api.SITE, for PrivateLink or a proxy.",
    )
    parser.add_argument("--site", default="datadoghq.com", help="the Datadog site, default %(default)s")
    parser.add_argument("--logs", action="store_true", help="destination logs is in use: bring what shows logs too")
    parser.add_argument(
        "--notify", action="append", default=[], metavar="HANDLE", help="whom monitors notify, as @slack-security"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="look into Datadog, say what would be done, change nothing"
    )
    parsed = parser.parse_args(arguments)
    if not _SITE.fullmatch(parsed.site):
        parser.error(f"--site {parsed.site}: write it as in datadoghq.eu, without https:// and app.")
    if wrong := [handle for handle in parsed.notify if not re.fullmatch(r"@\S+", handle)]:
        parser.error(f"--notify {wrong[0]}: a handle begins with @ and has no blanks")
    return parsed


def _datadog(site: str) -> Datadog:
    keys = {name: os.environ.get(name, "").strip() for name in ("DD_API_KEY", "DD_APP_KEY")}
    for name, value in keys.items():
        if not value:
            raise Failed(f"{name} is not set in the environment")
        if not re.fullmatch(r"[!-~]+", value):
            raise Failed(f"{name} holds characters that no key has")
    url = os.environ.get("DD_API_URL", "").rstrip("/") or f"https://api.{site}"
    address = urlsplit(url)
    # Without encryption only on this machine, where tests and tunnels are.
    if address.scheme != "https" and (address.scheme != "http" or address.hostname not in ("127.0.0.1", "localhost")):
        raise Failed(f"DD_API_URL {url} must begin with https://")
    return Datadog(url, api_key=keys["DD_API_KEY"], app_key=keys["DD_APP_KEY"])


def main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    try:
        datadog = _datadog(options.site)
        # Everything is looked up before anything is changed.
        for thing in list(things(datadog, logs=options.logs, notify=options.notify)):
            if options.dry_run:
                print(f"would {'create' if thing.id is None else 'update'} {thing.kind}: {thing.name}")
                continue
            answer = thing.bring(datadog)
            done = "created" if thing.id is None else "updated"
            print(f"{done} {thing.kind}: {thing.name} {page_of(options.site, thing, answer)}", flush=True)
    except Failed as failure:
        print(f"import.py: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
