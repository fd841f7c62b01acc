"""The highest resident memory of a process that is handed one Lambda event: bare, after the import, at the end."""

from tools.bench.inside import common

options = common.options()
bare = common.memory("VmHWM")

from deep_security_datadog.handler import lambda_handler  # noqa: E402 - after the first look

imported = common.memory("VmHWM")
answer = lambda_handler(common.load(options["event"]), common.Context())
common.answer(
    {
        "bare": bare,
        "imported": imported,
        "peak": common.memory("VmHWM"),
        "failed": len(answer["batchItemFailures"]),
    }
)
