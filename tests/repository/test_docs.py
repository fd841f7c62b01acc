"""The documentation is not out of date."""

import functools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.repository import pages
from tools import events_page, tables
from tools.repository import with_texts

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "lambda" / "src"
PROMISES = ROOT / "tests" / "promises.md"
EXAMPLES = ("single-account", "multi-account", "one-topic")
every_page = pytest.mark.parametrize("page", pages.pages(), ids=lambda page: str(page.relative_to(ROOT)))


def test_what_is_generated_from_the_events() -> None:
    assert events_page.PAGE.read_text() == events_page.page(), "run `make docs`"
    assert events_page.EXAMPLES.read_text() == events_page.examples(), "run `make docs`"
    assert events_page.README.read_text() == events_page.readme(), "run `make docs`"


@every_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in pages.links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or not target.resolve().is_relative_to(ROOT):
            dead.append(link)
        elif anchor:
            readme = target / "README.md" if target.is_dir() else target
            if not readme.exists() or anchor not in pages.anchors(readme):
                dead.append(link)
    assert not dead


def faults(script: str) -> list[str]:
    """What the commands of a script name that does not exist: targets of make, modules of tools, outputs."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        word
        for words in re.findall(r"\bmake ((?:[a-z][a-z0-9-]*(?: |$))+)", script, flags=re.MULTILINE)
        for word in words.split()
    }
    return [
        *(f"no target {name}" for name in named - targets),
        *(f"no output {name}" for name in set(re.findall(r"terraform output -(?:raw|json) (\w+)", script)) - outputs()),
        *(f"no module {name}" for name in re.findall(r"python3? -m (tools[\w.]*)", script) if not _is_module(name)),
    ]


def test_every_example_has_the_outputs_of_the_runbooks() -> None:
    runbooks = "".join((ROOT / "docs" / name).read_text() for name in ("operating.md", "planned-work.md"))
    used = set(re.findall(r"terraform output -raw (\w+)", runbooks))
    assert len(used) >= 6
    readme = next(block.text for block in pages.blocks(ROOT / "README.md", "hcl"))
    single, *others = (set(tables.outputs(ROOT / "examples" / name)) for name in EXAMPLES)
    assert set(re.findall(r'^output "(\w+)"', readme, re.MULTILINE)) == single
    assert "name_prefix" in readme, "a deleted secret blocks its name"
    assert all(used <= names for names in (single, *others))


@functools.cache
def outputs() -> frozenset[str]:
    return frozenset(name for folder in tables.folders() for name in tables.outputs(folder))


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


@every_page
def test_commands_exist(page: Path) -> None:
    shown = [(block.place, block.text) for block in pages.blocks(page, "shell", "bash", "sh", "console")]
    shown += [("text", span) for span in pages.code(page)]
    assert not [f"{place}: {fault}" for place, text in shown for fault in faults(text)]


@every_page
def test_commands_can_be_pasted_into_zsh(page: Path) -> None:
    """At its prompt, zsh takes a comment for arguments."""
    shown = pages.blocks(page, "shell", "bash", "sh", "console")
    assert not [block.place for block in shown if re.search(r"(^|\s)#", block.text)]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("make tset", "no target tset"),
        ("make unit tset ARGS=x", "no target tset"),
        ('aws sqs purge-queue --queue-url "$(terraform output -raw que_url)"', "no output que_url"),
        (".venv/bin/python -m tools.nothing", "no module tools.nothing"),
    ],
)
def test_a_wrong_command_is_found(script: str, fault: str) -> None:
    assert faults(script) == [fault]


@pytest.mark.parametrize("marker", ["<!-- BEGIN_EVENT -->\n", "<!-- END_EVENT -->"])
def test_text_goes_between_the_markers_or_nowhere(tmp_path: Path, marker: str) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- BEGIN_EVENT -->\nold\n<!-- END_EVENT -->\nafter\n")
    assert with_texts(page, EVENT="new\n") == page.read_text().replace("old", "new")
    page.write_text(page.read_text().replace(marker, ""))
    with pytest.raises(ValueError, match="lacks"):
        with_texts(page, EVENT="new\n")


@every_page
def test_files_that_are_named_exist(page: Path) -> None:
    paths = [
        span
        for span in pages.code(page)
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(md|py|tf|hcl|json|svg|zip|txt|toml)", span)
        # A licence in the zip, which test_notices.py looks for.
        and ".dist-info/" not in span
    ]
    assert not [path for path in paths if not (ROOT / path).exists() and not (page.parent / path).exists()]


@functools.cache
def attributes() -> set[str]:
    every = [variable for folder in tables.folders() for variable in tables.variables(folder)]
    return {f"{variable.name}.{attribute}" for variable in every for attribute in variable.attributes}


@every_page
def test_attributes_of_inputs_that_are_named_exist(page: Path) -> None:
    inputs = {name.partition(".")[0] for name in attributes()}
    named = {span for span in pages.code(page) if re.fullmatch(rf"({'|'.join(inputs)})\.(?!tf$)\w+", span)}
    assert named <= attributes(), "an attribute that is named should be one of the input"


def test_pictures_are_well_formed_and_show_text_in_light_and_dark() -> None:
    for picture in (ROOT / "docs").rglob("*.svg"):
        assert ET.parse(picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in picture.read_text()
        assert "http" not in picture.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")


def rows(page: Path) -> list[list[str]]:
    """The cells of the first table with a column "Situation", without links."""
    table = page.read_text().partition("| Situation |")[2].partition("\n\n")[0].splitlines()[2:]
    return [re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", row).strip("| ").split(" | ") for row in table]


def test_each_promise_has_its_tests() -> None:
    promises = [situation for situation, _ in rows(ROOT / "docs" / "delivery.md")]
    assert len(promises) > 20
    assert [situation for situation, _ in rows(PROMISES)] == promises
    assert all(re.search(r"`(test_\w+|\w+\.tftest\.hcl)`", tests) for _, tests in rows(PROMISES))


def test_the_tests_that_hold_the_promises_exist() -> None:
    promises = PROMISES.read_text() + (ROOT / "SECURITY.md").read_text()
    named = re.findall(r"`(test_\w+(?:\.py)?|\w+\.tftest\.hcl)`", promises)
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    files = {path.name for path in (ROOT / "tests").rglob("*") if path.suffix in (".hcl", ".py")}
    assert len(named) > 20
    assert not [name for name in named if name not in files and f"def {name}(" not in tests]


@pytest.mark.parametrize("source", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_citations_in_the_source_lead_somewhere(source: Path) -> None:
    text = source.read_text()
    cited = re.findall(r"[\w./-]+\.md\b(?:#[\w-]+)?", text)
    dead = []
    for citation in cited:
        page, _, anchor = citation.partition("#")
        if not (ROOT / page).exists() or (anchor and anchor not in pages.anchors(ROOT / page)):
            dead.append(citation)
    assert not dead, "what a comment cites should be a heading of a page in docs/reference"
    assert text.count("reference") == sum(citation.startswith("docs/reference/") for citation in cited), (
        "a comment should cite its source as docs/reference/<page>.md#<heading>"
    )
