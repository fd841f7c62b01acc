"""Every command against a strict manager and the emulator's IAM, and twice in a row."""

from __future__ import annotations

import json
import stat

import pytest

from tests.deep_security.conftest import CONFIGURATION, TOPIC, Site


def test_apply(site: Site) -> None:
    run = site.run("apply", "--yes")
    print(run)
    assert run.code == 0
