"""Stand-ins for packages that a parser's module imports and does not need: torch, transformers and their like."""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from pathlib import Path
from typing import Any, Union

# Modules ask whether torch has one of these to find out what they run on.
_DEVICES = ("npu", "musa", "hpu", "xpu", "mlu")


class _Base:
    """What a class gets that names a stand-in as its base."""

    def __init_subclass__(cls, **words: Any) -> None:
        pass

    def __class_getitem__(cls, key: Any) -> Any:
        return cls


class Anything:
    """Takes every use that a module makes of a name while it is imported: call, decorator, base class, type."""

    def __init__(self, name: str = "stub") -> None:
        self.__dict__["__name__"] = self.__dict__["__qualname__"] = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name != "__func__":
            raise AttributeError(name)
        return Anything(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __call__(self, *args: Any, **words: Any) -> Any:
        """Return what a decorator returns, or anything."""
        # A decorator without arguments leaves what it decorates; with arguments, its call gives such a one.
        if len(args) == 1 and not words and isinstance(args[0], types.FunctionType | type):
            return args[0]
        return Anything(self.__dict__["__name__"])

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (type(self.__dict__["__name__"], (_Base,), {}),)

    def __getitem__(self, key: Any) -> Any:
        return Anything()

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __contains__(self, key: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __instancecheck__(self, value: Any) -> bool:
        return False

    def __subclasscheck__(self, value: Any) -> bool:
        return False

    def __index__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 0.0

    def __hash__(self) -> int:
        return hash(self.__dict__["__name__"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Anything) and other.__dict__["__name__"] == self.__dict__["__name__"]

    def _same(self, *_: Any) -> Any:
        return self

    def _never(self, _: Any) -> bool:
        return False

    def __or__(self, other: Any) -> Any:
        try:  # two types: what the other takes must not be lost
            return Union[self, other]  # noqa: UP007 - `|` is what is defined here
        except TypeError:
            return self

    __ror__ = __or__
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _same
    __floordiv__ = __mod__ = __neg__ = __and__ = __rand__ = __pow__ = __lshift__ = __invert__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = _never

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.any_schema()


class _Module(types.ModuleType):
    """A module that has every name."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - as `ModuleType` has it
    __version__ = "99.0.0"  # newer than whatever is asked for

    def __getattr__(self, name: str) -> Any:
        if name in _DEVICES or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        found = Anything(name)
        setattr(self, name, found)
        return found


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the stubbed modules and all below them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a module that is to be stubbed."""
        if _below(fullname, self.names):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Return a module that has every name."""
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing: names come when they are asked for."""


def _below(name: str, tops: Sequence[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in tops)


def stub(names: Sequence[str]) -> None:
    """Stub modules and all below them."""
    sys.meta_path.insert(0, Finder(names))


def load(name: str, folders: Sequence[str]) -> None:
    """Load a module for real that is below stubbed ones, if one of the folders has it."""
    for folder in folders:
        file = Path(folder, *name.split(".")).with_suffix(".py")
        if file.exists():
            importlib.import_module(name.rpartition(".")[0])
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])


def stub_missing(missing: Callable[[str], bool]) -> None:
    """Stub every top-level module that cannot be found, where `missing` allows it."""
    sys.meta_path.append(_Missing(missing))


class _Missing(Finder):
    def __init__(self, allowed: Callable[[str], bool]) -> None:
        super().__init__(())
        self.allowed = allowed

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if self.allowed(fullname):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None
