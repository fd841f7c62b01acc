"""Datadog's official models, taken strictly: the client keeps what it does not know, a test should not."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import (
    ModelComposed,
    ModelNormal,
    ModelSimple,
    OpenApiModel,
    UnparsedObject,
    model_to_dict,
    validate_and_convert_types,
)


def problems(value: Any, model: Any) -> list[str]:
    """What of a body as JSON the model does not know, with its place; empty when all is well."""
    return [*_problems(json.dumps(value), model)]


@cache
def _problems(text: str, model: type[OpenApiModel]) -> list[str]:
    value = json.loads(text)
    try:
        loaded = validate_and_convert_types(
            value, (model,), ["body"], spec_property_naming=True, check_type=True, configuration=Configuration()
        )
    except Exception as error:  # noqa: BLE001 - the client raises a family of its own and plain TypeErrors
        return [str(error)]
    found = list(_walk(loaded, "body"))
    return found or ([] if model_to_dict(loaded) == value else ["body: not the same after loading"])


def _walk(value: Any, place: str) -> Iterator[str]:
    yield from _own(value, place)
    for inner_place, inner in _inner(value, place):
        yield from _walk(inner, inner_place)


def _own(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, UnparsedObject):
        yield f"{place}: fits no model"
    elif isinstance(value, ModelSimple) and value._unparsed:
        yield f"{place}: {value.value!r} is no {type(value).__name__}"
    elif isinstance(value, ModelNormal):
        yield from (
            f"{place}: {type(value).__name__} has no {name}"
            for name in value._data_store
            if name not in type(value).attribute_map
        )


def _inner(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, ModelComposed):
        yield from ((place, instance) for instance in value._composed_instances)
    elif isinstance(value, ModelNormal | dict):
        fields = value if isinstance(value, dict) else value._data_store
        yield from ((f"{place}.{name}", inner) for name, inner in fields.items())
    elif isinstance(value, list):
        yield from ((f"{place}[{number}]", inner) for number, inner in enumerate(value))
