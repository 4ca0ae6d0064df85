"""What NVIDIA's management library says of this machine's driver and GPUs, as JSON on standard output.

A program of its own that `probe` starts: a call into a broken driver may never return, and no thread that is in one can
be ended. Imports nothing of ours, so that it starts in a few milliseconds.
Source: the NVML API reference; names and signatures are those of `nvml.h`.
"""

import ctypes
import json
import sys
from typing import Any

LIBRARY = "libnvidia-ml.so.1"
_MOST_TEXT = 96  # NVML_DEVICE_NAME_V2_BUFFER_SIZE; a version needs 80
_MOST_GPUS = 1024
_NOT_SUPPORTED = 3  # this GPU has no such thing: MIG, or memory of its own
_MISSING = -1  # ours: the library has no such function
_WORDS = {_MISSING: "is not in the library", 4: "is not permitted", 9: "found no driver", 18: "found another version"}


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


def read(library: Any) -> dict[str, Any]:
    """Return driver, CUDA and GPUs, each None where it cannot be had, and a line for each call that failed."""
    problems: list[str] = []

    def ask(function: str, *arguments: Any) -> bool:
        status = _called(library, function, *arguments)
        if status not in (0, _NOT_SUPPORTED):
            problems.append(f"NVML: {function} {_words(status)}")
        return status == 0

    if not ask("nvmlInit_v2"):
        return {"driver": None, "cuda": None, "gpus": None, "problems": problems}
    try:
        driver, number = _text(), ctypes.c_int()
        known = ask("nvmlSystemGetDriverVersion", driver, _MOST_TEXT)
        told = ask("nvmlSystemGetCudaDriverVersion_v2", ctypes.byref(number))
        return {
            "driver": driver.value.decode(errors="replace") if known else None,
            "cuda": f"{number.value // 1000}.{number.value % 1000 // 10}" if told else None,
            "gpus": _gpus(ask),
            "problems": problems,
        }
    finally:
        ask("nvmlShutdown")


def _gpus(ask: Any) -> list[dict[str, Any]] | None:
    count = ctypes.c_uint()
    if not ask("nvmlDeviceGetCount_v2", ctypes.byref(count)):
        return None
    found = []
    for index in range(min(count.value, _MOST_GPUS)):
        handle = ctypes.c_void_p()
        if ask("nvmlDeviceGetHandleByIndex_v2", index, ctypes.byref(handle)):
            found.append(_gpu(ask, handle))
    # Of GPUs that none may be looked at, not even their number is worth saying.
    return found if found or not count.value else None


def _gpu(ask: Any, handle: ctypes.c_void_p) -> dict[str, Any]:
    name, memory = _text(), _Memory()
    major, minor = ctypes.c_int(), ctypes.c_int()
    named = ask("nvmlDeviceGetName", handle, name, _MOST_TEXT)
    sized = ask("nvmlDeviceGetMemoryInfo", handle, ctypes.byref(memory))
    capable = ask("nvmlDeviceGetCudaComputeCapability", handle, ctypes.byref(major), ctypes.byref(minor))
    return {
        "product": name.value.decode(errors="replace") if named else None,
        "memory_mib": memory.total >> 20 if sized else None,
        "compute_capability": f"{major.value}.{minor.value}" if capable else None,
        "mig": _mig(ask, handle),
    }


def _mig(ask: Any, handle: ctypes.c_void_p) -> bool | None:
    """Tell whether a GPU is split up; of one that cannot be, nothing is said."""
    current, pending = ctypes.c_uint(), ctypes.c_uint()
    told = ask("nvmlDeviceGetMigMode", handle, ctypes.byref(current), ctypes.byref(pending))
    return bool(current.value) if told else None


def _called(library: Any, function: str, *arguments: Any) -> int:
    try:
        return int(getattr(library, function)(*arguments))
    except AttributeError:
        return _MISSING


def _words(status: int) -> str:
    return _WORDS.get(status, f"failed with {status}")


def _text() -> "ctypes.Array[ctypes.c_char]":
    return ctypes.create_string_buffer(_MOST_TEXT)


def main() -> None:
    """Print what the library says; that there is none is an answer too."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        answer = {"driver": None, "cuda": None, "gpus": None, "problems": [f"NVML: {str(error)[:200]}"]}
    else:
        answer = read(library)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
