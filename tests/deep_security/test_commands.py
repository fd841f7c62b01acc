"""Every command against a strict manager and the emulator's IAM, and twice in a row."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.deep_security.conftest import CONFIGURATION, TOPIC, Site
from tests.deep_security.fake_manager import PREFIX, defaults

OTHER_TOPIC = "arn:aws:sns:eu-central-1:444455556666:siem"
TEST_BUTTON = "press Test credentials and send notification"


def publish_elsewhere(site: Site) -> dict[str, str]:
    """Settings of another topic, as another tool left them."""
    site.manager.settings |= {
        f"{PREFIX}Enabled": "true",
        f"{PREFIX}TopicArn": OTHER_TOPIC,
        f"{PREFIX}AccessKey": "AKIAIOSFODNN7EXAMPLE",
        f"{PREFIX}SecretKey": "the other secret",
    }
    return dict(site.manager.settings)


# show


def test_show_lists_the_differences_first_and_exits_with_1(site: Site) -> None:
    site.manager.settings[f"{PREFIX}TopicArn"] = TOPIC
    run = site.run("show")
    differs, _, same = run.output.partition("The rest:")
    assert run.code == 1
    assert (
        differs.startswith("Differs:") and "is         false" in differs and f"key of the user {site.user}" in differs
    )
    assert TOPIC in same and "SNS topic ARN" not in differs
    assert not site.manager.written and not site.keys()


def test_show_exits_with_0_after_apply(applied: Site) -> None:
    run = applied.run("show")
    assert run.code == 0 and run.output.startswith("No difference:")


def test_show_finds_an_inactive_key(applied: Site) -> None:
    [key] = applied.keys()
    applied.iam.update_access_key(UserName=applied.user, AccessKeyId=key, Status="Inactive")
    assert applied.run("show").code == 1


def test_show_needs_no_aws_without_a_user(applied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    target = ["--topic-arn", TOPIC, "--configuration", "configuration.json"]
    assert applied.run("show", *target, wanted=False).code == 0


def test_the_order_and_the_layout_of_the_json_configuration_do_not_matter(applied: Site) -> None:
    configuration = json.loads(json.dumps(CONFIGURATION))
    configuration["Statement"][0]["Condition"]["StringEquals"]["EventType"].reverse()
    (applied.folder / "configuration.json").write_text(json.dumps(configuration, indent=8))
    assert applied.run("show").code == 0


def test_what_a_setting_holds_cannot_command_the_terminal(site: Site) -> None:
    site.manager.settings[f"{PREFIX}TopicArn"] = "\x1b[2J\x07 gone"
    assert "\x1b" not in site.run("show").text


# apply


def test_apply_sets_all_in_one_call_with_a_new_key(site: Site) -> None:
    run = site.run("apply", "--yes")
    assert run.code == 0 and TEST_BUTTON in run.output
    [written] = site.manager.written
    assert set(written) == set(defaults())
    assert site.keys() == {written[f"{PREFIX}AccessKey"]: "Active"}
    assert (written[f"{PREFIX}Enabled"], written[f"{PREFIX}TopicArn"]) == ("true", TOPIC)
    assert json.loads(written[f"{PREFIX}ConfigJson"]) == CONFIGURATION


def test_apply_never_shows_the_secret_key(site: Site) -> None:
    run = site.run("apply", "--yes")
    secret = site.manager.setting("SecretKey")
    assert secret and secret not in run.text
    assert not [path for path in site.folder.rglob("*") if path.is_file() and secret in path.read_text()]


def test_apply_keeps_the_former_settings_in_a_file_for_the_owner_only(site: Site) -> None:
    former = publish_elsewhere(site)
    assert site.run("apply", "--yes", "--replace").code == 0
    [kept] = site.kept()
    former.pop(f"{PREFIX}SecretKey")
    assert json.loads(kept.read_text()) == {"manager": site.manager.url, "settings": former}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_apply_twice_changes_nothing_the_second_time(applied: Site) -> None:
    keys = applied.keys()
    run = applied.run("apply", "--yes")
    assert run.code == 0 and "already" in run.output
    assert applied.keys() == keys and not applied.manager.written and len(applied.kept()) == 1


def test_apply_keeps_a_key_that_works(applied: Site) -> None:
    keys = applied.keys()
    applied.manager.settings[f"{PREFIX}Enabled"] = "false"
    assert applied.run("apply", "--yes").code == 0
    assert applied.manager.written == [{f"{PREFIX}Enabled": "true"}]
    assert applied.keys() == keys


def test_apply_without_a_json_configuration_leaves_the_check_boxes_to_the_form(site: Site) -> None:
    assert site.run("apply", "--yes", "--topic-arn", TOPIC, "--user", site.user, wanted=False).code == 0
    [written] = site.manager.written
    assert f"{PREFIX}ConfigJson" not in written and site.manager.setting("AdvancedConfigEnabled") == "false"


def test_apply_refuses_to_replace_another_topic(site: Site) -> None:
    former = publish_elsewhere(site)
    run = site.run("apply", "--yes")
    assert run.code == 2 and OTHER_TOPIC in run.errors and "--replace" in run.errors
    assert site.manager.settings == former and not site.keys() and not site.kept()
    assert site.run("apply", "--yes", "--replace").code == 0


def test_apply_refuses_to_replace_a_topic_of_the_json_configuration(applied: Site) -> None:
    both = json.loads(json.dumps(CONFIGURATION))
    both["Statement"].append({"Topic": OTHER_TOPIC, "Condition": {}})
    applied.manager.settings[f"{PREFIX}ConfigJson"] = json.dumps(both)
    run = applied.run("apply", "--yes")
    assert run.code == 2 and OTHER_TOPIC in run.errors
    (applied.folder / "configuration.json").write_text(json.dumps(both))
    assert applied.run("apply", "--yes").code == 0, "a configuration with both topics loses none"


def test_apply_says_what_to_do_about_two_keys(site: Site) -> None:
    for _ in range(2):
        site.iam.create_access_key(UserName=site.user)
    run = site.run("apply", "--yes")
    assert run.code == 2 and "two keys at most" in run.errors and "Nothing was changed." in run.errors
    assert len(site.keys()) == 2 and not site.kept()


def test_apply_says_when_the_manager_keeps_other_values(site: Site) -> None:
    def ignore(method: str) -> bool:
        site.manager.settings[f"{PREFIX}Enabled"] = "false"
        return True

    site.manager.after = ignore
    run = site.run("apply", "--yes")
    assert run.code == 2 and "still has other values: Publish events to SNS" in run.errors
    [key] = site.keys()
    assert f"has the new key {key}, which works" in run.errors and key == site.manager.setting("AccessKey")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2), ("", 2)])
def test_apply_asks(site: Site, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert site.run("apply").code == code
    assert len(site.keys()) == len(site.manager.written) == len(site.kept()) == (code == 0)


def test_apply_changes_nothing_where_nobody_can_answer(site: Site) -> None:
    run = site.run("apply")
    assert run.code == 2 and "--yes" in run.errors and "Changes:" in run.output
    assert not site.keys() and not site.manager.written


# rotate


def test_rotate_and_finish(applied: Site) -> None:
    [old] = applied.keys()
    run = applied.run("rotate", "--yes", "--assume-works")
    new = applied.manager.setting("AccessKey")
    assert run.code == 0 and f"works with {new}. {old} is inactive" in run.output
    assert applied.keys() == {old: "Inactive", new: "Active"}
    [written] = applied.manager.written
    assert set(written) == {f"{PREFIX}AccessKey", f"{PREFIX}SecretKey"}
    assert written[f"{PREFIX}SecretKey"] not in run.text
    finished = applied.run("rotate", "--yes", "--finish")
    assert finished.code == 0 and f"{old} is deleted" in finished.output
    assert applied.keys() == {new: "Active"} and applied.run("show").code == 0


def test_rotate_twice_in_a_row_waits_for_finish(applied: Site) -> None:
    applied.run("rotate", "--yes", "--assume-works")
    keys = applied.keys()
    run = applied.run("rotate", "--yes", "--assume-works")
    assert run.code == 2 and "rotate --finish" in run.errors
    assert applied.keys() == keys


def test_finish_twice_in_a_row(applied: Site) -> None:
    applied.run("rotate", "--yes", "--assume-works")
    assert applied.run("rotate", "--yes", "--finish").code == 0
    keys = applied.keys()
    run = applied.run("rotate", "--yes", "--finish")
    assert run.code == 0 and "no other key" in run.output
    assert applied.keys() == keys


def test_finish_never_deletes_an_active_key(applied: Site) -> None:
    applied.iam.create_access_key(UserName=applied.user)
    run = applied.run("rotate", "--yes", "--finish")
    assert run.code == 2 and set(applied.keys().values()) == {"Active"}


def test_rotate_leaves_a_second_active_key_to_whoever_uses_it(applied: Site) -> None:
    applied.iam.create_access_key(UserName=applied.user)
    run = applied.run("rotate", "--yes", "--assume-works")
    assert run.code == 2 and "rotate --resume" in run.errors and "another manager" in run.errors
    assert set(applied.keys().values()) == {"Active"} and not applied.manager.written


def test_resume_deactivates_the_key_that_deep_security_does_not_have(applied: Site) -> None:
    other = applied.iam.create_access_key(UserName=applied.user)["AccessKey"]["AccessKeyId"]
    run = applied.run("rotate", "--yes", "--resume", "--assume-works")
    assert run.code == 0 and not applied.manager.written
    assert applied.keys() == {other: "Inactive", applied.manager.setting("AccessKey"): "Active"}
    assert applied.run("rotate", "--yes", "--resume", "--assume-works").code == 2


@pytest.mark.parametrize("step", [(), ("--resume",), ("--finish",)])
def test_rotate_leaves_keys_alone_when_deep_security_has_none_of_them(applied: Site, step: tuple[str, ...]) -> None:
    applied.manager.settings[f"{PREFIX}AccessKey"] = "AKIAIOSFODNN7EXAMPLE"
    keys = applied.keys()
    run = applied.run("rotate", "--yes", "--assume-works", *step)
    assert run.code == 2 and "First apply" in run.errors
    assert applied.keys() == keys


# undo


def test_undo_switches_off_what_was_never_set_up(applied: Site) -> None:
    [kept] = applied.kept()
    [key] = applied.keys()
    run = applied.run("undo", "--yes", str(kept), wanted=False)
    assert run.code == 0 and f"Delete {key}" in run.output
    assert applied.manager.settings == defaults()


def test_undo_twice_and_undone(applied: Site) -> None:
    [first] = applied.kept()
    assert applied.run("undo", "--yes", str(first), wanted=False).code == 0
    run = applied.run("undo", "--yes", str(first), wanted=False)
    assert run.code == 0 and "already" in run.output
    assert len(applied.kept()) == 2, "the first undo kept what it replaced"


def test_undo_asks_for_a_secret_key_that_only_its_owner_has(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    former = publish_elsewhere(site)
    site.run("apply", "--yes", "--replace")
    [kept] = site.kept()
    refused = site.run("undo", "--yes", str(kept), wanted=False)
    assert refused.code == 2 and "DEEP_SECURITY_SECRET_KEY" in refused.errors
    monkeypatch.setenv("DEEP_SECURITY_SECRET_KEY", "the other secret")
    run = site.run("undo", "--yes", str(kept), wanted=False)
    assert run.code == 0 and "the other secret" not in run.text
    assert site.manager.settings == former


def test_undo_leaves_a_key_alone_that_is_the_same(applied: Site) -> None:
    applied.manager.settings[f"{PREFIX}Enabled"] = "false"
    applied.run("apply", "--yes")
    key = applied.manager.setting("AccessKey")
    assert applied.run("undo", "--yes", str(applied.kept()[-1]), wanted=False).code == 0
    assert applied.manager.written[-1] == {f"{PREFIX}Enabled": "false"} and applied.manager.setting("AccessKey") == key


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "is not a file of settings"),
        ("no JSON", "is not a file of settings"),
        ('{"manager": "https://other.example.com:4119", "settings": {}}', "has the settings of https://other"),
        (None, "No such file"),
    ],
)
def test_undo_refuses_other_files(applied: Site, tmp_path: Path, content: str | None, reason: str) -> None:
    file = tmp_path / "file.json"
    if content is not None:
        file.write_text(content)
    run = applied.run("undo", "--yes", str(file), wanted=False)
    assert run.code == 2 and reason in run.errors and not applied.manager.written
