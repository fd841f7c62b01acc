"""What Terraform makes and leaves: nothing to do a second time, and no key anywhere."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile, is_zipfile

from tests.end_to_end.stack import Copy


def test_second_plan_is_empty_and_holds_no_api_key(queue: Copy, direct: Copy) -> None:
    """The example with a queue, and a copy of the module without one. Neither does the state."""
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(Copy.changes, (queue, direct))) == [{}, {}]
    for copy in (queue, direct):
        for name in ("terraform.tfstate", "plan"):
            contents = contents_of(copy.terraform.folder / name)
            assert not any(copy.api_key.encode() in content for content in contents), name
            # The search would find it: the URL is in there.
            assert any(copy.datadog.url.encode() in content for content in contents), name


def contents_of(path: Path) -> list[bytes]:
    """The file's, or those of each file of a zip, as a plan is one."""
    if not is_zipfile(path):
        return [path.read_bytes()]
    with ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_api_key_not_in_the_function(queue: Copy, direct: Copy) -> None:
    for copy in (queue, direct):
        function = copy.client("lambda").get_function(FunctionName=copy.outputs["function_name"])
        assert copy.api_key not in json.dumps(function, default=str)
        assert copy.datadog.url in json.dumps(function, default=str)
        secret = copy.client("secretsmanager").get_secret_value(SecretId=copy.outputs["secret_arn"])
        assert secret["SecretString"] == copy.api_key


def test_two_copies_share_nothing(queue: Copy, direct: Copy) -> None:
    first, second = queue.outputs, direct.outputs
    assert {name for name in first if second.get(name) is None} == {"publisher_user_name", "queue_arn", "queue_url"}
    assert {name for name in first if first[name] == second.get(name)} == set()


def test_lambda_allows_a_chain_of_remainders_and_without_a_queue_keeps_its_default(queue: Copy, direct: Copy) -> None:
    def recursive_loop(copy: Copy) -> str:
        functions, name = copy.client("lambda"), copy.outputs["function_name"]
        return str(functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"])

    assert (recursive_loop(queue), recursive_loop(direct)) == ("Allow", "Terminate")
