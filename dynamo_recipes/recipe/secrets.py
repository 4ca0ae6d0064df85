"""Which names carry secrets, and which values look like one. A finding about one never shows it."""

import re
from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Path, dotted, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Data

# Names of variables and flags whose value is a secret: HF_TOKEN, api-key, DB_PASSWORD; not MAX_TOKENS, TOKENIZER_PATH.
_NAME = re.compile(
    r"(^|[_.-])((auth|access|hf|hub|bearer|api|refresh)[_-]?tokens?|token|secret|passw(or)?d|passphrase|credentials?"
    r"|(api|access|private|secret|encryption)[_-]?key)$",
    re.IGNORECASE,
)
# Flags about the tokens of text rather than about access.
_TEXT_TOKEN = re.compile(
    r"(eos|bos|pad|unk|stop|image|video|audio|end|start|special|mask|sep)[_-]?token$", re.IGNORECASE
)
# Well-known forms of keys: hub, model vendors, code hosts, cloud.
_VALUE = re.compile(
    r"\bhf_[A-Za-z0-9]{30,}|\bnvapi-[\w-]{20,}|\bsk-[\w-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_HINT = "Write `{secret: NAME}` there: the value is looked up when the graph starts."


def is_secret_name(name: str) -> bool:
    """Tell whether a variable or flag of this name holds a secret."""
    return bool(_NAME.search(name)) and not _TEXT_TOKEN.search(name)


def looks_secret(text: str) -> bool:
    """Tell whether a text has the form of a well-known kind of key."""
    return len(text) >= 20 and bool(_VALUE.search(text))


def literal_secrets(data: Data) -> Iterator[Finding]:
    """Yield a finding for each secret that is written into the recipe."""
    for path, value in _scalars(data):
        name = _name_of(path)
        if name and is_secret_name(name) and value not in ("", None, True, False):
            yield finding("DR112", path, f"`{shown(dotted(path))}` holds a secret in plain text.", _HINT)
        elif isinstance(value, str) and looks_secret(value):
            yield finding("DR112", path, f"`{shown(dotted(path))}` looks like an access key.", _HINT)


def _name_of(path: Path) -> str:
    """Return the variable's or flag's name when the path leads into `env` or `args`, else nothing."""
    if not {"env", "args"} & set(path[:-1]):
        return ""
    names = [step for step in path if isinstance(step, str)]
    # {secret: NAME} is the reference itself; `raw` words and list entries belong to the name above them.
    if len(names) > 1 and names[-1] in ("secret", "value") and "env" in names[:-2]:
        return "" if names[-1] == "secret" else names[-2]
    return names[-1]


def _scalars(data: Data) -> Iterator[tuple[Path, Data]]:
    stack: list[tuple[Path, Data]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            stack += [((*path, index), inner) for index, inner in enumerate(value)]
        else:
            yield path, value
