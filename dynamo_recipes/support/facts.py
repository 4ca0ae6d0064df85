"""What is known of a machine, as values. None is unknown: it is then no reason to refuse. Probes nothing."""

from typing import NamedTuple


class HostFacts(NamedTuple):
    """Facts of one machine."""

    os: str | None = None  # "linux", "darwin", "windows"
    arch: str | None = None  # "x86_64", "aarch64"
    glibc: str | None = None  # "2.36"
    python: tuple[str, ...] | None = None  # versions that are installed: ("3.11.7",)


UNKNOWN = HostFacts()
