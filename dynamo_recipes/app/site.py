"""The site that a command names: read, and what a recipe is judged against because of it.

Loaded only when a site is named: `validate` without one does not pay for it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dynamo_recipes.app import sources
from dynamo_recipes.app.planning import Planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.recipe.read_site import read_site
from dynamo_recipes.recipe.site import Host, Site
from dynamo_recipes.support.facts import UNKNOWN, HostFacts

Judge = Callable[[HostFacts], Planned]


@dataclass(frozen=True)
class Place:
    """A site, and the folder that its relative paths start from."""

    site: Site
    folder: Path

    def secret_file(self, name: str) -> Path | None:
        """Return the file of a secret, as a path that can be opened."""
        given = self.site.secrets[name].file
        return self.folder / os.path.expanduser(given) if given is not None else None

    def judged(self, judge: Judge) -> Planned:
        """Return what a recipe comes to on the first of the site's hosts that it fits.

        Where it fits none: on the first, and what is the host's fault names it. Without hosts: where nothing is known.
        """
        first: tuple[str, Planned] | None = None
        for name, host in self.site.hosts.items():
            result = judge(_facts(host))
            if result.resolution is not None:
                return result
            first = first or (name, result)
        anywhere = judge(UNKNOWN)
        return anywhere if first is None else _naming(*first, anywhere)


def _facts(host: Host) -> HostFacts:
    return HostFacts(host.os, host.arch, host.glibc, tuple(host.python) if host.python else None)


def _naming(host: str, result: Planned, anywhere: Planned) -> Planned:
    """Return the result with the host's name in each finding that is not there where nothing is known of a host."""
    known = set(errors_of(anywhere.findings))
    named = (each if each in known else _on(host, each) for each in result.findings)
    return result._replace(findings=tuple(named))


def _on(host: str, found: Finding) -> Finding:
    return replace(found, message=f"On the host `{host}`: {found.message}")


def read(name: str) -> Place:
    """Read a site. Raises Refused with all that is wrong with it."""
    source = sources.read(name)
    site, found = read_site(source.raw, source.file)
    if site is None:
        raise Refused(*found)
    return Place(site, source.folder)
