"""The process in which a program's own code makes its parsers: to record them, or to judge command lines by them.

    python -m tools.flags.child record COMPONENT FOLDER...             prints the parsers as JSON
    python -m tools.flags.child judge COMPONENT FOLDER... < LINES      LINES: a JSON list of lists of words
    python -m tools.flags.child handed COMPONENT FOLDER... < LINES     the words that the engine's parser gets

FOLDER: unpacked wheels, put on `sys.path`. Nothing is installed, no GPU is needed, and nothing is fetched.
"""

import argparse
import asyncio
import importlib
import importlib.metadata
import inspect
import io
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from tools.flags import programs, sglang, stubs
from tools.flags.recorded import described

_ENV_PREFIXES = ("DYN_", "DYNAMO_", "ETCD_", "NATS_", "OTEL_", "MODEL_EXPRESS_", "SGLANG_")


class Refused(Exception):
    """The parser's own words for what is wrong."""


class Passed(Exception):
    """The last parser took all words: what the program does with them is of no interest."""


class Watched:
    """The parsers that read words, in their order."""

    def __init__(self) -> None:
        self.parsers: list[argparse.ArgumentParser] = []
        self.last: list[argparse.ArgumentParser] = []  # after one of these has taken all that is left, a run ends
        self.any_is_last = False
        self.handed: list[str] | None = None  # the words that one of the last parsers got

    def forget(self) -> None:
        """Begin another run."""
        self.parsers.clear()
        self.last.clear()
        self.handed = None

    def is_last(self, parser: argparse.ArgumentParser) -> bool:
        """Tell whether a run ends after a parser."""
        return self.any_is_last or any(parser is each for each in self.last)


WATCHED = Watched()
_READ: list[str] = []  # environment variables that were read, or asked for with `in`, since the last flag was added


def watch() -> None:
    """Put our eyes into argparse and into the environment."""
    add, parse, read = (
        argparse._ActionsContainer.add_argument,
        argparse.ArgumentParser.parse_known_args,
        os._Environ.__getitem__,
    )

    def adding(self: Any, *names: Any, **words: Any) -> Any:
        action = add(self, *names, **words)
        action.read = [  # type: ignore[attr-defined]
            each for each in _READ if each.startswith(_ENV_PREFIXES) and words.get("default") != argparse.SUPPRESS
        ]
        _READ.clear()
        # Dynamo's own functions around `add_argument` say there what is obsolete and what ends.
        told = sys._getframe(1).f_locals
        action.told = {  # type: ignore[attr-defined]
            key: told.get(key) for key in ("env_var", "obsolete_flag", "deprecated") if "flag_name" in told
        }
        return action

    def parsing(self: Any, args: Any = None, namespace: Any = None) -> Any:
        WATCHED.parsers.append(self)
        if args is not None and WATCHED.is_last(self):
            WATCHED.handed = list(args)
        found, rest = parse(self, args, namespace)
        if not rest and WATCHED.is_last(self):
            raise Passed
        return found, rest

    def reading(self: Any, key: Any) -> Any:
        _READ.append(os.fsdecode(key))
        return read(self, key)

    def refusing(_: Any, message: str) -> None:
        raise Refused(message)

    argparse._ActionsContainer.add_argument = adding  # type: ignore[method-assign]
    argparse.ArgumentParser.parse_known_args = parsing  # type: ignore[method-assign]
    argparse.ArgumentParser.error = refusing  # type: ignore[assignment,method-assign]
    os._Environ.__getitem__ = reading  # type: ignore[method-assign]


def prepare(folders: Sequence[str], engine: str | None) -> None:
    """Make the wheels importable, and stand in for what is not there."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for each in [name for name in os.environ if name.startswith(_ENV_PREFIXES)]:
        del os.environ[each]
    sys.path[:0] = folders
    there = {"dynamo", *(("vllm", "sglang") if engine is None else (engine,))}
    there = {each for each in there if any(os.path.isdir(os.path.join(folder, each)) for folder in folders)}
    # vLLM splits and matches words with it, so a stand-in would change its verdicts; what it uses of it, `re` has too.
    sys.modules["regex"] = re
    stubs.stub((*programs.HEAVY, *programs.SGLANG, *programs.VLLM))
    stubs.stub_missing(lambda name: name.split(".")[0] not in {*there, *sys.stdlib_module_names})
    sys.modules["orjson"] = sglang.orjson()
    for each in programs.REAL:
        stubs.load(each, folders)
    version = importlib.metadata.version

    def versioned(name: str) -> str:
        try:
            return version(name)
        except importlib.metadata.PackageNotFoundError:
            return "99.0.0"

    importlib.metadata.version = versioned  # type: ignore[assignment]
    if "vllm" in there:
        _on_a_processor()


def _on_a_processor() -> None:
    """Tell vLLM that it runs on a CPU: it would look for a device while its flags are made."""
    platforms: Any = importlib.import_module("vllm.platforms")
    base: Any = importlib.import_module("vllm.platforms.interface").Platform
    platforms._current_platform = platforms.current_platform = type(
        "Processor", (base,), {"device_type": "cpu", "device_name": "cpu"}
    )()


def function_of(component: str) -> Callable[[Sequence[str]], Any]:
    """Return what parses words as the component does."""
    if component in programs.ENGINES:
        return _engine(component)
    program = programs.PROGRAMS[component]
    if program.engine:
        _marked(program.engine)
    # The frontend looks at what is left by itself, and so does the program of TensorRT-LLM.
    WATCHED.any_is_last = program.engine is None and component not in ("dynamo.frontend", "dynamo.trtllm")
    module = importlib.import_module(program.module)
    for each in [value for name, value in sys.modules.items() if name.startswith("dynamo.")]:
        _lenient(each)
    function: Any = getattr(module, program.function)

    def parse(argv: Sequence[str]) -> Any:
        sys.argv = [program.module, *argv]
        if program.made:
            return function().parse_args(list(argv))
        wants = inspect.signature(function).parameters
        done = function(list(argv)) if wants else function()
        return asyncio.run(done) if inspect.iscoroutine(done) else done

    return parse


def _engine(package: str) -> Callable[[Sequence[str]], Any]:
    """Return what parses words as the engine's own parser does, made as Dynamo makes it."""
    program = programs.ENGINES[package]
    made: Any = getattr(importlib.import_module(program.module), program.function)
    kind: Any = argparse.ArgumentParser
    if package == "vllm":
        kind = importlib.import_module("vllm.utils.argparse_utils").FlexibleArgumentParser
    parser = kind(add_help=False)
    made.add_cli_args(parser, **({"async_args_only": False} if package == "vllm" else {}))
    return lambda argv: parser.parse_args(list(argv))


def _marked(package: str) -> None:
    """See to it that a run ends with the engine's own parser."""
    program = programs.ENGINES[package]
    made: Any = getattr(importlib.import_module(program.module), program.function)
    add = made.add_cli_args

    def adding(parser: Any, *args: Any, **words: Any) -> Any:
        WATCHED.last.append(parser)
        return add(parser, *args, **words)

    made.add_cli_args = staticmethod(adding)


def _lenient(module: Any) -> None:
    """Switch off what a program checks of its values after parsing: that is not what is asked here."""
    for value in list(vars(module).values()):
        if inspect.isclass(value) and value.__module__.startswith("dynamo.") and "validate" in vars(value):
            vars_of: Any = value
            vars_of.validate = lambda _: None
    if "parse_dynamic_flags" in vars(module) and module.__name__ == "dynamo.trtllm.args":
        real = module.parse_dynamic_flags

        def dynamic(words: list[str]) -> Any:
            real(words)
            raise Passed

        module.parse_dynamic_flags = dynamic


def run(parse: Callable[[Sequence[str]], Any], argv: Sequence[str]) -> str:
    """Return what is wrong with a command line by a program's own parsers; nothing: they take it."""
    WATCHED.forget()
    out = io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(out):
            parse(argv)
    except Passed:
        return ""
    except SystemExit as ended:
        return f"exit {ended.code}: {out.getvalue().strip()[-300:]}"
    except Exception as wrong:  # whatever a program raises is its verdict
        return f"{type(wrong).__name__}: {wrong}"[:500]
    return ""


def record(component: str) -> list[dict[str, Any]]:
    """Return the parsers of a component."""
    parse = function_of(component)
    program = programs.PROGRAMS.get(component) or programs.ENGINES[component]
    wrong = run(parse, program.argv)
    if not WATCHED.parsers:
        raise SystemExit(f"{component}: no parser was used: {wrong}")
    return [described(each) for each in WATCHED.parsers]


def judge(component: str, lines: list[list[str]]) -> list[str]:
    """Return a verdict for each command line."""
    parse = function_of(component)
    program = programs.PROGRAMS.get(component) or programs.ENGINES[component]
    run(parse, program.argv)
    return [run(parse, each) for each in lines]


def handed(component: str, lines: list[list[str]]) -> list[list[str] | None]:
    """Return the words that the engine's parser gets of each command line; None where none come so far."""
    parse = function_of(component)
    found = []
    for each in lines:
        run(parse, each)
        found.append(WATCHED.handed)
    return found


def main(words: Sequence[str]) -> None:
    """Record, judge, or tell what the engine's parser gets."""
    mode, component, *folders = words
    told, sys.stdout = sys.stdout, sys.stderr
    if mode == "record":
        sys.argv.append("--help")  # without it vLLM leaves out the help texts, which tell what is deprecated
    watch()
    program = programs.PROGRAMS.get(component) or programs.ENGINES[component]
    prepare(folders, program.engine)
    result: Any = (
        record(component)
        if mode == "record"
        else {"judge": judge, "handed": handed}[mode](component, json.load(sys.stdin))
    )
    json.dump(result, told)
    told.flush()
    os._exit(0)  # threads that an import has started are of no interest


if __name__ == "__main__":
    main(sys.argv[1:])
