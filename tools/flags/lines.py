"""Command lines to compare two readers by: made of a catalogue and a seed, with every habit of argparse in them.

Half of the lines should pass; the others have one thing in them that may be wrong. Which is which only a real parser
knows: see `tools.flags.recording.judge`.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

Flag = dict[str, Any]

_GOOD = {
    "int": ("0", "7", "12", "1_000", " 3 "),
    "float": ("0.5", "2", "1e-3", ".25"),
    "bool": ("true", "False", "1", "no", "on"),
    "size": ("4096", "4k", "4K", "25.6k", "1M", " 2g "),
    "length": ("4096", "auto", "AUTO", "8k", "1K"),
    "json": ("{}", '{"a": 1}', "[1, 2]", "3", "null", '"x"'),
    "object": ("{}", " {} "),
    "text_or_json": ("word", '{"a": {"b": 1}}', "[1"),
}
_BAD = ("", "x", "1.5", "1.5K", "4kb", "None", "null", "{", "{'a': 1}", "[1]", "true", "nan", "1e3", "two words", "é")
_NEGATIVE = ("-1", "-0.5", "-.5", "-5k", "-x", "-1e3", "-")
_TEXT = ("word", "a/b", "meta-llama/X", "a=b", "a.b", "tcp://*:5557", "1", "A-b")
_UNKNOWN = ("--no-such-flag", "--no_such=1", "-z", "-zz", "--", "--x.y", "stray", "---model", "-9x")


class Maker:
    """Makes pieces of command lines for the flags of a catalogue."""

    def __init__(self, catalogue: dict[str, Any], seed: int) -> None:
        """Take a catalogue as its file has it."""
        self.chance = random.Random(seed)
        self.parsers: list[dict[str, Any]] = catalogue["parsers"]
        self.flags: list[Flag] = [each for parser in self.parsers for each in parser["flags"] if not each.get("ends")]
        self.spellings = [name for each in self.flags for name in (*each["names"], *each.get("off", ()))]
        self.flexible = any(each.get("flexible") for each in self.parsers)

    def any(self, wanted: Callable[[Flag], bool] = lambda _: True) -> Flag:
        """Return a flag, of those that are wanted if there are any."""
        return self.chance.choice([each for each in self.flags if wanted(each)] or self.flags)

    def line(self) -> list[str]:
        """Return one command line, with the flags that are required."""
        pieces = [self.good(each) for each in self.flags if each.get("required")]
        pieces += [self.good(self.any()) for _ in range(self.chance.randint(0, 3))]
        if self.chance.random() < 0.75:
            pieces.insert(self.chance.randint(0, len(pieces)), self.chance.choice(HABITS)(self))
        return [word for piece in pieces for word in piece]

    def value(self, flag: Flag) -> str:
        """Return a value that a flag should take."""
        if flag.get("choices") and self.chance.random() < 0.9:
            return str(self.chance.choice(flag["choices"]))
        kind = flag.get("type", "text")
        if kind.endswith("?") and self.chance.random() < 0.15:
            return self.chance.choice(("", "None"))
        base = kind.removesuffix("?")
        return self.chance.choice(_GOOD.get("object" if base.endswith("object") else base, _TEXT))

    def values(self, flag: Flag) -> list[str]:
        """Return as many values as a flag takes."""
        count = flag.get("values", 1)
        if count in ("*", "+", "?"):
            count = self.chance.randint(1 if count == "+" else 0, 1 if count == "?" else 3)
        return [self.value(flag) for _ in range(count)]

    def good(self, flag: Flag) -> list[str]:
        """Return a flag as it is usually written."""
        return [self.chance.choice([*flag["names"], *flag.get("off", ())]), *self.values(flag)]


def _underscored(maker: Maker) -> list[str]:
    first, *rest = maker.good(maker.any())
    return [first[:2] + first[2:].replace("-", "_", maker.chance.choice((1, 9))), *rest]


def _joined(maker: Maker) -> list[str]:
    flag = maker.any()
    name = maker.chance.choice(flag["names"])
    values = maker.values(flag) or [maker.chance.choice(("", "true", "1"))]
    return [f"{name}={values[0]}", *values[1:]]


def _short(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: any(not name.startswith("--") for name in each["names"]))
    name = min(flag["names"], key=len)
    value = (maker.values(flag) or [""])[0]
    return maker.chance.choice(([f"{name}{value}"], [f"{name}={value}"], [name, value], [name[:-1], value]))


def _prefix(maker: Maker) -> list[str]:
    flag = maker.any()
    first, *rest = maker.good(flag)
    cut = first[: maker.chance.randint(min(3, len(first)), len(first))]
    cut = cut.replace("-", "_") if maker.chance.random() < 0.2 and not cut.startswith("--") else cut
    if maker.chance.random() < 0.3 and rest:
        return [f"{cut}={rest[0]}", *rest[1:]]
    return [cut, *rest]


def _prefix_underscored(maker: Maker) -> list[str]:
    first, *rest = _prefix(maker)
    return [first[:2] + first[2:].replace("-", "_"), *rest]


def _negated(maker: Maker) -> list[str]:
    flag = maker.any()
    name = maker.chance.choice(flag["names"]).lstrip("-")
    word = f"--no-{name}"
    cut = word[: maker.chance.randint(5, len(word))]
    return [maker.chance.choice((word, cut, f"{word}=1", f"--no_{name}"))]


def _wrong_type(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: "type" in each)
    return [maker.chance.choice(flag["names"]), maker.chance.choice(_BAD)]


def _wrong_choice(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: bool(each.get("choices")))
    near = str(maker.chance.choice(flag.get("choices") or ["x"]))
    value = maker.chance.choice((near.upper(), near + "x", near.replace("_", "-"), "", "None", "nothing"))
    return [flag["names"][0], value]


def _unknown(maker: Maker) -> list[str]:
    made = maker.chance.choice((*_UNKNOWN, f"{maker.any()['names'][0]}s", f"-{maker.any()['names'][0][2:]}"))
    return [made, *maker.chance.choice(([], ["1"]))]


def _missing(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: each.get("values") != 0)
    return [flag["names"][0], *maker.chance.choice(([], ["--"], [maker.any()["names"][0]]))]


def _repeated(maker: Maker) -> list[str]:
    flag = maker.any()
    return [*maker.good(flag), *maker.good(flag)]


def _negative(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: each.get("values", 1) != 0)
    value = maker.chance.choice(_NEGATIVE)
    return maker.chance.choice(([flag["names"][0], value], [f"{flag['names'][0]}={value}"]))


def _many(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: each.get("values") in ("*", "+", 2, 3))
    return [flag["names"][0], *(maker.value(flag) for _ in range(maker.chance.randint(0, 4)))]


def _too_many(maker: Maker) -> list[str]:
    return [*maker.good(maker.any()), maker.chance.choice(_TEXT)]


def _keyed(maker: Maker) -> list[str]:
    """Dotted keys, `+` lists, and numbers with suffixes: vLLM's, and an error to other parsers."""
    flag = maker.any(lambda each: "json" in each.get("type", "") or "object" in each.get("type", ""))
    key = maker.chance.choice((*flag.get("keys", ("a",)), "a.b", "", "no_such_key"))
    name = maker.chance.choice(flag["names"])
    name = maker.chance.choice((name, name, name[:-2] if len(name) > 5 else name, name.replace("-", "_")))
    plus = maker.chance.choice(("", "", "+"))
    value = maker.chance.choice(("1", "4k", "x", "true", '{"a": 1}', "a,b", "null", "-1", ""))
    word = f"{name}.{key}{plus}"
    again = [f"{name}.{key}{plus}", value] if maker.chance.random() < 0.3 else []
    return [*maker.chance.choice(([word, value], [f"{word}={value}"], [word])), *again]


def _json(maker: Maker) -> list[str]:
    flag = maker.any(lambda each: "json" in each.get("type", "") or "object" in each.get("type", ""))
    keys = [*flag.get("keys", ()), "no_such_key"]
    value: Any = maker.chance.choice((1, "x", True, None, [1], {"a": 1}))
    text = json.dumps({maker.chance.choice(keys): value})
    text = maker.chance.choice((text, text, text.replace("1", "4k"), text[:-1], "{}", "[]", "3", '"x"', "null", ""))
    return [flag["names"][0], text]


def _level(maker: Maker) -> list[str]:
    words: tuple[list[str], ...] = (["-O3"], ["-O", "3"], ["-O=2"], ["-O"], ["-Ox"], ["-O", "7"], ["-O.a", "1"])
    return maker.chance.choice(words)


def _special(maker: Maker) -> list[str]:
    """Words that vLLM, or any argparse, does something of its own with. No file of flags: its name would have to be."""
    words: tuple[list[str], ...] = (["--config"], ["--config=x"], ["--config", "a.txt"], ["--", "x"], ["serve"], ["-"])
    return maker.chance.choice(words)


HABITS: Sequence[Callable[[Maker], list[str]]] = (
    _underscored,
    _joined,
    _short,
    _prefix,
    _prefix_underscored,
    _negated,
    _wrong_type,
    _wrong_choice,
    _unknown,
    _missing,
    _repeated,
    _negative,
    _many,
    _too_many,
    _keyed,
    _json,
    _level,
    _special,
)


def generate(catalogue: dict[str, Any], seed: int, count: int) -> list[list[str]]:
    """Return command lines for a catalogue as its file has it; the same seed gives the same lines."""
    maker = Maker(catalogue, seed)
    return [maker.line() for _ in range(count)]
