"""The three shells: the script that each loads, how it says what was typed, how it is told what fits.

The scripts are ours, not click's: click's lets bash expand what comes back, puts a name on the line without quotes, and
loses words with an open quote. What is typed comes as arguments, what fits goes back a line each, in click's forms.
"""

from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

PROGRAM = "dynamo-recipe"
VARIABLE = "_DYNAMO_RECIPE_COMPLETE"
_END = "\x1f"  # stands for the cursor while a line is split: no shell's word has it

_BASH = """\
%(complete_func)s() {
    local line entry program=${1:-%(prog_name)s} IFS=$' \\t\\n'
    if [[ -n ${COMP_LINE-} ]]; then
        line=${COMP_LINE:0:COMP_POINT}
    else
        line="${COMP_WORDS[*]:0:COMP_CWORD+1}"
    fi
    COMPREPLY=()
    while IFS= read -r entry; do
        case $entry in
            plain,*) COMPREPLY+=("${entry#*,}") ;;
            path,*) COMPREPLY+=("${entry#*,}"); compopt -o filenames 2>/dev/null || : ;;
            dir,*) compopt -o dirnames 2>/dev/null || : ;;
            file,*) compopt -o default 2>/dev/null || : ;;
        esac
    done < <(%(complete_var)s=bash_complete "${program/#\\~\\//$HOME/}" "$line" "${2-}" 2>/dev/null </dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local kind value help program=${(Q)words[1]}
    local -a before lines values described shown
    (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
    program=${program/#\\~\\//$HOME/}
    lines=("${(@f)$(%(complete_var)s=zsh_complete $program "${before[@]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    for kind value help in "${lines[@]}"; do
        case $kind in
            (plain)
                if [[ $help == _ ]]; then
                    values+=("$value")
                else
                    described+=("$value") shown+=("$value  -- $help")
                fi ;;
            (yaml) _files -g '*.(yaml|yml)(-.)' ;;
            (dir) _files -/ ;;
            (file) _files ;;
        esac
    done
    (( $#described )) && compadd -l -V described -d shown -a described
    (( $#values )) && compadd -V values -a values
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l last (string unescape -- $token; or string replace -r '^["\\']' '' -- $token)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    for line in (env %(complete_var)s=fish_complete $program $words[2..-1] "$last" 2>/dev/null </dev/null)
        set -l entry (string split -m 1 , -- $line)
        switch $entry[1]
            case plain
                printf '%%s\\n' $entry[2]
            case yaml
                complete -C "'' $token" | string match -re '^[^\\t]*(?:/|\\.ya?ml)(?:\\t|$)'
            case dir
                __fish_complete_directories "$token"
            case file
                complete -C "'' $token"
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


class _Words(ShellComplete):
    """What the shells share: words come as arguments, and a value keeps the option that it is joined to."""

    def __init__(self, cli: click.Command, words: Sequence[str] = ()) -> None:
        super().__init__(cli, {}, PROGRAM, VARIABLE)
        self.words = list(words)

    def source(self) -> str:
        """Return the script. click's own starts bash for its version first."""
        return ShellComplete.source(self)

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one at the cursor, and that one."""
        return (self.words[:-1], self.words[-1]) if self.words else super().get_completion_args()


class Bash(_Words, BashComplete):
    """bash: gives the line, because it splits words at `=` and `:`, and the part that it will replace."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Split the line as bash would."""
        if not self.words:
            return super().get_completion_args()
        *args, word = split_arg_string(self.words[0] + _END)
        return args[1:], word.replace(_END, "")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a line: a value without what stands before the part that bash replaces."""
        if item.type not in ("plain", "path"):
            return super().format_completion(item)
        joined, kept = _joined(self.get_completion_args()[1]), self._kept()
        value = str(item.value)[max(0, kept - len(joined)) :]
        if item.type == "path":  # readline quotes a file name; any other word bash puts on the line as it is
            return f"path,{joined[kept:]}{value}"
        quote = _open_quote(self.words[0] if self.words else "")
        if quote == '"' and ("!" in value or '"' in value):
            return "none,"  # bash would expand the one behind this quote, and leave the line open at the other
        return f"plain,{joined[kept:]}{_quoted(value, quote)}"

    def _kept(self) -> int:
        """Return how many characters of the word stay as they are."""
        word = self.get_completion_args()[1]
        replaced = "".join(split_arg_string(self.words[1])) if len(self.words) > 1 else word
        return len(word) - len(replaced) if word.endswith(replaced) else 0


class Zsh(_Words, ZshComplete):
    """zsh: our script asks for no escapes."""

    source_template = _ZSH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return three lines."""
        return f"{item.type}\n{item.value}\n{_line(item.help) or '_'}"


class Fish(_Words, FishComplete):
    """fish: replaces the whole word."""

    source_template = _FISH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a line."""
        value = _joined(self.words[-1]) + item.value if item.type == "plain" and self.words else item.value
        return f"{item.type},{value}" + (f"\t{_line(item.help)}" if item.help else "")


SHELLS: dict[str, type[_Words]] = {"bash": Bash, "fish": Fish, "zsh": Zsh}


def _joined(word: str) -> str:
    """Return the option that a value is joined to, with its sign: `--variant=` of `--variant=h2`."""
    return word[: word.index("=") + 1] if word.startswith("--") and "=" in word else ""


def _quoted(value: str, quote: str) -> str:
    """Return a value as it may stand on bash's line, behind a quote that is open or none."""
    if quote == "'":
        return value.replace("'", "'\\''")
    return "".join(f"\\{each}" if (each in "$`\\" if quote else not _safe(each)) else each for each in value)


def _safe(character: str) -> bool:
    return character.isalnum() or character in "-_./,+@%"


def _open_quote(line: str) -> str:
    """Return the quote that the end of a line stands in, or nothing."""
    quote, escaped = "", False
    for each in line:
        if escaped:
            escaped = False
        elif each == "\\" and quote != "'":
            escaped = True
        elif each in "'\"" and quote in ("", each):
            quote = "" if quote else each
    return quote


def _line(help_text: str | None) -> str:
    return " ".join((help_text or "").split())
