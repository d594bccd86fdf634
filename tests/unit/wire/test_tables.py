"""Each table covers its union: explanations, examples, the schema, the document."""

import json
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from docs.examples import FROM_CLIENT, TO_CLIENT

from uttt.domain.refusals import EXPLANATIONS, Code
from uttt.wire.codec import decode, encode
from uttt.wire.from_client import FirstMessage, FromClient, LaterMessage
from uttt.wire.to_client import ToClient

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads((DOCS / "protocol.schema.json").read_text(encoding="utf-8"))
DIRECTIONS: list[tuple[str, UnionType, dict[str, Any]]] = [
    ("FromClient", FromClient, FROM_CLIENT),
    ("ToClient", ToClient, TO_CLIENT),
]
EXAMPLES = [
    (name, kind, data) for name, _, examples in DIRECTIONS for kind, data in examples.items()
]


OPTIONAL = {("match_request", "bot_offer")}
"""Members that came later, which clients may not know of."""


def types_of(union: UnionType) -> set[str]:
    return {str(struct.__struct_config__.tag) for struct in get_args(union)}


def validator(direction: str) -> jsonschema.Draft202012Validator:
    schema = {"$ref": f"#/$defs/{direction}", "$defs": SCHEMA["$defs"]}
    return jsonschema.Draft202012Validator(schema)


def test_every_code_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Code)


@pytest.mark.parametrize(("_name", "union", "examples"), DIRECTIONS)
def test_every_type_has_its_example(_name: str, union: UnionType, examples: dict[str, Any]) -> None:
    assert set(examples) == types_of(union)


def test_a_type_is_a_first_message_or_a_later_one() -> None:
    assert types_of(FirstMessage) | types_of(LaterMessage) == types_of(FromClient)
    assert not types_of(FirstMessage) & types_of(LaterMessage)


@pytest.mark.parametrize(("kind", "data"), FROM_CLIENT.items())
def test_examples_from_clients_are_read(kind: str, data: object) -> None:
    read = decode(json.dumps({"type": kind, "data": data}))
    assert msgspec.to_builtins(read) == {"type": kind, "data": data}


@pytest.mark.parametrize(("kind", "data"), TO_CLIENT.items())
def test_examples_to_clients_are_what_we_send(kind: str, data: object) -> None:
    """Read as our own structs and written again they are the same, to the last member."""
    raw = json.dumps({"type": kind, "data": data})
    message = msgspec.json.decode(raw, type=ToClient)
    assert json.loads(encode(message)) == {"type": kind, "data": data}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("direction", "kind", "data"), EXAMPLES)
def test_examples_fit_the_schema(direction: str, kind: str, data: object) -> None:
    message = {"type": kind, "data": data}
    validator(direction).validate(message)
    jsonschema.Draft202012Validator(SCHEMA).validate(message)
    other = "ToClient" if direction == "FromClient" else "FromClient"
    assert not validator(other).is_valid(message)


@pytest.mark.parametrize(("direction", "kind", "data"), EXAMPLES)
def test_the_schema_demands_each_member(direction: str, kind: str, data: Any) -> None:
    assert not validator(direction).is_valid({"type": kind})
    assert not validator(direction).is_valid({"data": data})
    assert not validator(direction).is_valid({"type": "nonsense", "data": data})
    for member in data:
        rest = {name: value for name, value in data.items() if name != member}
        optional = (kind, member) in OPTIONAL
        assert validator(direction).is_valid({"type": kind, "data": rest}) is optional, member


def test_the_document_names_every_type_and_code() -> None:
    text = (DOCS / "protocol.md").read_text(encoding="utf-8")
    for kind in types_of(FromClient) | types_of(ToClient):
        assert f"### {kind}\n" in text
    for code in Code:
        assert f"| `{code.value}` |" in text
