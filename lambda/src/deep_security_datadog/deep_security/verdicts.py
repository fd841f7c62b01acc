"""What was done about what an event reports. Numbers decide before words, which may be in any language."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from deep_security_datadog.values import Texts, first, integer

# Anti-malware: docs/reference/deep-security-events.md#anti-malware.
NONE, PASS, DELETE, QUARANTINE, CLEAN, DENY_ACCESS = range(6)
_SCAN_ACTIONS: Mapping[Any, str] = {
    NONE: "", PASS: "Pass", DELETE: "Delete", QUARANTINE: "Quarantine", CLEAN: "Clean", DENY_ACCESS: "Deny access",
}  # fmt: skip
REMOVED = {DELETE: "Deleted", QUARANTINE: "Quarantined", CLEAN: "Cleaned"}
# Stopped, but the file may still be there.
STOPPED = ("Access Denied", "Terminated")
_RESULTS = {DENY_ACCESS: "Access Denied", **REMOVED}
_KNOWN_WORDS = {word.lower(): word for word in (*REMOVED.values(), *STOPPED)}
# Firewall and intrusion prevention. A number that means "unknown" has an empty word.
NETWORK_ACTIONS = {0: "", 1: "Deny", 2: "Reset", 3: "Insert", 4: "Delete", 5: "Replace", 6: "Log Only"}
NETWORK_ACTIONS |= {0x80 + code: f"Detect Only: {NETWORK_ACTIONS[code]}" for code in range(1, 6)}
_NETWORK_CODES = {word.lower(): code for code, word in NETWORK_ACTIONS.items()}
_ENDED = 192
_ALERTS_BY_TITLE = {"alert started": 190, "alert changed": 191, "alert ended": _ENDED}
# A line break written as backslash and n. Only before a label, because Windows paths have these characters too.
_WRITTEN_BREAK = re.compile(r"\\n(?=[^\W\d_a-z][\w ]{0,40}[:\uff1a])")
# Of a description, in characters: an attacker may have sent 256 KB.
_LONGEST_READ = 2000


def scan_result(texts: Texts) -> str:
    """What the scan did, in English as far as the numbers say it; empty if the event says nothing."""
    done = failed = NONE
    for step in (1, 2):
        action, code = integer(texts.get(f"ScanAction{step}")), integer(texts.get(f"ScanResultAction{step}"))
        # The second action is for what the first did not remove; what it says then is no result.
        if action and code == 0 and done not in REMOVED:
            done = action
        elif action and (code or 0) < 0:
            failed = action
    if done in _RESULTS:
        return _RESULTS[done]
    word = texts.get("ScanResultString", "")
    word = "" if integer(word) is not None else _KNOWN_WORDS.get(word.lower(), word)
    if word and word not in REMOVED.values():
        return word
    if done == PASS:
        return "Passed"
    return f"{_SCAN_ACTIONS.get(failed, 'Action')} failed" if failed else word


def steps(texts: Texts) -> str:
    """The actions of a scan with their results."""
    found = []
    for step in (1, 2):
        action, outcome = texts.get(f"ScanAction{step}", ""), texts.get(f"ScanResultAction{step}", "")
        action, code = _SCAN_ACTIONS.get(integer(action), action), integer(outcome)
        if code == 0:
            # The result of no action is 0.
            outcome = action and "done"
        elif code is not None and code < 0:
            outcome = f"failed ({outcome})"
        found.append(": ".join(filter(None, (action, outcome))))
    return ", then ".join(filter(None, found))


def network_action(texts: Texts) -> int:
    """The number of a known action, by the number or else by the words; 0 if unknown."""
    action = integer(texts.get("Action"))
    if action is None:
        text = first(texts, ("ActionString", "Action")).lower()
        action = _NETWORK_CODES.get(text, 0x81 if text.startswith("detect only") else 0)
    return action if action in NETWORK_ACTIONS else 0


def network_detect_only(texts: Texts) -> bool | None:
    """Whether a packet passed although a rule matched, None if unknown: who does not know must not say "blocked"."""
    action = network_action(texts)
    return action > 0x80 if action else None


def application_outcome(texts: Texts) -> str:
    """`allowed` or `blocked` by the number, else by the words, `Action` among them; empty if unknown."""
    operation = integer(texts.get("Operation"))
    if operation in (1, 2):
        return "allowed" if operation == 1 else "blocked"
    words = " ".join(texts.get(name, "") for name in ("OperationDesc", "Operation", "Action")).lower()
    return "blocked" if "blocked" in words else "allowed" if "allowed" in words or "detectonly" in words else ""


class Alert(NamedTuple):
    """name: the description's first line if it has no English labels. severity: `Critical`, `Warning` or empty."""

    name: str
    severity: str
    has_ended: bool


def alert(texts: Texts) -> Alert | None:
    """The alert that a system event is about (docs/reference/deep-security-events.md#system-events)."""
    number = integer(texts.get("Number"))
    if number is None:
        number = _ALERTS_BY_TITLE.get(texts.get("Title", "").lower())
    if number not in _ALERTS_BY_TITLE.values():
        return None
    lines = with_line_breaks(texts.get("Description", "")[:_LONGEST_READ]).splitlines()
    labelled = {label.strip().lower(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    name = labelled.get("alert") or next((line.strip() for line in lines if line.strip()), "")
    return Alert(name, labelled.get("severity", "").strip("\\ "), number == _ENDED)


def with_line_breaks(text: str) -> str:
    """The text with real line breaks where they are written as a backslash and an n."""
    return _WRITTEN_BREAK.sub("\n", text)
