"""From a recipe and its resolution to a plan. The one place where components are put together."""

from collections.abc import Mapping

from dynamo_recipes.findings import Finding, errors_of, finding
from dynamo_recipes.plan import arguments, checks, frontend, infrastructure
from dynamo_recipes.plan.model import (
    Arg,
    Component,
    Engine,
    Env,
    Install,
    Member,
    Plan,
    SecretRef,
    Service,
    Source,
    env,
)
from dynamo_recipes.plan.order import ordered
from dynamo_recipes.recipe.fields import Role, seconds
from dynamo_recipes.recipe.model import Recipe, Variable
from dynamo_recipes.support import flags
from dynamo_recipes.support.choices import Choice
from dynamo_recipes.support.resolve import Resolution

_START_ORDER: tuple[Role, ...] = ("encode", "prefill", "decode", "aggregated", "pd")


def build(recipe: Recipe, name: str, resolution: Resolution, engine: Engine) -> tuple[Plan | None, tuple[Finding, ...]]:
    """Return the plan of a recipe, or None and what is wrong with its graph. `name` is the run's name."""
    found = tuple(checks.check(recipe, engine, resolution))
    if errors_of(found):
        return None, found
    model = source(recipe)
    components = [_frontend(recipe, resolution), *_workers(recipe, resolution, engine)]
    clashes: list[Finding] = []
    complete = {each.name: _with_environment(each, recipe, resolution, model, clashes) for each in components}
    if clashes:
        return None, (*found, *clashes)
    names = ordered({each.name: each.after for each in components})
    plan = Plan(
        name=name,
        components=tuple(complete[each] for each in names),
        choices=(*resolution.choices, *infrastructure.choices(resolution.release), *_devices(engine)),
        service=Service(frontend.NAME, frontend.PORT, recipe.model.served, recipe.model.task, recipe.frontend.host),
        model=model,
        install=_install(resolution),
        ready_timeout=seconds(recipe.ready.timeout),
        idle_timeout=seconds(recipe.ready.idle_timeout),
        stop_grace=seconds(recipe.stop.grace),
        virtual_gpus=engine.VIRTUAL_GPUS,
    )
    return plan, found


def _install(resolution: Resolution) -> Install:
    wheels = resolution.wheels
    ours, engines = resolution.release.needs_of(frontend.NAME), resolution.release.needs_of(resolution.engine)
    return Install(
        requirements=wheels.requirements if wheels else (),
        options=wheels.options if wheels else (),
        python=resolution.python_range,
        disk_mib=wheels.disk_mib if wheels else None,
        frontend_mib=ours.memory_mib,
        worker_mib=engines.memory_mib,
        headers=ours.headers or engines.headers,
        libraries=tuple(sorted({**dict(ours.libraries), **dict(engines.libraries)}.items())),
    )


def _devices(engine: Engine) -> tuple[Choice, ...]:
    if not engine.VIRTUAL_GPUS:
        return ()
    return (Choice("devices", "virtual", f"the engine {engine.NAME} needs no GPU: the layout is simulated"),)


def source(recipe: Recipe) -> Source:
    """Return where the model is."""
    model = recipe.model
    if model.path is not None:
        return Source("path", model.path)
    if model.packaged is not None:
        return Source("packaged", model.packaged)
    return Source("id", model.id or "")


def _frontend(recipe: Recipe, resolution: Resolution) -> Component:
    component = frontend.component(recipe, resolution.release)
    (member,) = component.members
    own: tuple[Arg, ...] = ()
    if recipe.frontend.args:
        from dynamo_recipes.plan import written  # start-up: most recipes have no flags of their own

        own = written.of_frontend(recipe.frontend.args, resolution)
    return component._replace(members=(member._replace(argv=arguments.in_order((*member.argv, *own))),))


def _workers(recipe: Recipe, resolution: Resolution, engine: Engine) -> list[Component]:
    by_order = sorted(checks.roles(recipe).items(), key=lambda each: (_START_ORDER.index(each[1]), each[0]))
    shared = flags.texts(recipe.engine.args)
    return [_worker(name, role, recipe, resolution, engine, shared) for name, role in by_order]


def _worker(
    name: str, role: Role, recipe: Recipe, resolution: Resolution, engine: Engine, shared: Mapping[str, object]
) -> Component:
    worker = recipe.workers[name]
    own: tuple[Arg, ...] = ()
    if shared or worker.args:
        from dynamo_recipes.plan import written

        own = written.of_worker(shared, worker.args, resolution)
    members = tuple(
        each._replace(argv=arguments.in_order((*each.argv, *own)))
        for each in engine.members(worker, role, recipe, resolution)
    )
    return Component(name, role, members, worker.replicas, after=(frontend.NAME,))


def _with_environment(
    component: Component, recipe: Recipe, resolution: Resolution, model: Source, clashes: list[Finding]
) -> Component:
    author = _author_env(component.name, recipe)
    members: list[Member] = []
    for member in component.members:
        ours = (
            *member.env,
            *infrastructure.for_all(resolution.release, model),
            *infrastructure.for_member(member, resolution.release),
        )
        clashes += [each for each in _clashes(ours, author, component.name, recipe) if each not in clashes]
        merged = sorted((*ours, *author), key=lambda each: each.name)
        members.append(member._replace(env=tuple(merged)))
    return component._replace(members=tuple(members))


def _author_env(component: str, recipe: Recipe) -> tuple[Env, ...]:
    own = recipe.workers[component].env if component in recipe.workers else {}
    return tuple(_variable(name, value) for name, value in {**recipe.env, **own}.items())


def _variable(name: str, value: Variable) -> Env:
    return env(name, SecretRef(value.secret, name) if value.secret else value.value or "", "author")


def _clashes(ours: tuple[Env, ...], author: tuple[Env, ...], component: str, recipe: Recipe) -> list[Finding]:
    reasons = {each.name: each.because for each in ours}
    own = recipe.workers[component].env if component in recipe.workers else {}
    return [
        finding(
            "DR302",
            ("workers", component, "env", each.name) if each.name in own else ("env", each.name),
            f"The variable `{each.name}` is set by the tool: {reasons[each.name]}.",
            "Remove it from the recipe.",
        )
        for each in author
        if each.name in reasons
    ]
