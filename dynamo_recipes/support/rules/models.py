"""What the release's engine does with the model: adapters, inputs, precision, and features that are experimental."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import data
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.numbers import pair
from dynamo_recipes.support.rules.feature import UNSURE, beside, feature, note, others
from dynamo_recipes.support.rules.unknown import unknown
from dynamo_recipes.support.rules.words import title

_ADAPTERS: Path = ("model", "adapters")
_TITLES = {
    "disaggregation": "Disaggregated serving",
    "kv_aware_routing": "KV-aware routing",
    "multimodal_audio": "Audio in requests",
    "multimodal_image": "Images in requests",
    "multimodal_video": "Video in requests",
    "speculative_decoding": "Speculative decoding",
}


def lora(case: Case) -> Iterator[Finding]:
    """DR220: refuse LoRA adapters where the engine has none; warn where it is experimental.

    Sources: COMP, FM09, CM. TensorRT-LLM has none in any release; SGLang from 1.4 on, for aggregated workers.
    """
    if "lora" not in case.features:
        return
    engine, version, status = title(case), case.release.version, feature(case, "lora").status
    if status is None:
        yield unknown(case, f"whether {engine} has LoRA", _ADAPTERS)
    elif status == "no":
        yield finding("DR220", _ADAPTERS, f"{engine} has no LoRA in Dynamo {version}.", others(case, "lora"))
    elif wrong := beside(case, "lora"):
        message = f"{engine} has no LoRA beside {wrong[0]} in Dynamo {version}."
        yield finding("DR220", _ADAPTERS, message, wrong[1])
    elif status in UNSURE:
        message = f"LoRA on {engine} {UNSURE[status]} in Dynamo {version}{note(case, 'lora')}."
        yield finding("DR220", _ADAPTERS, message, "Try each adapter before you rely on it.", "warning")


def multimodal(case: Case) -> Iterator[Finding]:
    """DR221: refuse inputs that the engine does not take, or not in this layout.

    Sources: COMP, CM, FM09. SGLang takes images with an encode worker or aggregated ones, not with prefill workers
    that encode (EP/D), and before 1.3.1 not beside KV-aware routing.
    """
    for place, modality in enumerate(case.recipe.model.modalities):
        if modality != "text":
            yield from _input(case, modality, ("model", "modalities", place))


def _input(case: Case, modality: str, path: Path) -> Iterator[Finding]:
    engine, version, name = title(case), case.release.version, f"multimodal_{modality}"
    status = feature(case, name).status
    if status == "no":
        message = f"{engine} takes no {modality} in Dynamo {version}."
        yield finding("DR221", path, message, others(case, name))
    elif wrong := beside(case, name):
        message = f"{engine} takes no {modality} beside {wrong[0]} in Dynamo {version}."
        yield finding("DR221", path, message, wrong[1])
    elif status is None:
        yield unknown(case, f"whether {engine} takes {modality}", path)


def precision(case: Case) -> Iterator[Finding]:
    """DR222: refuse a precision, or sparse attention, that the GPU's compute capability is too low for.

    Sources: AISC, AICT. Where the capability of a GPU is not known, nothing is said. A machine may have several kinds:
    it is enough when one of them will do.
    """
    if not case.facts_of_engine["gpu"] or not case.gpus:
        return
    for what, needed, place, hint in _floors(case):
        low = [each for each in case.gpus if _is_below(each.compute_capability, needed)]
        if len(low) == len(case.gpus):
            name, has = shown(low[0].name), low[0].compute_capability
            message = f"{what} needs compute capability {needed}, and {name} has {has}."
            yield finding("DR222", place, message, hint.format(gpu=name, fits=", ".join(_fitting(has))))


def _floors(case: Case) -> Iterator[tuple[str, str, Path, str]]:
    """Yield what has a floor: in words, the floor, its place in the recipe, and a hint."""
    known, model = data.load("precisions.json"), case.recipe.model
    floor = known["floors"].get(model.precision)
    if model.precision and floor:
        hint = "Choose another checkpoint or GPU. {gpu} computes in {fits}."
        yield model.precision, floor, ("model", "precision"), hint
    sparse = known["sparse_attention"]
    if model.id and model.id.rpartition("/")[2].lower().startswith(tuple(sparse["models"])):
        place: Path = ("model", "id") if model.model_fields_set != {"id"} else ("model",)
        yield f"The sparse attention of {shown(model.id)}", sparse["floor"], place, "Choose another model or GPU."


def _fitting(capability: str | None) -> list[str]:
    floors = data.load("precisions.json")["floors"]
    return sorted(name for name, floor in floors.items() if floor is None or not _is_below(capability, floor))


def _is_below(capability: str | None, floor: str) -> bool:
    return capability is not None and pair(capability) < pair(floor)


def experimental(case: Case) -> Iterator[Finding]:
    """DR235: warn of features that are experimental or have limits, where no rule of their own tells it.

    Sources: COMP, REL, FM09, CM: the feature matrices.
    """
    for name in sorted(case.features & _TITLES.keys()):
        status = feature(case, name).status
        if status in UNSURE:
            engine, version = title(case), case.release.version
            message = f"{_TITLES[name]} on {engine} {UNSURE[status]} in Dynamo {version}{note(case, name)}."
            yield finding("DR235", _place(case, name), message, "Try it before you rely on it.", "warning")


def _place(case: Case, name: str) -> Path:
    """Return where a recipe asks for a feature."""
    modalities: list[str] = [*case.recipe.model.modalities]
    modality = name.removeprefix("multimodal_")
    if modality in modalities:
        return "model", "modalities", modalities.index(modality)
    places: dict[str, Path] = {"disaggregation": ("workers",), "kv_aware_routing": ("frontend", "router")}
    return places.get(name, ("engine",))
