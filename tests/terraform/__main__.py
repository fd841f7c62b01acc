"""terraform test with mocked providers: python -m tests.terraform [FILE...]"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.plans import one_provider
from tools.terraform import Terraform, TerraformError, copy_modules


def run(tree: Path, files: list[str]) -> None:
    """These files or all, half of them beside the other half."""
    found = files or [path.relative_to(tree).as_posix() for path in tree.glob("tests/terraform/*.tftest.hcl")]
    found.sort(key=lambda file: (tree / file).read_text(encoding="utf-8").count('\nrun "'))
    folder = "-test-directory=tests/terraform"
    terraform = Terraform(tree, {"AWS_REGION": "us-east-1"}, on_line=lambda line: print(line, flush=True))
    terraform.init(folder)

    def run_half(half: list[str]) -> None:
        terraform.run("test", "-no-color", folder, *(f"-filter={file}" for file in half))

    with one_provider(terraform), ThreadPoolExecutor() as pool:
        list(pool.map(run_half, filter(None, (found[::2], found[1::2]))))


def main(files: list[str]) -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="terraform-") as folder:
            run(copy_modules(Path(folder)), files)
    except TerraformError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
