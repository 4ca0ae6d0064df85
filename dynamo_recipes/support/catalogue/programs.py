"""The programs of a graph whose flags an author may write: the frontend, and the worker of an engine."""

from typing import NamedTuple

from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.chain import Chain, chain
from dynamo_recipes.support.catalogue.model import catalogue
from dynamo_recipes.support.resolve import Resolution

FRONTEND = "dynamo.frontend"


class Program(NamedTuple):
    """A program, the parsers of its command line, and what it is called. No chain: `missing` has no catalogue."""

    component: str
    title: str
    chain: Chain | None
    missing: str = ""

    def look_up(self, flag: str = "") -> str:
        """Return the command that shows its flags, or one of them."""
        words = ["dynamo-recipe flags", self.component.removeprefix("dynamo."), *([flag.lstrip("-")] if flag else [])]
        release = f" --dynamo {self.chain.catalogues[0].version}" if self.chain else ""
        return f"`{' '.join(words)}{release}`"

    @property
    def components(self) -> tuple[str, ...]:
        """The components whose flags it takes."""
        behind = (each.component for each in self.chain.catalogues[1:]) if self.chain else ()
        return (self.component, *behind)


def frontend(release: str) -> Program:
    """Return the frontend of a Dynamo release."""
    return of_program("frontend", release)


def of_program(name: str, release: str) -> Program:
    """Return a program of Dynamo that is no engine's worker."""
    title = f"the {name} of Dynamo {release}"
    return Program(f"dynamo.{name}", title, chain(f"dynamo.{name}", release), title)


def worker(resolution: Resolution) -> Program:
    """Return the worker of what was resolved."""
    return of_engine(resolution.engine, resolution.release.version, resolution.engine_version)


def of_engine(engine: str, release: str, version: str | None) -> Program:
    """Return the worker of an engine. `version` is the engine's own, where it is known."""
    facts = data.load("engines.json")[engine]
    component, own = facts["module"], facts["flags"]
    if own is None:
        title = f"{facts['title']} with Dynamo {release}" if facts["gpu"] else f"the {engine} of Dynamo {release}"
        return Program(component, title, chain(component, release), f"{component} of Dynamo {release}")
    title = f"{facts['title']} {version or '(version not known)'} with Dynamo {release}"
    missing = f"{component} of Dynamo {release}"
    if catalogue(component, release) is not None:
        missing = f"{facts['title']} {version or 'of this image'}"
    return Program(component, title, chain(component, release, own, version), missing)
