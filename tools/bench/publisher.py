"""The load generator of the whole way: a process of its own that publishes messages to a topic.

    python -m tools.bench.publisher MESSAGES.json TOPIC-ARN

Prints JSON: when it began and ended (seconds since 1970), and its CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

from tools.emulator import REGION

AT_ONCE = 4


def main(file: str, topic_arn: str) -> None:
    messages = json.loads(Path(file).read_text(encoding="utf-8"))
    # Not by the environment, of which boto3 and other SDKs read different names.
    sns = boto3.client("sns", region_name=REGION)
    began, cpu = time.time(), time.process_time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda text: sns.publish(TopicArn=topic_arn, Message=text), messages))
    print(json.dumps({"began": began, "ended": time.time(), "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
