"""The frontend component: the HTTP server and router. Spellings come from the release's data."""

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.model import Arg, Component, Member, OwnPort, Port, Probe, Program, arg, text
from dynamo_recipes.recipe.model import Recipe, Router
from dynamo_recipes.support.releases import Release

NAME = "frontend"
PORT = "http"


def component(recipe: Recipe, release: Release) -> Component:
    """Return the frontend of a recipe, without the author's own flags and environment."""
    argv = (
        Arg((text(Program("python")), text("-m"), text(release.frontend_module)), "engine"),
        arg(release.frontend_flag("frontend.host"), recipe.frontend.host, because="where clients reach it"),
        arg(release.frontend_flag("frontend.port"), OwnPort(PORT), because="where clients reach it"),
        *_router(recipe.frontend.router, release),
    )
    ports = (Port(PORT, fixed=recipe.frontend.port),)
    member = Member(NAME, argv, ports=ports, ready=Probe(PORT, "/health"))
    return Component(NAME, NAME, (member,))


def events(router: Router) -> str:
    """Return what the router knows of the workers' caches: as written, else exact for kv and none otherwise."""
    return router.events or ("exact" if router.mode == "kv" else "none")


def check(router: Router) -> tuple[Finding, ...]:
    """Return a finding when mode and events do not fit: only a KV router looks at caches, and it needs some view."""
    if (router.mode == "kv") == (events(router) != "none"):
        return ()
    message = f"Router mode {router.mode} does not go with events: {events(router)}."
    hint = "kv takes exact or predicted; every other mode takes none."
    return (finding("DR405", ("frontend", "router", "events"), message, hint),)


def _router(router: Router, release: Release) -> tuple[Arg, ...]:
    mode = arg(
        release.frontend_flag("frontend.router.mode"),
        router.mode.replace("_", "-"),
        because="frontend.router.mode",
    )
    if events(router) != "predicted":
        return (mode,)
    because = "the router predicts what workers hold from the requests it sent them"
    return (mode, arg(release.frontend_flag("frontend.router.events"), because=because))
