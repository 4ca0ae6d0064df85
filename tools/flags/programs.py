"""The programs whose parsers are recorded: where each parses its words, and what it imports that is stubbed."""

from typing import NamedTuple

# What no parser needs. Stubbed where it is not installed; these even where it is, for speed and the same result.
HEAVY = ("torch", "transformers", "numpy", "triton", "pandas", "scipy", "PIL", "kubernetes", "prometheus_client")
# Modules of the engines that need a GPU or compiled code to be imported, and that no flag comes from.
SGLANG = (
    "sglang.kernels",
    "sglang.srt.configs",
    "sglang.srt.entrypoints",
    "sglang.srt.layers",
    "sglang.srt.managers",
    "sglang.srt.platforms",
)
VLLM = ("vllm.ir",)
# Below stubbed modules, and yet wanted: names that choices are made of.
REAL = ("sglang.kernels.ops.kv_canary.consts",)
# Flags whose choices name the device that the program runs on.
OPEN = ("--mm-processor-device",)


class Program(NamedTuple):
    """A program: the function that parses its words, and words that pass all of its parsers.

    `made`: the function returns the parser instead. `parsers` names them in the order in which they read.
    """

    module: str
    function: str
    argv: tuple[str, ...]
    parsers: tuple[str, ...]
    made: bool = False
    engine: str | None = None  # the package of the engine whose parser comes last


PROGRAMS = {
    "dynamo.frontend": Program("dynamo.frontend.main", "parse_args", (), ("frontend",)),
    "dynamo.mocker": Program("dynamo.mocker.args", "parse_args", ("--model-path", "m"), ("mocker",)),
    "dynamo.vllm": Program(
        "dynamo.vllm.args", "parse_args", ("--model", "m"), ("dynamo", "router", "engine"), engine="vllm"
    ),
    "dynamo.sglang": Program(
        "dynamo.sglang.args", "parse_args", ("--model-path", "m"), ("dynamo", "router", "engine"), engine="sglang"
    ),
    "dynamo.trtllm": Program("dynamo.trtllm.args", "parse_args", ("--model-path", "m"), ("dynamo", "router")),
    "dynamo.router": Program("dynamo.router.args", "parse_args", ("--endpoint", "a.b.c"), ("router",)),
    "dynamo.global_router": Program(
        "dynamo.global_router.__main__", "parse_args", ("--config", "c", "--model-name", "m"), ("global_router",)
    ),
    "dynamo.planner": Program("dynamo.planner.__main__", "_parse_config", ("--config", "{}"), ("planner",)),
    "dynamo.global_planner": Program(
        "dynamo.global_planner.argparse_config", "create_global_planner_parser", (), ("global_planner",), made=True
    ),
}
ENGINES = {
    "vllm": Program("vllm.engine.arg_utils", "AsyncEngineArgs", (), ("vllm",), engine="vllm"),
    "sglang": Program("sglang.srt.server_args", "ServerArgs", (), ("sglang",), engine="sglang"),
}
