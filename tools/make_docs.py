"""Writes the pages of docs/ that are made from the code: keys and findings. `--check` only compares."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dynamo_recipes.findings import CODES
from dynamo_recipes.recipe.schema import facts_schema, recipe_schema, site_schema

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import support_page  # noqa: E402 - found in the folder above

_MADE = "<!-- Made by tools/make_docs.py: make schema -->\n\n"


def pages() -> dict[str, str]:
    """Return the generated files by their path below the repository."""
    return {
        "docs/reference/recipe.md": _keys_page("recipe", recipe_schema()),
        "docs/reference/site.md": _keys_page("site", site_schema()),
        "docs/reference/facts.md": _keys_page("facts file", facts_schema()),
        "docs/reference/findings.md": _findings_page(),
        "docs/support-matrix.md": _MADE + support_page.page(),
        "schemas/recipe.v1.json": recipe_schema(),
        "schemas/site.v1.json": site_schema(),
        "schemas/facts.v1.json": facts_schema(),
    }


def _keys_page(what: str, text: str) -> str:
    schema = json.loads(text)
    lines = [
        f"{_MADE}# Keys of a {what}\n",
        "A key that is not listed is refused. Keys that start with `x-` are your own.\n",
        *_section("The top", schema, schema),
    ]
    for name, section in schema["$defs"].items():
        if "properties" in section:
            lines += _section(name, section, schema)
    return "\n".join(lines)


def _section(title: str, section: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}\n\n{section.get('description', '')}\n" if title != "The top" else f"## {title}\n"
    yield "| key | type | default | meaning |\n| --- | --- | --- | --- |"
    required = section.get("required", [])
    for key, value in section["properties"].items():
        default = "needed" if key in required else _default(value)
        yield f"| `{key}` | {_type(value, schema)} | {default} | {value['description']} |"
    yield ""


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    return "" if default is None else f"`{json.dumps(default)}`" if not isinstance(default, dict) else ""


def _type(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a type in a few words."""
    if "$ref" in value:
        return _link(value["$ref"])
    if "anyOf" in value:
        return " or ".join(_type(each, schema) for each in value["anyOf"] if each.get("type") != "null")
    if "const" in value or "enum" in value:
        return " ".join(f"`{each}`" for each in value.get("enum", [value.get("const")]))
    words = {
        "integer": "whole number",
        "string": "text",
        "object": "mapping",
        "array": "list",
        "number": "number",
        "boolean": "true or false",
    }
    return words.get(str(value.get("type")), "any") + _range(value) + _entries(value, schema)


def _range(value: dict[str, Any]) -> str:
    low, high = value.get("minimum"), value.get("maximum")
    return f", {low} to {high}" if low is not None and high is not None else ""


def _entries(value: dict[str, Any], schema: dict[str, Any]) -> str:
    inner = value.get("items") or next(iter(value.get("patternProperties", {}).values()), None)
    if isinstance(value.get("additionalProperties"), dict):
        inner = value["additionalProperties"]
    return f" of {_type(inner, schema)}" if inner else ""


def _link(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})"


def _findings_page() -> str:
    folder = ROOT / "dynamo_recipes" / "data" / "findings"
    texts = [(folder / f"{code}.md").read_text(encoding="utf-8") for code in CODES]
    intro = "Every finding has a stable code. `dynamo-recipe explain CODE` shows the same pages.\n"
    # One level down, so that the page has one title.
    return f"{_MADE}# Findings\n\n{intro}\n" + "\n".join(
        text.replace("\n## ", "\n### ").replace("# ", "## ", 1) for text in texts
    )


def main() -> int:
    """Write or compare the pages; returns 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} {'differs from the code: run make schema' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
