"""Writes the generated documents: `python -m docs.generate`, or with `--check` only compares.

docs/protocol.md and docs/protocol.schema.json come from the message structs, the table of settings
in docs/hosting.md from the settings, the tables in docs/database.md from the table definitions,
docs/game.svg from a line of the notation of positions.
"""

import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import msgspec
from docs.examples import FROM_CLIENT, TO_CLIENT
from docs.picture import picture
from docs.settings_table import settings_table

from uttt.domain.refusals import EXPLANATIONS
from uttt.storage.tables import metadata
from uttt.wire.from_client import FromClient
from uttt.wire.to_client import ToClient

DOCS = Path(__file__).parent


def documents() -> dict[Path, str]:
    """Return what each generated file is to hold."""
    template = (DOCS / "templates" / "protocol.md").read_text(encoding="utf-8")
    protocol = (
        template.replace("{{from_client}}", _messages(FromClient, FROM_CLIENT))
        .replace("{{to_client}}", _messages(ToClient, TO_CLIENT))
        .replace("{{errors}}", _errors())
    )
    hosting = (DOCS / "templates" / "hosting.md").read_text(encoding="utf-8")
    database = (DOCS / "templates" / "database.md").read_text(encoding="utf-8")
    return {
        DOCS / "protocol.md": protocol,
        DOCS / "protocol.schema.json": json.dumps(json_schema(), indent=2, sort_keys=True) + "\n",
        DOCS / "hosting.md": hosting.replace("{{settings}}\n", settings_table()),
        DOCS / "database.md": database.replace("{{tables}}\n", _tables()),
        DOCS / "game.svg": picture(),
    }


def json_schema() -> dict[str, Any]:
    """Return a JSON Schema with a definition for each message, and one for each direction."""
    directions = {"FromClient": FromClient, "ToClient": ToClient}
    schemas, definitions = msgspec.json.schema_components(
        directions.values(), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "uttt protocol",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in directions],
        "$defs": {**definitions, **dict(zip(directions, schemas, strict=True))},
    }


def _messages(union: UnionType, examples: Mapping[str, Any]) -> str:
    return "\n".join(_message(struct, examples) for struct in get_args(union))


def _message(struct: type[msgspec.Struct], examples: Mapping[str, Any]) -> str:
    tag = str(struct.__struct_config__.tag)
    data = next(f.type for f in msgspec.inspect.type_info(struct).fields if f.name == "data")
    lines = [f"### {tag}", "", inspect.cleandoc(struct.__doc__ or ""), ""]
    if isinstance(data, msgspec.inspect.StructType):
        lines += _members(data.cls)
    else:
        lines += ["`data` may be anything, but must be there.", ""]
    example = json.dumps({"type": tag, "data": examples[tag]}, ensure_ascii=False)
    return "\n".join([*lines, "```json", example, "```", ""])


def _members(struct: type[msgspec.Struct]) -> list[str]:
    lines = [inspect.cleandoc(struct.__doc__ or ""), "", "| member | type |", "|---|---|"]
    nested: list[str] = []
    for field in msgspec.inspect.type_info(struct).fields:
        lines.append(f"| `{field.name}` | {_type(field.type)} |")
        for part in _parts(field.type):
            if isinstance(part, msgspec.inspect.StructType):
                nested += [f"`{field.name}`: {_members(part.cls)[0]}", "", *_members(part.cls)[2:]]
    return [*lines, "", *nested]


def _parts(kind: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, ...]:
    if isinstance(kind, msgspec.inspect.ListType):
        return (kind.item_type,)
    return kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


_TYPE_NAMES: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.FloatType: "number",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.NoneType: "null",
    msgspec.inspect.StructType: "object",
    msgspec.inspect.AnyType: "anything",
}


def _type(kind: msgspec.inspect.Type) -> str:
    if isinstance(kind, msgspec.inspect.UnionType):
        return " or ".join(_type(part) for part in kind.types)
    if isinstance(kind, msgspec.inspect.ListType):
        return f"list of {_type(kind.item_type)}"
    return _TYPE_NAMES[type(kind)]


def _errors() -> str:
    rows = [f"| `{code.value}` | {text} |" for code, text in EXPLANATIONS.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def _tables() -> str:
    lines: list[str] = []
    for table in metadata.sorted_tables:
        lines += [f"## {table.name}", "", f"{(table.comment or '').capitalize()}.", ""]
        lines += ["| column | type | null | meaning |", "|---|---|---|---|"]
        for column in table.columns:
            meaning = column.comment or ""
            references = [f"references {key.target_fullname}" for key in column.foreign_keys]
            if column.primary_key:
                references.insert(0, "primary key")
            notes = "; ".join(filter(None, [meaning, *references]))
            null = "yes" if column.nullable else "no"
            lines.append(f"| `{column.name}` | {column.type} | {null} | {notes} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Write or check all documents; return the exit code."""
    stale = [
        path
        for path, content in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    if "--check" in sys.argv[1:]:
        for path in stale:
            sys.stderr.write(f"{path.name} is stale: run make docs\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(documents()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
