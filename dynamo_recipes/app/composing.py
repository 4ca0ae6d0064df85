"""What a caller lays over a recipe, read from the options' words and files; and the recipes that one extends."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.app import envfile, repository, sources
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe import extends
from dynamo_recipes.recipe.compose import Inputs
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.parameters import Given
from dynamo_recipes.recipe.positions import Document
from dynamo_recipes.recipe.settings import Setting

__all__ = ["NOTHING", "Inputs", "Source", "inputs_of", "read"]

NOTHING = Inputs()


class Source(NamedTuple):
    """A recipe's bytes, the name to show, its folder, all that is laid over it, and what is wrong with those files."""

    file: str
    raw: bytes
    folder: Path
    inputs: Inputs
    findings: tuple[Finding, ...] = ()


def inputs_of(
    variants: Iterable[str] = (),
    settings: Iterable[tuple[str, str]] = (),
    env_files: Iterable[str] = (),
) -> Inputs:
    """Return what the options say: settings as option and words. `${NAME}` finds this process's environment.

    Raises Refused when an env file cannot be read.
    """
    patches = tuple(Setting(words, text=option == "--set-string") for option, words in settings)
    return Inputs(tuple(variants), patches, Given(dict(os.environ), envfile.read(env_files)))


def read(name: str, inputs: Inputs = NOTHING) -> Source:
    """Read a recipe and all that it extends. Raises Refused (DR116) when the recipe itself cannot be read."""
    source = sources.read(name)
    if b"extends" not in source.raw:  # nearly all: they are read once
        return Source(*source, inputs)
    documents: dict[str, Document | None] = {}
    found: list[Finding] = []
    main, _ = load(source.raw, source.file)
    waiting = [(main, source.folder)] if main else []
    while waiting:
        document, folder = waiting.pop(0)
        for base in extends.bases(document):
            if base.name not in documents and len(documents) < extends.MOST_FILES:
                text, place, wrong = _extended(base, document, folder, source)
                documents[base.name] = text
                found += wrong
                waiting += [(text, place)] if text else []
    return Source(*source, inputs._replace(documents=documents), tuple(found))


def _extended(
    base: extends.Base, document: Document, folder: Path, source: sources.Source
) -> tuple[Document | None, Path, tuple[Finding, ...]]:
    """Return an extended text, its real folder, and what is wrong with it, at its place or at the `extends`."""
    try:
        path = repository.inside(base.written, folder)
        # A pipe would be waited for, a device never ends. os.path: a name too long is no exception.
        if os.path.exists(path) and not os.path.isfile(path):
            raise Refused(Finding("DR116", f"{shown(base.written)} is no plain file.", "Name one recipe file."))
        text, found = load(sources.read(str(path), shown(base.written)).raw, _named(path, source))
    except Refused as refused:
        return None, folder, tuple(each.at(document.where(base.path)) for each in refused.findings)
    return text, path.parent, found


def _named(path: Path, source: sources.Source) -> str:
    """Return a real path as one that starts where the recipe's own does."""
    from_recipe = os.path.relpath(path, os.path.realpath(source.folder))
    return os.path.normpath(os.path.join(os.path.dirname(source.file), from_recipe))
