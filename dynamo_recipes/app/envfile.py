"""Files of NAME=VALUE lines: quotes, `export`, comments and values of several lines, as in docker compose and uv."""

import io
from collections.abc import Iterable

from dynamo_recipes.app import sources
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where


def read(names: Iterable[str]) -> dict[str, str]:
    """Return the values of some files, the later over the earlier. A value is never put into another.

    Raises Refused: DR116 when a file cannot be read, DR123 for each line that is none.
    """
    values: dict[str, str] = {}
    for name in names:
        values |= _values(name)
    return values


def _values(name: str) -> dict[str, str]:
    from dotenv.parser import parse_stream  # only here: nearly no call has such a file

    raw = sources.read(name).raw
    where = Where(name)
    if len(raw) > sources.MOST_BYTES:
        raise Refused(Finding("DR105", f"The file is larger than {sources.MOST_BYTES} bytes.", "Shorten it.", where))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            Finding("DR101", f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8.", where)
        ) from error
    lines = list(parse_stream(io.StringIO(text)))
    wrong = [each.original.line for each in lines if each.error or (each.key and each.value is None)]
    if wrong:
        # The line may hold a secret: it is not shown.
        hint = "Write NAME=VALUE; quote a value with spaces, `#` or several lines."
        raise Refused(
            *(Finding("DR123", "This line is not NAME=VALUE.", hint, Where(name, at, 1)) for at in wrong[:100])
        )
    return {each.key: each.value for each in lines if each.key is not None and each.value is not None}
