"""What container images there are. Says nothing of an image that the recipe names: that is its author's matter."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules.words import ORIGIN, listed, title


def image(case: Case) -> Iterator[Finding]:
    """DR228: refuse where the release has no image of the engine, none for the machine, or one that does not start.

    Rests on the tables of release artifacts (RA, RDT, REL); a release whose table was not read is DR229.
    """
    if case.target.path != "image" or case.own_image or case.release.images is None:
        return
    if case.image is None:
        message = f"Dynamo {case.release.version} has no image for {title(case)}."
        yield finding("DR228", ORIGIN, message, "Choose another release, or name an image with `engine: {image: …}`.")
        return
    name = f"{case.image.repository}:{case.image.tag or '(tag not known)'}"
    if case.image.status == "broken":
        yield finding("DR228", ORIGIN, f"The image {name} is known not to start.", "Choose a later release.")
    arch = case.facts.arch
    if arch and case.image.arch is not None and arch not in case.image.arch:
        hint = f"It is there for {listed(case.image.arch)}."
        yield finding("DR228", ORIGIN, f"The image {name} is not for {shown(arch)}.", hint)
