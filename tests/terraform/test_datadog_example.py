"""examples/datadog: what its variables make of the JSON files, by real Terraform without Datadog's provider.

main.tf and variables.tf need no provider. The resources of rules and monitors become outputs that need none either.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v2.model.security_monitoring_standard_rule_create_payload import (
    SecurityMonitoringStandardRuleCreatePayload,
)

from deep_security_datadog.datadog import events
from tests.golden import CONTEXT, NOTIFICATION
from tests.repository import datadog_api, datadog_provider, streams
from tests.repository.datadog_models import problems
from tests.repository.datadog_search import Document, parse
from tests.repository.days import DAYS
from tests.repository.detection import exclusion
from tests.repository.pipeline import as_expression
from tests.support import item
from tools.repository import ROOT
from tools.terraform import Terraform, TerraformError

EXAMPLE = ROOT / "examples" / "datadog"
VALUES = ("dashboard", "monitors", "detections")
RESOURCE = re.compile(
    r'^resource "datadog_\w+" "this" \{\n  for_each = (local\.\w+)\n(.*?)^\}\n', re.MULTILINE | re.DOTALL
)
NEED_NO_ATTRIBUTES = {"manager-sign-ins", "protection-off", "reconnaissance"}
MODELS = {"monitors": Monitor, "detections": SecurityMonitoringStandardRuleCreatePayload}
# By the provider, what it sends, and what Datadog answers.
SENT = {"monitors": datadog_provider.monitor, "detections": datadog_provider.rule}
ANSWERED = {"monitors": datadog_api.monitor, "detections": datadog_api.rule}


def outputs() -> Iterator[str]:
    for name in (*VALUES, "api_url", "app_url", "tags", "suppression"):
        yield f'output "{name}" {{\n  value = local.{name}\n}}\n'
    for kind in SENT:
        [(values, body)] = RESOURCE.findall((EXAMPLE / f"{kind}.tf").read_text())
        entries = f"[for key, value in {values} : {{ key = key, value = value }}]"
        arguments = f"{{ for each in {entries} : each.key => {as_expression(body.splitlines())} }}"
        yield f'output "{kind}_arguments" {{\n  value = {arguments}\n}}\n'


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    folder = tmp_path_factory.mktemp("datadog") / "example"
    other = [path.name for path in EXAMPLE.glob("*.tf") if path.name not in ("main.tf", "variables.tf")]
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(*other, ".terraform*"))
    (folder / "outputs.tf").write_text("".join(outputs()), encoding="utf-8")
    terraform = Terraform(folder)
    terraform.init()
    return terraform


def sent(terraform: Terraform, **variables: Any) -> dict[str, Any]:
    """What goes to Datadog; each of it loads in the official models."""
    given = {"notify": ["@slack-security"], **variables}
    (terraform.folder / "terraform.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
    printed = terraform.run("apply", "-json", "-auto-approve", "-input=false", quiet=True)  # the outputs, too
    *_, last = (line for line in map(json.loads, printed.splitlines()) if line["type"] == "outputs")
    found = {name: output["value"] for name, output in last["outputs"].items()}
    found["dashboard"] = json.loads(found["dashboard"])
    assert problems(found["dashboard"], Dashboard) == []
    for kind, send in SENT.items():
        assert not [problem for each in found[kind].values() for problem in problems(each, MODELS[kind])]
        for name, arguments in found[f"{kind}_arguments"].items():
            by_provider = send(arguments)
            answer = ANSWERED[kind](by_provider)
            assert answer == ANSWERED[kind](found[kind][name]), f"{name}: lost by the resource, or left to its defaults"
            assert list(datadog_provider.differences(by_provider, answer)) == [], f"{name}: never settles"
    return found


def source(kind: str) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in (EXAMPLE / kind).glob("*.json")}


def groups(found: dict[str, Any]) -> list[str]:
    return [widget["definition"]["title"] for widget in found["dashboard"]["widgets"]]


def test_events_by_default(terraform: Terraform) -> None:
    found, files = sent(terraform), source("monitors")
    assert groups(found) == ["Events", "Forwarder"] and found["dashboard"]["title"] == "Deep Security events"
    assert found["dashboard"]["notify_list"] == [] and "tags" not in found["dashboard"]
    expected = {name: {**body, "message": f"{body['message']}\n\n@slack-security"} for name, body in files.items()}
    assert found["monitors"] == expected
    assert set(found["detections"]) == NEED_NO_ATTRIBUTES
    for rule in found["detections"].values():
        assert {query["dataSource"] for query in rule["queries"]} == {"events"}
        assert "https://app.datadoghq.com/event/explorer?query=" in rule["message"]
        assert {handle for case in rule["cases"] for handle in case["notifications"]} <= {"@slack-security"}
        urgent = [case for case in rule["cases"] if case["status"] != "low"]
        assert all(case["notifications"] == ["@slack-security"] for case in urgent)


def test_logs_only(terraform: Terraform) -> None:
    found, files = sent(terraform, destinations=["logs"]), source("detections")
    assert groups(found) == ["Forwarder", "Logs"]
    places = [widget["layout"] for widget in found["dashboard"]["widgets"]]
    assert [place["y"] for place in places] == [0, places[0]["height"]]
    assert set(found["monitors"]) == {"dead-letter-queue", "nothing-received"}, "one incident notifies once"
    without_siem = sent(terraform, destinations=["logs"], cloud_siem=False)
    assert without_siem["detections"] == {}
    critical = without_siem["monitors"]["critical-event"]
    assert critical["options"]["enable_logs_sample"] is True
    assert critical["type"] == "log alert" and "{{log.message}}" in critical["message"]
    over_events = source("monitors")["critical-event"]["query"]
    assert critical["query"] == over_events.replace("events(", "logs(").replace(").rollup", ').index("*").rollup', 1)
    assert found["monitors"]["dead-letter-queue"]["type"] == "metric alert"
    for rule in found["detections"].values():
        for case in (*rule["cases"], *rule.get("thirdPartyCases", ())):
            assert bool(case["notifications"]) == (case["status"] != "low")
            case["notifications"] = []
        if options := rule["options"].get("thirdPartyRuleOptions"):
            assert options.pop("defaultNotifications") == ["@slack-security"]
            options["defaultNotifications"] = []
    assert found["detections"] == files


def test_both_and_a_site_that_is_its_own_app(terraform: Terraform) -> None:
    found = sent(terraform, destinations=["events", "logs"], site="us5.datadoghq.com")
    assert (found["api_url"], found["app_url"]) == ("https://api.us5.datadoghq.com", "https://us5.datadoghq.com")
    assert groups(found) == ["Events", "Forwarder", "Logs"]
    assert found["dashboard"]["widgets"] == json.loads((EXAMPLE / "dashboard.json").read_text())["widgets"]
    assert found["monitors"]["nothing-received"]["type"] == "event-v2 alert"
    assert set(found["detections"]) == set(source("detections"))


def test_second_copy(terraform: Terraform) -> None:
    found = sent(terraform, name="Second__One", site="datadoghq.eu", tags={"team": "security", "env": "prod"})
    assert (found["api_url"], found["app_url"]) == ("https://api.datadoghq.eu", "https://app.datadoghq.eu")
    titles = [found["dashboard"]["title"], *(each["name"] for kind in VALUES[1:] for each in found[kind].values())]
    assert all(title.startswith("Second__One: Deep Security") for title in titles)
    assert found["dashboard"]["tags"] == ["team:security"]
    for each in (*found["monitors"].values(), *found["detections"].values()):
        assert {"integration:deep_security", "team:security", "env:prod"} <= set(each["tags"])
    assert "{queuename:second_one-dead-letter}" in found["monitors"]["dead-letter-queue"]["query"]
    text = json.dumps(found["dashboard"])
    assert text.count("queuename:second_one") == 2 and "queuename:deep" not in text
    assert all("](https://app.datadoghq.eu/event/" in rule["message"] for rule in found["detections"].values())


@pytest.mark.parametrize(
    "suppress", [{}, {"scanners": ["10.0.9.9"]}, *(day.suppress for day in DAYS.values() if day.suppress)]
)
def test_suppression_is_what_the_tests_of_the_rules_leave_out(terraform: Terraform, suppress: dict[str, Any]) -> None:
    every = {"load_balancers": ["10.0.0.50", "10.0.1.*"], **suppress}
    for given in (suppress, every):
        assert sent(terraform, suppress=given, destinations=["logs"])["suppression"] == exclusion(given)


def test_suppression_over_events(terraform: Terraform) -> None:
    search = sent(terraform, suppress={"host_tags": ["maintenance:true"]})["suppression"]
    engine_off = events.body(item(streams.system(34, "web-1", 393), NOTIFICATION), CONTEXT)
    for tags, suppressed in ((("maintenance:true",), True), ((), False)):
        assert parse(search).matches(Document.of_event({"date_happened": 0, **engine_off}, tags)) is suppressed


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"notify": []}, "notify needs at least one handle"),
        ({"notify": ["slack-security"]}, "each begins with @"),
        ({"destinations": []}, "destinations must be"),
        ({"destinations": ["traces"]}, "destinations must be"),
        ({"suppress": {"scanners": ["10.0.9.9 OR *"]}, "destinations": ["logs"]}, "suppress takes letters"),
        ({"suppress": {"host_tags": ["maintenance"]}}, "suppress takes letters"),
        ({"suppress": {"processes": ["/a"]}}, "set only host_tags"),
        ({"site": "https://datadoghq.eu"}, "site must be a site's name"),
        ({"site": "app.datadoghq.eu"}, "without app. or api."),
        ({"name": "a b"}, "name must be the forwarder's"),
        ({"tags": {"": "x"}}, "tags need keys that begin with a letter"),
        ({"tags": {"1": "x"}}, "tags need keys that begin with a letter"),
        ({"tags": {"team": "x" * 200}}, "at most 200 characters"),
    ],
)
def test_refusals(terraform: Terraform, variables: dict[str, Any], advice: str) -> None:
    with pytest.raises(TerraformError) as refused:
        sent(terraform, **variables)
    assert advice in " ".join(str(refused.value).replace("│", " ").split())


def test_what_the_files_leave_out_and_what_the_resource_does_not_name_is_noticed(terraform: Terraform) -> None:
    for path, place, key, value in (
        ("detections/callbacks.json", ("queries", 0), "index", "main"),
        ("detections/callbacks.json", ("options",), "anomalyDetectionOptions", {"bucketDuration": 300}),
        ("detections/callbacks.json", ("cases", 0), "actions", [{"type": "block_ip"}]),
        ("detections/callbacks.json", (), "schedulingOptions", {"rrule": "FREQ=DAILY"}),
        ("monitors/critical-event.json", ("options",), "group_retention_duration", "1h"),
        ("monitors/critical-event.json", ("options",), "new_host_delay", 0),
        ("monitors/critical-event.json", ("options",), "timeout_h", 1),
        ("monitors/nothing-received.json", ("options",), "on_missing_data", "default"),
    ):
        file = terraform.folder / path
        text = file.read_text()
        body = part = json.loads(text)
        for step in place:
            part = part[step]
        part[key] = value
        file.write_text(json.dumps(body))
        with pytest.raises(AssertionError, match="never settles" if value == "default" else "lost by the resource"):
            # With logs, rules take the place of monitors.
            sent(terraform, destinations=["events"] if path.startswith("monitors") else ["events", "logs"])
        file.write_text(text)


def test_tags_are_sent_as_datadog_stores_them(terraform: Terraform) -> None:
    recorded = json.loads((Path(__file__).parents[1] / "payload" / "datadog" / "recorded_tags.json").read_text())
    stored = {tuple(each["sent"].split(":", 1)): each["stored"] for each in recorded if ":" in each["sent"]}
    stored |= {("Team", "Security Ops"): "team:security_ops", ("env", "Prod - EU"): "env:prod_-_eu"}
    del stored["AlsO", "ök"]  # The same key again.
    rows = {key: value for key, value in stored if key[:1].isalpha()}
    assert sent(terraform, tags=rows)["tags"] == [stored[key, rows[key]] for key in sorted(rows)]


def test_keys_come_from_the_environment_only() -> None:
    texts = {path.name: path.read_text() for path in EXAMPLE.glob("*.tf")}
    assert not [name for name, text in texts.items() if "api_key" in text or "app_key" in text]
