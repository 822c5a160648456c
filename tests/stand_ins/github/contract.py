"""GitHub's published description of its API, and whether requests and answers keep to it.

The description is the npm package `@octokit/openapi`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.stand_ins.github.http import Answer, Request
from tests.stand_ins.github.npm import fetch
from tests.stand_ins.github.webhooks import Delivery

PACKAGE = ("@octokit/openapi", "23.0.2", "generated/api.github.com.json")
_NAME = "urn:github"
_SHOWN = 160  # characters of a complaint; it may quote the whole body


@dataclass(frozen=True)
class Exchange:
    """A request with its answer; `answer` is None when a failure was put in its place.

    `template` is the operation's path in the description, None when there is no such operation.
    """

    request: Request
    template: str | None
    answer: Answer | None


def check_all(exchanges: Sequence[Exchange], deliveries: Sequence[Delivery]) -> list[str]:
    """Everything that breaks the description, each as a sentence."""
    if not exchanges and not deliveries:
        return []
    description = load()
    found = [text for each in exchanges for text in description.exchange(each)]
    return found + [text for each in deliveries for text in description.delivery(each)]


@lru_cache(maxsize=1)
def load() -> Description:
    """The description, read once for each process. Raises npm.Unavailable."""
    return Description(json.loads(fetch(*PACKAGE).read_bytes()))


def _nullable(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if instance is None and schema.get("nullable"):
            return  # OpenAPI 3.0 says so beside the type, JSON Schema within it
        yield from keyword(validator, value, instance, schema) or ()

    return check


_extend: Any = extend  # which has no types
_Validator = _extend(
    Draft202012Validator,
    {name: _nullable(keyword) for name, keyword in Draft202012Validator.VALIDATORS.items()},
)


class Description:
    """The OpenAPI document, with a validator for each schema that was asked for."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        resource = DRAFT202012.create_resource(document)
        self._registry: Any = Registry().with_resource(_NAME, resource)
        self._validators: dict[str, Any] = {}

    def has(self, method: str, template: str) -> bool:
        """Whether there is such an operation."""
        return method.lower() in self._document["paths"].get(template, {})

    def exchange(self, exchange: Exchange) -> list[str]:
        """What is wrong with a request and its answer."""
        request, template = exchange.request, exchange.template
        where = f"{request.method} {request.path}"
        if template is None or not self.has(request.method, template):
            return [f"{where}: no such operation"]
        at = ("paths", template, request.method.lower())
        found = [f"request: {text}" for text in self._request(at, request)]
        if exchange.answer is not None:
            found += [f"answer: {text}" for text in self._answer(at, exchange.answer)]
        return [f"{where}: {text}" for text in found]

    def delivery(self, delivery: Delivery) -> list[str]:
        """What is wrong with the payload of an event."""
        action = delivery.payload.get("action", "")
        name = "-".join(part for part in (delivery.event, action) if part).replace("_", "-")
        at = ("x-webhooks", name, "post", "requestBody", "content", "application/json", "schema")
        if name not in self._document["x-webhooks"]:
            return [f"webhook {name}: there is no such event"]
        return [f"webhook {name}: {text}" for text in self._errors(at, delivery.payload)]

    def _request(self, at: tuple[str, ...], request: Request) -> Iterator[str]:
        operation = self._node(at)
        yield from self._query(operation, request.query)
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or request.method == "GET":
            return
        try:
            body = request.json()
        except ValueError:
            yield "the body is not JSON"
            return
        if body is None and not operation["requestBody"].get("required"):
            return
        if isinstance(body, list) and at[1].endswith("/issues/{issue_number}/labels"):
            body = {"labels": body}  # allowed by the description's words, not by its schema
        place = (*at, "requestBody", "content", "application/json", "schema")
        yield from self._errors(place, body)
        known = self._properties(content["application/json"]["schema"])
        if isinstance(body, dict) and known:
            yield from (f"there is no field {name!r}" for name in body if name not in known)

    def _query(self, operation: dict[str, Any], query: Mapping[str, str]) -> Iterator[str]:
        known = {}
        for parameter in operation.get("parameters", []):
            whole = self._resolved(parameter)
            if whole["in"] == "query":
                known[whole["name"]] = self._resolved(whole.get("schema", {}))
        for name, value in query.items():
            if name not in known:
                yield f"there is no query parameter {name!r}"
            elif known[name].get("type") == "integer" and not value.isdigit():
                yield f"query parameter {name!r} has to be a number"
            elif value not in known[name].get("enum", [value]):
                yield f"query parameter {name!r} may not be {value!r}"

    def _answer(self, at: tuple[str, ...], answer: Answer) -> Iterator[str]:
        responses = self._node(at)["responses"]
        status = str(answer.status)
        if status not in responses:
            if answer.status < 400 and answer.status not in {301, 304}:
                yield f"status {status} is not described"
            return
        place = (*at, "responses", status)
        response = responses[status]
        if "$ref" in response:
            place = tuple(response["$ref"].removeprefix("#/").split("/"))
        content = self._node(place).get("content", {})
        kind = next((name for name in content if "json" in name), None)
        if kind and "json" in answer.headers.get("Content-Type", ""):
            yield from self._errors((*place, "content", kind, "schema"), json.loads(answer.body))

    def _errors(self, at: tuple[str, ...], value: Any) -> list[str]:
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in at)
        if pointer not in self._validators:
            schema = {"$ref": f"{_NAME}#/{pointer}"}
            self._validators[pointer] = _Validator(schema, registry=self._registry)
        return [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:_SHOWN]}"
            for error in self._validators[pointer].iter_errors(value)
        ]

    def _node(self, at: Sequence[str]) -> Any:
        node: Any = self._document
        for part in at:
            node = node[part]
        return node

    def _resolved(self, node: Any) -> Any:
        while "$ref" in node:
            node = self._node(node["$ref"].removeprefix("#/").split("/"))
        return node

    def _properties(self, schema: Any) -> set[str]:
        """Names of all fields that an object may have; empty when everything is allowed."""
        whole = self._resolved(schema)
        if whole.get("additionalProperties"):
            return set()
        names = set(whole.get("properties", {}))
        for kind in ("oneOf", "anyOf", "allOf"):
            for part in whole.get(kind, []):
                names |= self._properties(part)
        return names
