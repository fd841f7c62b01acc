"""The README's first block works as it is written: in an empty folder with a clone where it says, twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.end_to_end.stack import Stack
from tests.repository import pages
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

# Not that of the stack, which has a forwarder of the same name.
ACCOUNT = "123456789012"
REGION = "eu-central-1"
CLONE = "terraform-aws-deep-security-datadog"


def test_apply_destroy_and_apply_again(stack: Stack, tmp_path: Path, commands: str) -> None:
    copy_modules(tmp_path / CLONE)
    first = next(block.text for block in pages.blocks(ROOT / "README.md", "hcl"))
    (tmp_path / "main.tf").write_text(first, encoding="utf-8")
    terraform = Terraform(tmp_path, stack.aws.environment(ACCOUNT, REGION))
    init, store = (block.text for block in list(pages.blocks(ROOT / "README.md", "shell"))[:2])
    assert init == "terraform init\nterraform apply\n"
    terraform.init()
    terraform.apply("-parallelism=100")
    # With the outputs that the commands of the documentation name.
    example = (ROOT / "examples" / "single-account" / "outputs.tf").read_text()
    outputs = terraform.output()
    assert all(f'output "{name}"' in example for name in outputs)
    assert len(outputs) == example.count('output "')
    environment = terraform.environment | {"PATH": commands}
    subprocess.run(["bash", "-euc", store], cwd=tmp_path, env=environment, input=b"a-key\n", check=True, timeout=60)
    secrets = stack.aws.client("secretsmanager", ACCOUNT, REGION)
    assert secrets.get_secret_value(SecretId=outputs["secret_arn"])["SecretString"] == "a-key"
    terraform.destroy("-parallelism=100")
    terraform.apply("-parallelism=100")
    assert terraform.output()["secret_arn"] != outputs["secret_arn"]
    terraform.destroy("-parallelism=100")
