"""Options that several verbs share."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import click

from dynamo_recipes.app.planning import Against, against
from dynamo_recipes.app.validate import Locks
from dynamo_recipes.cli import output

if TYPE_CHECKING:
    from dynamo_recipes.app.composing import Inputs
    from dynamo_recipes.app.fitting import Answering
    from dynamo_recipes.app.machines import Machines
    from dynamo_recipes.app.site import Place

site = click.option(
    "--site", metavar="FILE", help="What is true of a place: secrets, hosts. No site is read unless named."
)

# The names stand here so that no verb imports them: a test compares them with the table.
target = click.option(
    "-t",
    "--target",
    type=click.Choice(["local", "docker", "kubernetes"]),
    help="Where it is meant to run; left out, the first of these that fits.",
)

locked = click.option("--locked", is_flag=True, help="Take what RECIPE.lock says, and refuse what differs from it.")


here = click.option("--here", is_flag=True, help="Judge on this machine too; it is looked at only then.")
_FACTS = ("driver", "cuda", "gpu", "arch", "os", "glibc")


def facts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is known of a machine."""
    for add in (
        click.option("--facts", metavar="FILE", help="What is known of machines; the first that fits is taken."),
        click.option("--python", metavar="VERSION|PATH", help="Python for the environment that is made, as in uv."),
        click.option("--glibc", metavar="VERSION", help="glibc of the machine, such as 2.36."),
        click.option("--os", metavar="NAME", help="linux, darwin, windows, or a release such as ubuntu-22.04."),
        click.option("--arch", metavar="NAME", help="Architecture of the machine: x86_64, aarch64."),
        click.option("--gpu", metavar="NAME", help="GPU of the table, or its facts: h800:80Gi:9.0."),
        click.option("--cuda", metavar="VERSION", help="Newest CUDA that the machine can run, such as 12.9."),
        click.option("--driver", metavar="VERSION", help="NVIDIA's driver of the machine, such as 580.65.06."),
    ):
        command = add(command)
    return command


def taken(
    words: dict[str, Any],
    recipe: str = "",
    inputs: "Inputs | None" = None,
    launching: bool = False,
    probing: bool = False,
) -> Against:
    """Take these options out of a verb's words; a launch keeps `python`. `probing`: this machine, where none is told.

    Raises Refused with all that is wrong with them and the files that they name.
    """
    place = _place(words, launching)
    given = against(place, words.pop("target", None), _machines(words, launching, probing))
    lock = locks(words.pop("locked", False))
    return given._replace(answering=lock(recipe, inputs)) if lock and inputs else given


def locks(wanted: bool) -> Locks | None:
    """Return what gives the lock file of any recipe, if wanted."""
    if not wanted:
        return None
    # Only when it is asked for: `validate` does not pay for what it does not use.
    lock = importlib.import_module("dynamo_recipes.app.locked").Lock
    return lambda recipe, inputs: cast("Answering", lock(recipe, inputs.variants))


def _place(words: dict[str, Any], launching: bool) -> "Place | None":
    """Return the site where its secrets are needed; its hosts are read with the other machines."""
    return read_site(words.pop("site")) if launching else None


def _machines(words: dict[str, Any], launching: bool, probing: bool) -> "Machines | None":
    """Take facts out of a verb's words; return the machines to judge on, None where nothing is known of any.

    A launch judges on the machine that it finds, unless facts are given; `python` says what it installs, too.
    """
    given = {name: words.pop(name, None) for name in _FACTS}
    file, site, here = words.pop("facts", None), words.pop("site", None), words.pop("here", False)
    told = file is not None or any(each is not None for each in given.values())
    given["python"] = words.get("python") if launching else words.pop("python", None)
    here = here or (probing and not told and given["python"] is None)
    if not told and (launching or (site is None and given["python"] is None and not here)):
        return None
    # Only when something is given: `validate` does not pay for what it does not use.
    module = importlib.import_module("dynamo_recipes.app.given")
    whole = module.Given(module.Words(**given), file, site, _this_machine() if here else None)
    return cast("Machines", module.machines(whole))


def _this_machine() -> Any:
    """Return the facts of this machine; what cannot be had is said."""
    found = importlib.import_module("dynamo_recipes.app.here").here()
    for each in found.problems:
        output.say(output.visible(f"this machine: {each}"))
    return found.facts


def read_site(name: str | None) -> "Place | None":
    """Return the site of that name. Raises Refused with all that is wrong with it."""
    if name is None:
        return None
    return cast("Place", importlib.import_module("dynamo_recipes.app.site").read(name))
