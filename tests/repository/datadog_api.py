"""Datadog's API for rules, monitors, log pipelines and dashboards: each answer is what was recorded for such a request.

Of what it adds of its own, such as authors and times, only the ids are here: nothing else is read.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
# The pipelines API refuses others: "Tag format of … is wrong".
TAG = re.compile(r"(?![\d_./-])(?!.*(?:__|_$))[^\W_A-Z][^\WA-Z]*(?:[:./-]*[^\WA-Z])*", re.ASCII)

QUERY = {"dataSource": "logs", "distinctFields": [], "groupByFields": [], "hasOptionalGroupByFields": False, "name": ""}
CASE = {"name": "", "notifications": []}
RULE: Body = {"filters": [], "hasExtendedTitle": False, "tags": [], "type": "log_detection"}
# What of a rule is left out of the answer when it is empty.
UNSAID = ("calculatedFields", "condition", "metric", "metrics", "referenceTables", "schedulingOptions")
MONITOR: Body = {"priority": None, "restricted_roles": None, "tags": []}
PROCESSORS: dict[str, Body] = {
    "grok-parser": {"samples": []},
    "geo-ip-parser": {"ip_processing_behavior": "do-nothing"},
    "attribute-remapper": {"override_on_conflict": False, "preserve_source": True},
    "string-builder-processor": {"is_replace_missing": False},
    "pipeline": {"processors": []},
}
MAPPERS: dict[str, Body] = {
    "schema-remapper": {"override_on_conflict": False, "preserve_source": False},
    "schema-category-mapper": {"fallback": {"values": {}, "sources": {}}},
}


def rule(sent: Body) -> Body:
    said = {key: value for key, value in sent.items() if value or key not in UNSAID}
    options: Body = {"detectionMethod": "threshold", "evaluationWindow": 0} | sent["options"]
    if new_value := options.get("newValueOptions"):
        options["newValueOptions"] = {"instantaneousBaselineTimeoutMinutes": 30} | new_value
    queries, cases = sent.get("queries") or [], sent.get("cases") or []
    if third_party := options.get("thirdPartyRuleOptions"):
        options["thirdPartyRuleOptions"] = {"defaultNotifications": []} | third_party
        said["thirdPartyCases"] = [CASE | case for case in sent["thirdPartyCases"]]
        queries = [{"query": case["query"], "aggregation": "none"} for case in sent["thirdPartyCases"]]
        cases = [{key: value for key, value in case.items() if key != "query"} for case in sent["thirdPartyCases"]]
    return {
        **RULE,
        **said,
        "options": options,
        "queries": [QUERY | _said(query) for query in queries],
        "cases": [CASE | _said(case) for case in cases],
        "tags": hash_set(sent.get("tags", ())),
    }


def _said(part: Body) -> Body:
    return {key: value for key, value in part.items() if value or key not in UNSAID}


def monitor(sent: Body) -> Body:
    options: Body = {"include_tags": True, "new_host_delay": 300, "notify_audit": False, "silenced": {}}
    options |= sent.get("options", {})
    if "on_missing_data" not in options:
        options |= {"notify_no_data": options.get("notify_no_data", False)}
    elif options["on_missing_data"] == "default":
        del options["on_missing_data"]
    if not options.get("thresholds", True):
        del options["thresholds"]
    if sent["type"] == "log alert":
        options = {"groupby_simple_monitor": False} | options
    texts = {key: sent[key].strip() for key in ("message", "query") if key in sent}
    return MONITOR | sent | texts | {"priority": sent.get("priority") or None, "options": options}


def pipeline(sent: Body) -> Body:
    return {"is_enabled": False, **_processor(sent | {"type": "pipeline"}), "tags": sorted(sent.get("tags", ()))}


def _processor(sent: Body) -> Body:
    answer: Body = {"is_enabled": False} | PROCESSORS.get(sent["type"], {}) | sent
    if sent["type"] == "pipeline":
        answer["processors"] = [_processor(each) for each in sent["processors"]]
    if sent["type"] == "schema-processor":
        answer["schema"] = {"extensions": []} | sent["schema"]
        answer["mappers"] = [MAPPERS[each["type"]] | each for each in sent["mappers"]]
    return answer


def suppression(sent: Body) -> Body:
    attributes = {"data_exclusion_query": "", "suppression_query": "", "editable": True, "tags": []}
    return {"data": sent["data"] | {"attributes": attributes | sent["data"]["attributes"]}}


def hash_set(texts: Iterable[str]) -> list[str]:
    """In the order of a Java HashSet made of them."""
    once = list(dict.fromkeys(texts))
    slots = 16
    while slots * 3 // 4 < len(once):
        slots *= 2

    def slot(text: str) -> int:
        code = 0
        for unit in text:
            code = (31 * code + ord(unit)) & 0xFFFFFFFF
        return (code ^ code >> 16) % slots

    return sorted(once, key=slot)


ANSWERS: dict[str, Callable[[Body], Body]] = {
    "rules": rule,
    "monitors": monitor,
    "pipelines": pipeline,
    "dashboards": dict,
    "suppressions": suppression,
}


# Kind by path. The ids of monitors are numbers.
PATHS = {
    "/api/v2/security_monitoring/rules": "rules",
    "/api/v1/monitor": "monitors",
    "/api/v1/logs/config/pipelines": "pipelines",
    "/api/v1/dashboard": "dashboards",
    "/api/v2/security_monitoring/configuration/suppressions": "suppressions",
}


class Api(ThreadingHTTPServer):
    """Keeps what it is given and answers as recorded, or with `refusal`, a status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusal = 0
        # Path, API key, application key and body of each POST.
        self.posted: list[tuple[str, str | None, str | None, Body]] = []
        self.kept: dict[tuple[str, str], Body] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, sent: Body) -> tuple[int, Body]:
        if self.refusal or path.endswith(("/validate", "/validation")):
            return self.refusal or 200, {"valid": True}
        root = next((root for root in PATHS if path == root or path.startswith(f"{root}/")), "")
        key = root, path[len(root) + 1 :] or str(1000 + len(self.posted))
        if not root or (method != "POST" and key not in self.kept):
            return 404, {"errors": ["Not found"]}
        if method == "DELETE":
            return 200, self.kept.pop(key)
        return self._keep(key, sent) if sent else (200, self.kept[key])

    def _keep(self, key: tuple[str, str], sent: Body) -> tuple[int, Body]:
        kind = PATHS[key[0]]
        if wrong := [tag for tag in sent.get("tags", ()) if kind == "pipelines" and not TAG.fullmatch(tag)]:
            return 400, {"error": {"code": "InvalidArgument", "message": f"Tag format of {wrong[0]} is wrong"}}
        self.kept[key] = ANSWERS[kind](sent)
        self.kept[key].get("data", self.kept[key])["id"] = int(key[1]) if kind == "monitors" else key[1]
        return 200, self.kept[key]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
        if self.command == "POST" and not self.path.endswith(("/validate", "/validation")):
            keys = self.headers["DD-API-KEY"], self.headers["DD-APPLICATION-KEY"]
            self.server.posted.append((self.path, *keys, body))
        status, answer = self.server.answer(self.command, self.path.partition("?")[0], body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """No line per request."""


@contextmanager
def running() -> Iterator[Api]:
    api = Api()
    thread = threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield api
    api.shutdown()
    api.server_close()
    thread.join()
