"""Every HCL snippet of the documentation is planned as a user would, with the local modules for the registry's.

Each snippet is a module of one configuration, so that one init and one plan do for all. Its file bears the page's name
and has the snippet on the page's lines, so that Terraform's messages tell the place.
"""

import re
from pathlib import Path

import pytest

from tests import plans
from tests.repository import pages
from tests.repository.pages import Block
from tools import tables
from tools.repository import ROOT
from tools.terraform import IS_OPENTOFU, Terraform, copy_modules

REGISTRY = "example/deep-security-datadog/aws"
# The README's clone, as long as the module is not in the registry.
CLONE = "./terraform-aws-deep-security-datadog"
_SOURCE = re.compile(rf'"(?:{re.escape(REGISTRY)}|{re.escape(CLONE)})(?://(?P<module>[^"]+))?"')
_VERSION = re.compile(r'^\s*version\s*=\s*"~> [\d.]+"$', flags=re.MULTILINE)
_REGION = re.compile(r"arn:aws:sns:([a-z0-9-]+):")

_SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-api-key-AbCdEf"
_DATADOG = f'datadog = {{ api_key_secret_arn = "{_SECRET}" }}'
# What a snippet may name without showing it: address, and how it comes to be.
_SURROUNDINGS = {
    "aws_secretsmanager_secret.datadog_api_key": "",
    "aws_kms_key.events": "",
    "aws_sns_topic.on_call": "",
    "module.topic": 'source = "../../modules/topic"\n  name = "surroundings"',
    "module.deep_security_datadog": f'source = "../../"\n  {_DATADOG}',
}
# Of a provider that is no part of this project, and not on every machine; a test, which is run below;
# the type of an input.
_NO_PLAN = re.compile(r'^(?:(?:resource|data) "(?!aws_)|mock_provider |(?:map\()?object\()', flags=re.MULTILINE)
_ALIAS = re.compile(r"\baws\.(\w+)")


def snippets(paths: list[Path]) -> list[Block]:
    """The HCL blocks of these pages, but for the values (`terraform.tfvars`) of an example, other providers, tests."""
    found = [block for page in paths for block in pages.blocks(page, "hcl", "terraform")]
    return [block for block in found if not values_of_example(block) and not _NO_PLAN.search(block.text)]


def values_of_example(block: Block) -> bool:
    """Whether a snippet of an example's README sets nothing but the variables of that example."""
    names = assigned(block)
    own = {variable.name for variable in tables.variables(block.page.parent)}
    return block.page.parent.parent.name == "examples" and bool(names) and names <= own


def assigned(block: Block) -> set[str]:
    """The attributes that a snippet sets outside of any block, empty when it has blocks."""
    if re.search(r"^\w+( \"[^\"]+\")* \{$", block.text, flags=re.MULTILINE):
        return set()
    return set(re.findall(r"^(\w+)\s*=", block.text, flags=re.MULTILINE))


def write(block: Block, tree: Path) -> tuple[str, str]:
    """Make one module of the snippet in a copied tree: its path there, and its region if its provider is the root's."""
    folder = tree / "snippets" / f"{re.sub(r'[^a-z0-9]+', '-', str(block.page.relative_to(ROOT)).lower())}-{block.line}"
    folder.mkdir(parents=True)
    text = _SOURCE.sub(lambda found: f'"../../{found["module"] or ""}"', _VERSION.sub("", block.text))
    before = "\n" * (block.line - 1)
    if names := assigned(block):
        # Arguments of the root module: the call around them stands on the lines before.
        datadog = "" if "datadog" in names else f"\n  {_DATADOG}"
        opening = f'module "arguments" {{\n  source = "../../"{datadog}'
        before = "\n" * (block.line - 2 - opening.count("\n")) + f"{opening}\n"
        text += "}\n"
    (folder / f"{block.page.stem}.md.tf").write_text(before + text, encoding="utf-8")
    # Terraform merges an override file into what the snippet says: its providers stay on the machine too.
    region = found[1] if (found := _REGION.search(text)) else "eu-central-1"
    declared = re.findall(r'^provider "aws" \{\n  alias += "(\w+)"', text, flags=re.MULTILINE)
    own_default = len(re.findall(r'^provider "aws"', text, flags=re.MULTILINE)) > len(declared)
    aliases = sorted(set(_ALIAS.findall(text)) - set(declared))
    override = "".join(_provider(alias) for alias in declared) + (_provider("") if own_default else "")
    (folder / "provider_override.tf").write_text(override, encoding="utf-8")
    surroundings = "".join(_surrounding(address) for address in _missing(text))
    surroundings += "".join(_provider(alias, region) for alias in aliases)
    (folder / "surroundings.tf").write_text(surroundings, encoding="utf-8")
    return str(folder.relative_to(tree)), "" if own_default else region


def _missing(text: str) -> list[str]:
    declared = {f"module.{name}" for name in re.findall(r'^module "(\w+)"', text, flags=re.MULTILINE)}
    declared |= {f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, flags=re.MULTILINE)}
    # The addresses in a `moved` block are of what is there no more, or not in the snippet.
    used = re.sub(r"^moved \{.*?^\}", "", text, flags=re.MULTILINE | re.DOTALL)
    return [address for address in _SURROUNDINGS if re.search(rf"\b{address}\b", used) and address not in declared]


def _surrounding(address: str) -> str:
    kind, name = address.split(".")
    block = 'module "' if kind == "module" else f'resource "{kind}" "'
    return f'{block}{name}" {{\n  {_SURROUNDINGS[address]}\n}}\n'


def _provider(alias: str, region: str = "") -> str:
    lines = [f'  alias = "{alias}"\n' if alias else "", f'  region = "{region}"\n' if region else ""]
    return plans.OFFLINE_PROVIDER.format(arguments="".join(lines))


def plan(blocks: list[Block], target: Path) -> None:
    """Plan them all."""
    tree = copy_modules(target)
    folder = tree / "root"
    folder.mkdir()
    written = [write(block, tree) for block in blocks]
    # A provider for each region, and not for each snippet, because each is a process that takes seconds to start.
    calls = [_provider(region, region) for region in sorted({region for _, region in written if region})]
    for number, ((source, region), block) in enumerate(zip(written, blocks, strict=True)):
        arguments = f"  providers = {{ aws = aws.{region} }}\n" if region else ""
        # A value for each variable that the snippet declares.
        declared = re.findall(r'^variable "(\w+)"', block.text, flags=re.MULTILINE)
        arguments += "".join(f'  {name} = "example"\n' for name in declared)
        calls.append(f'module "snippet_{number}" {{\n  source = "../{source}"\n{arguments}}}\n')
    (folder / "main.tf").write_text("".join(calls), encoding="utf-8")
    terraform = Terraform(folder)
    terraform.init()
    terraform.run("plan", "-input=false", "-no-color")


def test_every_snippet_can_be_planned(tmp_path: Path) -> None:
    found = snippets(pages.pages())
    assert len(found) > 20
    plan(found, tmp_path)

    # An example's values are told from what is planned.
    blocks = list(pages.blocks(ROOT / "examples" / "multi-account" / "README.md", "hcl"))
    assert [values_of_example(block) for block in blocks] == [True, *([False] * (len(blocks) - 1))]


@pytest.mark.skipif(IS_OPENTOFU, reason="its tests know no source of a mocked provider")
def test_the_test_of_a_pipeline_passes_beside_the_first_block_of_the_readme(tmp_path: Path) -> None:
    copy_modules(tmp_path / "terraform-aws-deep-security-datadog")
    first = next(block.text for block in pages.blocks(ROOT / "README.md", "hcl"))
    (tmp_path / "main.tf").write_text(first, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    [test] = (block.text for block in pages.blocks(ROOT / "docs" / "pipelines.md", "hcl"))
    (tmp_path / "tests" / "forwarder.tftest.hcl").write_text(test, encoding="utf-8")
    terraform = Terraform(tmp_path)
    terraform.init()
    with plans.one_provider(terraform):
        said = terraform.run("test", "-no-color")
    assert "1 passed, 0 failed" in said
    assert "Warning" not in said
