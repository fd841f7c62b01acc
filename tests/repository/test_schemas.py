"""tools/schemas.py on made-up bindings: what it takes for an argument, and what it finds."""

import re

import pytest

from tools import schemas
from tools.repository import ROOT

# As cdktn writes it: the resource first, each block a class, the name of Terraform in the link.
SOURCE = '''
class Lamp(_cdktn.TerraformResource):
    def __init__(
        self,
        scope: "_constructs.Construct",
        *,
        name: builtins.str,
        colour: typing.Optional[builtins.str] = None,
        bulb: typing.Union["_cdktn.IResolvable", typing.Sequence[typing.Union["LampBulb", typing.Dict[str, Any]]]],
        lambda_: typing.Optional[builtins.bool] = None,
        count: typing.Optional[jsii.Number] = None,
    ) -> None:
        """
        :param scope: The scope in which to define this construct.
        :param name: Docs at Terraform Registry: {@link https://example.com/lamp#name Lamp#name}.
        :param colour: **Deprecated.** Use bulb. Docs: {@link https://example.com/lamp#colour Lamp#colour}.
        :param bulb: bulb block. Docs: {@link https://example.com/lamp#bulb Lamp#bulb}
        :param lambda_: Docs: {@link https://example.com/lamp#lambda Lamp#lambda}.
        :param count:
        """

class LampBulb:
    def __init__(self, *, watts: jsii.Number) -> None:
        """
        :param watts: How bright. Docs: {@link https://example.com/lamp#watts Lamp#watts}
        """
'''
GOOD = """
resource "house_lamp" "this" {
  for_each = local.rooms

  name   = each.key
  lambda = true

  dynamic "bulb" {
    for_each = each.value
    content {
      watts = bulb.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
"""


def found(text: str) -> list[str]:
    known = schemas.classes(SOURCE)
    ((provider, module, address, body),) = schemas.configured(text)
    assert (provider, module, address) == ("house", "lamp", "house_lamp.this")
    return list(schemas.check(body, known, next(iter(known)), address))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("lambda = true", "lambda = true", ""),
        ("lambda = true", "lambdas = true", "house_lamp.this.lambdas does not exist"),
        ("watts = bulb.value", "watts = 1\n      volts = 2", "house_lamp.this.bulb.volts does not exist"),
        ("lambda = true", 'colour = "red"', "house_lamp.this.colour is deprecated"),
        ("name   = each.key", "", "house_lamp.this.name is required"),
        ("watts = bulb.value", "", "house_lamp.this.bulb.watts is required"),
        ('dynamic "bulb"', 'dynamic "lamp"', "house_lamp.this.lamp does not exist"),
        ("lambda = true", "shade {\n    red = 1\n  }", "house_lamp.this.shade does not exist"),
    ],
)
def test_what_it_knows_and_does_not(old: str, new: str, fault: str) -> None:
    assert old in GOOD and max(found(GOOD.replace(old, new))) == fault


def test_data_sources_and_providers_have_modules_of_their_own() -> None:
    text = 'provider "aws" {\n  region = "eu-west-1"\n}\ndata "aws_region" "here" {}\n'
    assert [each[:3] for each in schemas.configured(text)] == [
        ("aws", "provider", "provider.aws"),
        ("aws", "data_aws_region", "aws_region.here"),
    ]


def test_the_page_and_the_readme_name_the_same_versions() -> None:
    rows = dict(re.findall(r"^\| (\S+/\S+) ([\d.]+) \|", schemas.PAGE.read_text(), re.MULTILINE))
    readme = (ROOT / "README.md").read_text()
    assert set(rows) == {"hashicorp/aws", "DataDog/datadog"}
    assert f"AWS provider {rows['hashicorp/aws']} and Datadog provider {rows['DataDog/datadog']}" in readme
    for package in schemas.PACKAGES.values():
        assert f"| {package.replace('==', ' ')} |" in schemas.PAGE.read_text()
