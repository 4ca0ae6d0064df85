"""The worst texts of up to 1 MiB that we know of, and the codes that each must end in.

Run as a program it measures them: each in a process of its own, forked from one that has everything imported,
with limits on memory and time; it prints one line of JSON for each.
"""

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

MIB = 1 << 20
HEAD = b"schema: 1\nmodel: a/b\nengine: mocker\n"
ENGINE = b"schema: 1\nmodel: a/b\nengine:\n  name: mocker\n  args:"
WIDE = b"x" * 1_000_000 + "\U0001f680".encode()  # one wide character makes all of a text four times as large


class Worst(NamedTuple):
    """A text, made only when it is measured, and the codes that must be found in it."""

    make: Callable[[], bytes]
    codes: str


def full(unit: bytes, before: bytes = b"", after: bytes = b"") -> Callable[[], bytes]:
    """Return what makes 1 MiB of a unit."""
    room = MIB - len(before) - len(after)
    return lambda: before + unit * (room // len(unit)) + after


def each(pattern: bytes, count: int, before: bytes = b"", after: bytes = b"") -> Callable[[], bytes]:
    """Return what makes numbered pieces."""
    return lambda: before + b"".join(pattern.replace(b"#", b"%d" % at) for at in range(count)) + after


def workers(settings: bytes, before: bytes = HEAD) -> Callable[[], bytes]:
    """Return what makes 64 workers."""
    return each(b"  w#: {role: aggregated" + settings + b"}\n", 64, before + b"workers:\n")


MISSING = "DR106 DR107"
WORST = {
    # Signs that open something.
    "[": Worst(full(b"["), "DR105"),
    "{": Worst(full(b"{"), "DR104"),
    "- ": Worst(full(b"- "), "DR105"),
    "? ": Worst(full(b"? "), "DR104"),
    "[{": Worst(full(b"[{a: "), "DR105"),
    "&a ": Worst(full(b"&a "), "DR102"),
    "*a ": Worst(full(b"*a "), "DR104"),
    "a: ": Worst(full(b"a: "), "DR102"),
    "deeper and deeper": Worst(lambda: b"".join(b" " * at + b"a:\n" for at in range(1400)), "DR105"),
    "nested as deep as may be": Worst(lambda: HEAD + b"x-a: " + b"[" * 99 + b"]" * 99, ""),
    # Directives, documents, tags, comments, blanks.
    "%": Worst(full(b"%"), "DR102"),
    "%YAML": Worst(full(b"%YAML 1.2\n"), "DR102"),
    "%TAG": Worst(each(b"%TAG !#! x\n", 60_000), "DR104"),
    "%TAG in a second document": Worst(each(b"%TAG !#! x\n", 60_000, b"a: 1\n...\n"), "DR104"),
    "documents": Worst(full(b"---\n"), "DR104"),
    "ends of documents": Worst(full(b"...\n"), "DR102"),
    "!": Worst(full(b"!"), "DR104 DR108"),
    "!! on values": Worst(full(b"- !!str a\n"), "DR104 DR105"),
    "!! on keys": Worst(each(b"!!str k#: a\n", 60_000), "DR104 DR105"),
    "a long tag": Worst(full(b"t", b"a: !", b" x"), "DR104 " + MISSING),
    "comments": Worst(full(b"# x\n"), "DR107"),
    "one comment": Worst(full(b"#"), "DR107"),
    "blanks": Worst(full(b" "), "DR107"),
    "tabs": Worst(full(b"\t"), "DR102"),
    "lines": Worst(full(b"\n"), "DR107"),
    "byte order marks": Worst(full(b"\xef\xbb\xbf"), "DR108"),
    "NUL": Worst(full(b"\0"), "DR102"),
    "a control character at the end": Worst(full("é\n".encode(), HEAD, b"\x07"), "DR102"),
    "not UTF-8 at the end": Worst(full("é\r".encode(), HEAD, b"\xff"), "DR101"),
    # Long scalars.
    "a long plain scalar": Worst(full(b"x", b"a: "), MISSING),
    "a plain scalar of many words": Worst(full(b"x ", b"a: "), MISSING),
    "a plain scalar of many lines": Worst(full(b"x\n ", b"a: "), MISSING),
    "digits": Worst(full(b"1", HEAD + b"frontend: {port: ", b"}"), "DR108"),
    "a quoted scalar of many lines": Worst(full(b"x\n ", b'a: "', b'"'), MISSING),
    "a quoted scalar of empty lines": Worst(full(b"\n", b'a: "', b'"'), MISSING),
    "a quoted scalar of escapes": Worst(full(b"\\x41", b'a: "', b'"'), MISSING),
    "a quoted scalar of NUL": Worst(full(b"\\0", b'a: "', b'"'), "DR113 " + MISSING),
    "quotes in quotes": Worst(full(b"''", b"a: '", b"'"), MISSING),
    "an open quote": Worst(full(b"x", b'a: "'), "DR102"),
    "a block scalar": Worst(full(b"  x\n", b"a: |\n"), MISSING),
    "a folded scalar": Worst(full(b"  x\n", b"a: >\n"), MISSING),
    "a folded scalar of more and less": Worst(full(b"  x\n   y\n", b"a: >\n"), MISSING),
    "a block scalar of empty lines": Worst(full(b"\n", b"a: |+\n"), MISSING),
    "wide characters": Worst(full("\U0001f680".encode(), HEAD + b"description: "), ""),
    "line separators": Worst(full("\u2028".encode(), HEAD + b'description: "', b'"'), ""),
    # Keys.
    "a long key": Worst(full(b"k", after=b": 1"), "DR102"),
    "a long key behind ?": Worst(full(b"k", b"? ", b"\n: 1"), MISSING),
    "keys": Worst(each(b"k#: 1\n", 80_000), "DR105"),
    "as many keys as may be": Worst(each(b"k#: 1\n", 9990, HEAD), "DR105 DR106"),
    "keys in braces": Worst(each(b"#,", 150_000, b"{", b"}"), "DR105"),
    "one key": Worst(full(b"k: 1\n"), "DR103 DR105"),
    "one long key": Worst(lambda: (b"k" * 1000 + b": 1\n") * 1000, "DR103 " + MISSING),
    "wrong keys near right ones": Worst(
        each(b"replica#: 1, ", 9900, HEAD + b"workers: {decode: {", b"}}"), "DR105 DR106"
    ),
    "1000 wrong keys": Worst(each(b"infrastructur#: 1\n", 1000, HEAD), "DR106"),
    "wrong keys in list entries": Worst(
        each(b"{dat: 1}, ", 6000, HEAD + b"about: {tested: [", b"]}"), "DR105 DR106 DR107"
    ),
    "wrong values": Worst(each(b"1, ", 19_000, HEAD + b"about: {maintainers: [", b"]}"), "DR105 DR108"),
    "merge keys": Worst(full(b"- {<<: 1}\n"), "DR104 DR105"),
    "NUL in keys": Worst(each(b'"\\0#": 1\n', 9900, HEAD), "DR105 DR106 DR113"),
    # Anchors and aliases.
    "anchors": Worst(each(b"- &a# x\n", 60_000), "DR105"),
    "20,000 anchors": Worst(each(b"- &a# x\n", 19_990), "DR108"),
    "20,000 aliases": Worst(full(b"*a, ", HEAD + b"x-a: &a 1\nx-b: [", b"]"), "DR105"),
    "as many aliases as may be": Worst(each(b"*a, ", 19_900, HEAD + b"x-a: &a 1\nx-b: [", b"]"), ""),
    "a long anchor": Worst(full(b"a", b"&", b" x"), "DR108"),
    "a billion laughs": Worst(
        lambda: b"a0: &a0 x\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d," % (n - 1) * 9) for n in range(1, 20)),
        "DR105",
    ),
    "aliases that grow deeper": Worst(
        lambda: b"a0: &a0 []\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (n, n, n - 1) for n in range(1, 5000)), "DR105"
    ),
    # Secrets.
    "secrets": Worst(each(b"  A#_TOKEN: swordfish#\n", 9900, HEAD + b"env:\n"), "DR105 DR110 DR112"),
    "secrets below names": Worst(each(b"  s#: {TOKEN: swordfish#}\n", 4900, HEAD + b"env:\n"), "DR105 DR106 DR112"),
    "secrets and wrong keys": Worst(
        each(b"swordfish#: 1\n", 9500, each(b"  A#_TOKEN: swordfish#\n", 20, HEAD + b"env:\n")()), "DR105 DR106 DR112"
    ),
    "secrets and wrong flags": Worst(
        workers(
            b", args: {" + b"".join(b"f%d: [], " % at for at in range(140)) + b"}",
            each(b"  A#_TOKEN: swordfish#\n", 20, HEAD + b"env:\n")(),
        ),
        "DR105 DR112 DR304",
    ),
    "wrong keys and broken rules": Worst(
        each(b"  A#: {}\n", 1000, each(b"k#: 1\n", 8900, HEAD)() + b"env:\n"), "DR105 DR106"
    ),
    "wrong values inside one another": Worst(
        each(b"  w#: {env: {A: {secret: {b: 1}}}, parallel: {tensor: {}}}\n", 1300, HEAD + b"workers:\n"), "DR105 DR108"
    ),
    "the form of a key, nearly": Worst(full(b"hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaa ", HEAD + b"description: "), ""),
    "the form of another key, nearly": Worst(full(b"-----BEGIN A ", HEAD + b'description: "', b'"'), ""),
    "a long name of a secret": Worst(full(b"api_", HEAD + b"env: {? ", b" : x}"), "DR110"),
    # Later stages.
    "64 workers of 10,000 replicas": Worst(workers(b", replicas: 10000"), "DR407"),
    "64 workers of the widest kind": Worst(
        workers(b", parallel: {tensor: 4096, data: 4096, pipeline: 4096, context: 4096}"), "DR403"
    ),
    "more GPUs than can be laid out": Worst(workers(b", replicas: 300, parallel: {tensor: 4096}"), "DR403"),
    "as many GPUs as can be laid out": Worst(workers(b", replicas: 355, parallel: {tensor: 11}"), ""),
    "as many nodes as may be": Worst(
        workers(b", replicas: 350", HEAD + b"hardware: {gpus_per_node: 1, nodes: 10000}\n"), "DR403"
    ),
    "many nodes of many GPUs": Worst(
        workers(b", replicas: 350, parallel: {tensor: 10}", HEAD + b"hardware: {gpus_per_node: 1024, nodes: 10000}\n"),
        "",
    ),
    "22,000 processes": Worst(workers(b", replicas: 350"), ""),
    "a specifier of 200 characters": Worst(lambda: HEAD + b'dynamo: "' + b"!=1.4.*," * 24 + b'"', ""),
    "a version of 200 characters": Worst(lambda: HEAD + b'dynamo: ">=' + b"9" * 198 + b'"', "DR202"),
    "5,000 variables": Worst(each(b"  V#: x\n", 5000, HEAD + b"env:\n"), "DR110"),
    "1,000 variables of 64 workers": Worst(workers(b"", each(b"  V#: x\n", 1000, HEAD + b"env:\n")()), ""),
    "9,900 flags": Worst(each(b"    f#: 1\n", 9900, HEAD + b"frontend:\n  args:\n"), "DR110"),
    "1,000 flags of 64 workers": Worst(workers(b"", each(b"    f#: 1\n", 1000, ENGINE + b"\n")()), "DR304"),
    "very many wrong flags": Worst(
        workers(b", args: {" + b"".join(b"f%d: [], " % at for at in range(140)) + b"}"), "DR105 DR304"
    ),
    "wrong flags": Worst(each(b"    f#: []\n", 1000, HEAD + b"frontend:\n  args:\n"), "DR304"),
    "6,000 files that nothing names": Worst(
        each(
            b"{file: a-name-of-some-length-#},",
            6000,
            HEAD + b"files: {a-name-of-a-length: x}\nfrontend: {args: {raw: [",
            b"]}}",
        ),
        "DR105 DR117",
    ),
    "19,000 raw words": Worst(each(b"x,", 19_000, HEAD + b"frontend: {args: {raw: [", b"]}}"), "DR303"),
    "a mapping of 1 MiB for 64 workers": Worst(workers(b"", ENGINE + b" {reasoning: {b: " + WIDE + b"}}\n"), ""),
}


def measured(name: str) -> dict[str, object]:
    """Take one text and return what came of it."""
    from dynamo_recipes.app.planning import planned
    from dynamo_recipes.cli.output import line

    raw = WORST[name].make()
    before = time.process_time()
    found = planned(raw, "r.yaml").findings
    text = "\n".join(map(line, found))
    seconds = time.process_time() - before
    codes = " ".join(sorted({each.code for each in found}))
    return {"bytes": len(raw), "seconds": seconds, "codes": codes, "findings": len(found), "said": len(text)}


def measure_all() -> Iterator[dict[str, object]]:
    """Yield the figures of each text, taken by a process that may not have more than 1 GiB and 10 seconds."""
    for name in WORST:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with os.fdopen(writer, "w") as out:
                json.dump(measured(name), out)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            text = said.read()
        _, status, usage = os.wait4(pid, 0)
        peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else MIB)
        yield {"name": name, "status": status, "peak": peak, **(json.loads(text) if text else {})}


if __name__ == "__main__":
    gc.disable()  # as the program itself does
    import dynamo_recipes.app.planning
    import dynamo_recipes.cli.output
    import dynamo_recipes.engines.mocker  # noqa: F401 - what a child needs is imported once

    for figures in measure_all():
        print(json.dumps(figures), flush=True)
