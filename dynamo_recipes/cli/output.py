"""How findings look: text for people, JSON for programs, annotations for GitHub, SARIF for code scanners."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dynamo_recipes import __version__
from dynamo_recipes.findings import CODES, Finding, dotted

FORMATS = ("text", "github", "sarif")


def line(found: Finding) -> str:
    """Return a finding as people read it: place, severity, code, message, and the hint below."""
    place = f"{visible(str(found.where))} " if str(found.where) else ""
    hint = f"\n    {found.hint}" if found.hint else ""
    text = f"{found.severity} {found.code} {found.message}{hint}"
    return place + "\n".join(visible(each) for each in text.split("\n"))


def visible(text: str) -> str:
    """Return text that does nothing to a terminal: names of files may hold control characters."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\t" else _escape(each) for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def complain(found: Iterable[Finding]) -> None:
    """Write findings to standard error."""
    for each in found:
        sys.stderr.write(_safe(line(each)) + "\n")


def say(text: str) -> None:
    """Write a note to standard error."""
    sys.stderr.write(_safe(text) + "\n")
    sys.stderr.flush()


def _safe(text: str) -> str:
    """Return text that the terminal's encoding can hold."""
    encoding = sys.stderr.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def as_data(found: Finding) -> dict[str, Any]:
    """Return a finding as data; what is not known is null."""
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "hint": found.hint or None,
        "file": found.where.file or None,
        "line": found.where.line or None,
        "column": found.where.column or None,
        "path": dotted(found.where.path) or None,
    }


def github(found: Finding) -> str:
    """Return a finding as a workflow command of GitHub Actions.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    kind = {"error": "error", "warning": "warning", "note": "notice"}[found.severity]
    where = f"file={_property(found.where.file)}"
    if found.where.line:
        where += f",line={found.where.line},col={found.where.column}"
    text = f"{found.code} {found.message}" + (f" {found.hint}" if found.hint else "")
    return f"::{kind} {where}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def sarif(found: Iterable[Finding]) -> str:
    """Return findings as SARIF 2.1.0, the format of code scanners. Source: the OASIS standard of that name."""
    found = tuple(found)
    rules = [{"id": code, "shortDescription": {"text": CODES[code]}} for code in sorted({each.code for each in found})]
    driver = {"name": "dynamo-recipes", "version": __version__, "rules": rules}
    results = [_sarif_result(each) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _sarif_result(found: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(found.where.file or "recipe")}}
    if found.where.line:
        place["region"] = {"startLine": found.where.line, "startColumn": found.where.column}
    text = found.message + (f" {found.hint}" if found.hint else "")
    return {
        "ruleId": found.code,
        "level": found.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    from urllib.parse import quote  # only here: it costs 3 ms

    return quote(os.fsencode(Path(file).as_posix()))
