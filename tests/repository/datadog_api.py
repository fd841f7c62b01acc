"""A fake of Datadog's API of dashboards, monitors and log pipelines, as strict as the official models.

It remembers what it is given, lists it as Datadog does, and answers 403 without the right keys.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest

from tests.repository.datadog_models import problems

API_KEY, APP_KEY = "a" * 32, "ddapp_" + "b" * 34
DASHBOARDS, MONITORS, PIPELINES = "/api/v1/dashboard", "/api/v1/monitor", "/api/v1/logs/config/pipelines"
MODELS = {
    ("POST", DASHBOARDS): Dashboard,
    ("PUT", DASHBOARDS): Dashboard,
    ("POST", MONITORS): Monitor,
    ("PUT", MONITORS): MonitorUpdateRequest,
    ("POST", PIPELINES): LogsPipeline,
    ("PUT", PIPELINES): LogsPipeline,
}
SUMMARY = ("id", "title", "description", "layout_type", "url")

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Api:
    """Its objects by collection and id, and the requests as (method, path) in their order."""

    url: str = ""
    objects: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {DASHBOARDS: {}, MONITORS: {}, PIPELINES: {}}
    )
    requests: list[tuple[str, str]] = field(default_factory=list)
    # What it answers to every change instead of making it.
    refuse_changes: Answer | None = None
    # What it answers to everything.
    refuse: Answer | None = None

    def writes(self) -> list[str]:
        return [method for method, _ in self.requests if method != "GET"]

    def add(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        number = 1000 + sum(len(each) for each in self.objects.values())
        made: dict[str, Any] = {**body, "id": number if collection == MONITORS else f"id-{number}"}
        if collection == DASHBOARDS:
            made["url"] = f"/dashboard/{made['id']}/deep-security"
        self.objects[collection][str(made["id"])] = made
        return made

    def answer(self, method: str, target: str, keys: tuple[str | None, str | None], body: Any) -> Answer:
        address = urlsplit(target)
        self.requests.append((method, address.path))
        if self.refuse:
            return self.refuse
        if keys != (API_KEY, APP_KEY):
            return 403, {"errors": ["Forbidden"]}, {}
        if method == "GET":
            return self._list(address.path, {name: value[0] for name, value in parse_qs(address.query).items()})
        return self.refuse_changes or self._change(method, address.path, body)

    def _list(self, path: str, query: dict[str, str]) -> Answer:
        there = list(self.objects.get(path, {}).values())
        if path == DASHBOARDS:
            start, count = int(query["start"]), int(query["count"])
            page = [{name: each.get(name) for name in SUMMARY} for each in there[start : start + count]]
            return 200, {"dashboards": page}, {}
        if path == MONITORS:
            return 200, [each for each in there if query["monitor_tags"] in each["tags"]], {}
        return (200, there, {}) if path == PIPELINES else (404, {"errors": ["Not found"]}, {})

    def _change(self, method: str, path: str, body: Any) -> Answer:
        collection, _, identifier = (path, "", "") if method == "POST" else path.rpartition("/")
        model = MODELS.get((method, collection))
        if model is None or (identifier and identifier not in self.objects[collection]):
            return 404, {"errors": ["Not found"]}, {}
        if wrong := problems(body, model):
            return 400, {"errors": wrong}, {}
        if not identifier:
            return 200, self.add(collection, body), {}
        self.objects[collection][identifier] |= body
        return 200, self.objects[collection][identifier], {}


@contextlib.contextmanager
def running() -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            keys = (self.headers.get("DD-API-KEY"), self.headers.get("DD-APPLICATION-KEY"))
            status, value, headers = api.answer(self.command, self.path, keys, json.loads(raw) if raw else None)
            content = value.encode() if isinstance(value, str) else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
