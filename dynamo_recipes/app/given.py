"""The machines that the words of a command name: those of files, what options lay over them, and this one.

Loaded only when such an option or a site is given: `validate` without one does not pay for it.
"""

from collections.abc import Callable
from typing import NamedTuple

from dynamo_recipes.app import site, sources
from dynamo_recipes.app.facts_words import Words, laid_over, read_words
from dynamo_recipes.app.hosts import facts_of
from dynamo_recipes.app.machines import Machines
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe.read_facts import read_facts
from dynamo_recipes.support.facts import UNKNOWN, HostFacts

Hosts = tuple[tuple[str, HostFacts], ...]

_HERE = "here"


class Given(NamedTuple):
    """What a command gives: words of options, names of files, and this machine where it is asked for."""

    words: Words = Words()
    facts: str | None = None
    site: str | None = None
    here: HostFacts | None = None


def machines(given: Given) -> Machines:
    """Return the machines: of the facts file, else of the site, and this one; options are laid over each.

    Raises Refused with all that is wrong with the options and the files.
    """
    found: list[Finding] = []
    changes, wrong = read_words(given.words)
    found += wrong
    of_facts: Hosts = _or_findings(given.facts, _hosts_of_facts, found)
    of_site: Hosts = _or_findings(given.site, _hosts_of_site, found)
    if found:
        raise Refused(*found)
    hosts = _with_here(of_facts or of_site, given.here)
    return Machines(tuple((name, laid_over(facts, changes)) for name, facts in hosts or (("", UNKNOWN),)))


def _or_findings(name: str | None, read: Callable[[str], Hosts], found: list[Finding]) -> Hosts:
    """Return what a file says; what is wrong with it is added to the findings."""
    if name is None:
        return ()
    try:
        return read(name)
    except Refused as refused:
        found += refused.findings
        return ()


def _hosts_of_facts(name: str) -> Hosts:
    source = sources.read(name)
    facts, found = read_facts(source.raw, source.file)
    if facts is None:
        raise Refused(*found)
    return tuple((name, facts_of(host)) for name, host in facts.hosts.items())


def _hosts_of_site(name: str) -> Hosts:
    """Return the hosts of a site. Its operator is theirs where they name none, and says something without them too."""
    read = site.read(name).site
    hosts = tuple((name, facts_of(host)) for name, host in read.hosts.items()) or (("", UNKNOWN),)
    return tuple((name, facts._replace(operator=facts.operator or read.operator)) for name, facts in hosts)


def _with_here(hosts: Hosts, here: HostFacts | None) -> Hosts:
    """Return the machines with this one as the last; it has a name where it is not the only one."""
    if here is None:
        return hosts
    named = tuple(each for each in hosts if each[0])
    if not named:
        operator = hosts[0][1].operator if hosts else None
        return (("", here._replace(operator=here.operator or operator)),)
    taken = any(name == _HERE for name, _ in named)
    return (*named, (f"{_HERE}-2" if taken else _HERE, here))
