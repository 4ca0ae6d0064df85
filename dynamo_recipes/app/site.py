"""The site that a command names. What a recipe is judged on because of it is in `given`.

Loaded only when a site is named: `validate` without one does not pay for it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from dynamo_recipes.app import sources
from dynamo_recipes.errors import Refused
from dynamo_recipes.recipe.read_site import read_site
from dynamo_recipes.recipe.site import Site


@dataclass(frozen=True)
class Place:
    """A site, and the folder that its relative paths start from."""

    site: Site
    folder: Path

    def secret_file(self, name: str) -> Path | None:
        """Return the file of a secret, as a path that can be opened."""
        given = self.site.secrets[name].file
        return self.folder / os.path.expanduser(given) if given is not None else None


def read(name: str) -> Place:
    """Read a site. Raises Refused with all that is wrong with it."""
    source = sources.read(name)
    site, found = read_site(source.raw, source.file)
    if site is None:
        raise Refused(*found)
    return Place(site, source.folder)
