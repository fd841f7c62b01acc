"""The documentation explains every reason that the function can log or put into the dead-letter queue."""

import ast
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import botocore.exceptions
import pytest
import requests.exceptions
from botocore.session import get_session

from tools.repository import ROOT

SOURCE = ROOT / "lambda" / "src"
PAGES = [ROOT / "docs" / name for name in ("reference/log-reasons.md", "operating.md")]
TABLE, OPERATING = (page.read_text(encoding="utf-8") for page in PAGES)
SECTION = TABLE + OPERATING.partition("\n## Reasons in the log\n")[2].partition("\n## ")[0]
# For whoever writes the environment, which Terraform does. It names the variable.
OF_SETTINGS = {"SettingsError"}
# Names that a reason has on its way to the log.
NAMES = {"reason", "problem"}
# Functions whose arguments are reasons or messages of log lines.
CALLS = {"stop", "write", "warning", "waits", "remainders", "Answer", "NotBegun"}
# What stands for a value that is put in.
HOLE = "\N{HORIZONTAL ELLIPSIS}"


def documented() -> list[str]:
    return re.findall(r"`([^`]+)`", SECTION)


def is_documented(reason: str) -> bool:
    """A documented one may be the beginning, before a colon and what a library says."""
    spans = documented()
    beginning = reason.partition(": ")[0]
    return beginning in spans or any(
        _pattern(span).fullmatch(reason) or _pattern(reason).fullmatch(span) for span in spans
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split(HOLE))))


def reasons() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {"Exception", "ValueError", "LoggableError"}
    exceptions = {each.name for each in classes if {_name(base) for base in each.bases} & bases}
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {text for node in nodes for value in _values(node, exceptions - OF_SETTINGS) for text in _prose(value)}


def _prose(node: ast.AST) -> Iterator[str]:
    """The texts in an expression, which may be conditional; not names of fields and options, which are a word."""
    text = ""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else HOLE for each in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _prose(child)
    if " " in text.strip(f" :;{HOLE}"):
        yield text


def _values(node: ast.AST, exceptions: AbstractSet[str]) -> Iterator[ast.expr]:
    """The expressions in which a reason is made."""
    if isinstance(node, ast.keyword) and node.arg in NAMES:
        yield node.value
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(_name(target) in NAMES for target in targets):
            yield node.value
    if isinstance(node, ast.Call) and _name(node.func) in CALLS | exceptions:
        yield from node.args
    # `def reason_to_stop` and the like.
    if isinstance(node, ast.FunctionDef) and node.name.startswith("reason"):
        yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_every_reason_is_explained() -> None:
    found = reasons()
    assert len(found) >= 15 and {"out of time", f"the API key cannot be read: {HOLE}"} <= found
    assert [reason for reason in sorted({*found, "the moon is full"}) if not is_documented(reason)] == [
        "the moon is full"
    ]


@pytest.mark.parametrize(("service", "operation"), [("secretsmanager", "GetSecretValue"), ("ssm", "GetParameter")])
def test_every_error_of_the_key_store_is_explained(service: str, operation: str) -> None:
    shapes = get_session().get_service_model(service).operation_model(operation).error_shapes
    errors = {str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes}
    assert len(errors) >= 4
    # Of every service, and of KMS behind it.
    assert errors | {"AccessDeniedException", "ValidationException"} <= set(documented())


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectTimeout,
        requests.exceptions.ReadTimeout,
        requests.exceptions.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        botocore.exceptions.ConnectTimeoutError,
        botocore.exceptions.ReadTimeoutError,
        botocore.exceptions.EndpointConnectionError,
        botocore.exceptions.SSLError,
        botocore.exceptions.ProxyConnectionError,
    ],
)
def test_every_error_of_the_network_is_explained(error: type[Exception]) -> None:
    assert error.__name__ in documented()
