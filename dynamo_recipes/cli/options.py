"""Options that several verbs share."""

import importlib
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from dynamo_recipes.app.site import Place

site = click.option(
    "--site", metavar="FILE", help="What is true of a place: secrets, hosts. No site is read unless named."
)


def read_site(name: str | None) -> "Place | None":
    """Return the site of that name. Raises Refused with all that is wrong with it."""
    if name is None:
        return None
    # Only when a site is named: `validate` does not pay for what it does not use.
    return cast("Place", importlib.import_module("dynamo_recipes.app.site").read(name))
