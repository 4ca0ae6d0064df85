"""What is wrong or worth knowing, as a value: code, place, message, hint. Prints and decides nothing else.

Codes are stable. Each has a page in `data/findings/`; `dynamo-recipe explain CODE` shows it.
Ranges: DR1 recipe, DR2 support, DR3 engine flags, DR4 graph and layout, DR5 target, DR6 machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "note"]
Path = tuple[str | int, ...]

CODES = {
    "DR101": "The recipe cannot be read as text",
    "DR102": "The recipe is not valid YAML",
    "DR103": "A key is written twice",
    "DR104": "A YAML feature that recipes do not use",
    "DR105": "The recipe is too large or too deeply nested",
    "DR106": "Unknown key",
    "DR107": "A needed key is missing",
    "DR108": "A value has the wrong type",
    "DR109": "A value is not one of the allowed ones",
    "DR110": "A value is out of range or has the wrong form",
    "DR111": "The recipe's schema version is not known",
    "DR112": "A secret is written into the recipe",
    "DR113": "Text that no process can be given",
    "DR114": "A worker has no role",
    "DR115": "Two keys contradict each other",
    "DR116": "The recipe file cannot be opened",
    "DR117": "A file that `files` does not name",
    "DR118": "A file outside the repository",
    "DR119": "Recipes extend each other in a circle",
    "DR121": "Unknown variant",
    "DR122": "Two variants of one axis",
    "DR123": "A setting that cannot be read",
    "DR124": "A `${...}` that cannot be read",
    "DR125": "A `${...}` without a value",
    "DR126": "A parameter has a wrong value",
    "DR129": "A null that removes nothing",
    "DR201": "Unknown Dynamo release",
    "DR202": "No known Dynamo release is in the range",
    "DR203": "Unknown engine",
    "DR204": "Unknown GPU",
    "DR205": "The Dynamo release cannot do this",
    "DR206": "No Python fits the Dynamo release",
    "DR207": "The Dynamo release has no wheels for this machine",
    "DR208": "No release fits",
    "DR209": "The driver is too old for the image's CUDA",
    "DR210": "The wheels bring a newer CUDA than the driver runs",
    "DR211": "No image for CUDA 12",
    "DR212": "The GPU needs CUDA 13",
    "DR213": "The engine comes in containers only",
    "DR214": "The wheels need another package index",
    "DR215": "A package has no wheel",
    "DR216": "glibc is too old for the engine's wheels",
    "DR217": "The operating system is not one that the release lists",
    "DR218": "The engine has no wheels for this Python",
    "DR219": "KVBM does not work here",
    "DR220": "The engine has no LoRA",
    "DR221": "The engine does not take these inputs in this layout",
    "DR222": "The GPU cannot compute in the model's precision",
    "DR223": "The Kubernetes version is too old",
    "DR224": "A combination that is known to be broken",
    "DR225": "Versions too far apart",
    "DR226": "An engine version that the release was not tested with",
    "DR227": "The engine does not run on this GPU",
    "DR228": "The release has no image for this",
    "DR229": "Not verified",
    "DR230": "A GPU whose facts are not verified",
    "DR231": "The release cannot be launched",
    "DR232": "Several nodes need Grove or LeaderWorkerSet",
    "DR233": "Grove or the KAI scheduler has the wrong version",
    "DR234": "The lock file does not fit the recipe",
    "DR235": "A feature that is experimental",
    "DR236": "A newer release fits",
    "DR301": "A flag that the tool sets itself",
    "DR302": "A variable that the tool sets itself",
    "DR303": "A flag's value has a shape that the engine cannot take",
    "DR304": "An unknown flag",
    "DR305": "A flag's value has the wrong type",
    "DR306": "A value that a flag does not take",
    "DR307": "A deprecated flag",
    "DR308": "Flags that are not checked",
    "DR309": "A short form of several flags",
    "DR310": "A flag that the program refuses",
    "DR311": "An unknown key of the engine's configuration",
    "DR401": "Prefill and decode need each other",
    "DR402": "A replica does not fit one node",
    "DR403": "The layout needs more GPUs than the hardware has",
    "DR404": "The engine cannot play this role",
    "DR405": "Router events do not fit the router mode",
    "DR406": "Aggregated workers beside prefill and decode",
    "DR407": "More ports than one host has",
    "DR408": "The engine cannot do this",
    "DR601": "A port is in use",
    "DR602": "The model folder is missing or incomplete",
    "DR603": "Not enough disk space",
    "DR604": "The engine's environment could not be made",
    "DR605": "A run of this name is active",
    "DR606": "A secret has no value on this machine",
    "DR607": "The given environment does not have Dynamo",
    "DR608": "A file could not be written",
    "DR609": "A program could not be started",
    "DR610": "What an earlier run left is not known",
    "DR611": "Not enough memory",
    "DR612": "A header or library that the engine needs is missing",
    "DR615": "A file that the recipe names is missing or cannot be used",
    "DR651": "A component ended on its own",
    "DR652": "The graph was not ready in time",
    "DR653": "The graph gave a wrong answer",
    "DR654": "The guard of the run ended",
}


@dataclass(frozen=True)
class Where:
    """A place in a recipe. `line` and `column` count from 1; 0 means not known."""

    file: str = ""
    line: int = 0
    column: int = 0
    path: Path = ()

    def __str__(self) -> str:
        """Return `file:line:column`, or as much of it as is known."""
        if self.line:
            return f"{self.file}:{self.line}:{self.column}"
        return self.file


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing, and what to do about it."""

    code: str
    message: str
    hint: str = ""
    where: Where = Where()
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code} is not in the registry of findings")

    def at(self, where: Where) -> "Finding":
        """Return the same finding at another place."""
        return replace(self, where=where)


def finding(code: str, path: Path, message: str, hint: str = "", severity: Severity = "error") -> Finding:
    """Make a finding at a path of the recipe; who holds the text adds file, line and column."""
    return Finding(code, message, hint, Where(path=path), severity)


def errors_of(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop the work."""
    return tuple(each for each in found if each.severity == "error")


def dotted(path: Path) -> str:
    """Return a path as people write it: `workers.decode.replicas`, `files[2]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
