"""The few exceptions that reach the command line, and the exit status of each.

DynamoRecipesError
├── Refused           findings; 2 when the recipe is wrong, 3 when it does not fit, 4 when something is missing
├── ComponentFailed   1  a component ended on its own
├── WrongAnswer       1  the graph answered, and not as it should
├── NotReady          5  the graph was not ready in time
└── Interrupted       130 or 143, by the signal that ended the work
"""

from dynamo_recipes.findings import Finding, errors_of

OK = 0
FAILED = 1
WRONG = 2
DOES_NOT_FIT = 3
MISSING = 4
NOT_READY = 5
BUG = 70


def exit_status(found: tuple[Finding, ...]) -> int:
    """Return the exit status of some findings; of several kinds 2 comes before 3 before 4."""
    return min((_status(each.code) for each in errors_of(found)), default=OK)


def _status(code: str) -> int:
    if code.startswith("DR1"):
        return WRONG
    if code.startswith("DR6"):
        return MISSING
    return DOES_NOT_FIT


class DynamoRecipesError(Exception):
    """An expected failure: carries findings and an exit status, never a traceback."""

    status = FAILED

    def __init__(self, *found: Finding) -> None:
        super().__init__("; ".join(each.message for each in found))
        self.findings = found


class Refused(DynamoRecipesError):
    """The recipe is wrong, does not fit, or the machine lacks something."""

    def __init__(self, *found: Finding) -> None:
        super().__init__(*found)
        self.status = exit_status(found)


class ComponentFailed(DynamoRecipesError):
    """A component ended on its own."""


class WrongAnswer(DynamoRecipesError):
    """The graph answered, and not as it should."""


class NotReady(DynamoRecipesError):
    """The graph was not ready in time."""

    status = NOT_READY


class Interrupted(DynamoRecipesError):
    """A signal ended the work; everything has been stopped."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.status = 128 + signal_number
