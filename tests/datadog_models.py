"""Datadog's official models, taken strictly: the client keeps what it does not know, a test should not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import (
    ModelComposed,
    ModelNormal,
    ModelSimple,
    OpenApiModel,
    validate_and_convert_types,
)


def problems(value: Any, model: type[OpenApiModel]) -> list[str]:
    """What of a body as JSON the model does not know, with its place; empty when all is well."""
    try:
        loaded = validate_and_convert_types(
            value, (model,), ["body"], spec_property_naming=True, check_type=True, configuration=Configuration()
        )
    except Exception as error:  # noqa: BLE001 - the client raises a family of its own and plain TypeErrors
        return [str(error)]
    found = list(_walk(loaded, "body"))
    return found or ([] if loaded.to_dict() == value else ["body: not the same after loading"])


def _walk(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, ModelComposed):
        if value._unparsed:
            yield f"{place}: fits no model of {type(value).__name__}"
        for instance in value._composed_instances:
            yield from _walk(instance, place)
    elif isinstance(value, ModelSimple):
        if value._unparsed:
            yield f"{place}: {value.value!r} is no {type(value).__name__}"
    elif isinstance(value, ModelNormal):
        if value._unparsed and not hasattr(type(value), "attribute_map"):
            yield f"{place}: fits no model"
        for name, inner in value._data_store.items():
            if name not in getattr(type(value), "attribute_map", {}):
                yield f"{place}: {type(value).__name__} has no {name}"
            yield from _walk(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{place}[{number}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{place}.{name}")
