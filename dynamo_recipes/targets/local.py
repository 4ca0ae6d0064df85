"""Processes on one machine, as a script that a person can read and run by hand: it does what `run` does."""

import shlex
from collections.abc import Iterator

from dynamo_recipes.plan.bind import Named, Pieces, Places, ProcessSpec, Secret, bind, variables
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.targets.target import Artifact, Capabilities

NAME = "local"
CAPABILITIES = Capabilities(places=False, discovery=("file",), nodes=False)


def render(plan: Plan, instances: tuple[Instance, ...], model: str) -> tuple[Artifact, ...]:
    """Return one bash script."""
    relative = plan.model.kind != "id" and not model.startswith("/")
    places = Places(
        "python", f"$HERE/{plan.name}.run", f"$HERE/{model}" if relative else model, gpus_are_real=not plan.virtual_gpus
    )
    specs = bind(plan, instances, places)
    return (Artifact(f"{plan.name}.sh", "\n".join(_lines(plan, specs)) + "\n", 0o755),)


def _lines(plan: Plan, specs: tuple[ProcessSpec, ...]) -> Iterator[str]:
    yield _HEAD.format(name=plan.name, served=shlex.quote(plan.service.model))
    yield "# What you may want to change: set it in the environment of this script."
    for name, value in variables(specs).items():
        if name != "PYTHON":
            yield f'{name}="${{{name}:-{_default(value)}}}"'
    yield from _secrets(specs)
    yield _environment(plan)
    yield _PREPARE
    for spec in specs:
        yield f"\n# {spec.name}: {spec.role}"
        yield " \\\n  ".join(_start(spec))
    yield _WAIT.format(
        url=_url(plan, specs),
        timeout=int(plan.ready_timeout),
        grace=int(plan.stop_grace),
        path="chat/completions" if plan.service.task == "chat" else "completions",
        body=_body(plan),
    )


def _default(value: str) -> str:
    """Return a default inside double quotes; only $HERE is meant to be read by the shell."""
    home, found, rest = value.partition("$HERE")
    escaped = (
        (rest if found else home).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    )
    return found + escaped.replace("}", "\\}")


def _secrets(specs: tuple[ProcessSpec, ...]) -> Iterator[str]:
    wanted = {piece for spec in specs for _, pieces in spec.env for piece in pieces if isinstance(piece, Secret)}
    for secret in sorted(wanted, key=lambda each: each.variable):
        yield f': "${{{secret.variable}:?set it to the secret {secret.name}}}"'


def _environment(plan: Plan) -> str:
    install = " ".join(shlex.quote(each) for each in (*plan.install.options, *plan.install.requirements))
    return _ENVIRONMENT.format(python=shlex.quote(plan.install.python), install=install)


def _start(spec: ProcessSpec) -> Iterator[str]:
    yield f"start {spec.name} env"
    for name, pieces in spec.env:
        yield f"{name}={_quoted(pieces)}"
    words = [_quoted(each) for each in spec.argv]
    yield " ".join(words[:3])
    yield from _by_flag(words[3:])


def _by_flag(words: list[str]) -> Iterator[str]:
    """Yield the words with each flag's values on its line."""
    line = ""
    for word in words:
        if word.startswith("-") and line:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def _quoted(pieces: Pieces) -> str:
    """Return pieces as one word of the shell."""
    return "".join(_piece(each) for each in pieces)


def _piece(piece: object) -> str:
    if isinstance(piece, Named):
        return f'"${piece.name}"'
    return f'"${piece.variable}"' if isinstance(piece, Secret) else shlex.quote(str(piece))


def _url(plan: Plan, specs: tuple[ProcessSpec, ...]) -> str:
    spec = next(each for each in specs if each.component == plan.service.component)
    number = next(each for each in _ports(spec) if each.name.endswith(f"_{plan.service.port.upper()}_PORT"))
    return f'"http://127.0.0.1:${number.name}"'


def _ports(spec: ProcessSpec) -> Iterator[Named]:
    for pieces in spec.argv:
        yield from (piece for piece in pieces if isinstance(piece, Named))


def _body(plan: Plan) -> str:
    """Return a question as JSON; the model's name is filled in by Python, which knows how to quote it."""
    return "messages" if plan.service.task == "chat" else "prompt"


_HEAD = """\
#!/usr/bin/env bash
# Starts the graph `{name}` on this machine, waits until it answers, and stops it on Ctrl-C.
# Needs bash, setsid (util-linux) and uv; or an interpreter that has Dynamo: PYTHON=/path/to/python.
set -euo pipefail
HERE=$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)
SERVED={served}
"""

_ENVIRONMENT = """
# The environment: made once, by uv.
if [ -z "${{PYTHON:-}}" ]; then
  PYTHON="$RUN_DIR/environment/bin/python"
  if [ ! -e "$RUN_DIR/environment/.complete" ]; then
    mkdir -p "$RUN_DIR"
    rm -rf "$RUN_DIR/environment"
    uv venv --no-project --python {python} "$RUN_DIR/environment"
    uv pip install --python "$PYTHON" --compile-bytecode {install}
    touch "$RUN_DIR/environment/.complete"
  fi
fi
"""

_PREPARE = """\
# A clean slate: what an earlier run left, and settings of the caller that would change the graph.
rm -rf "$RUN_DIR/discovery" "$RUN_DIR/logs"
mkdir -p "$RUN_DIR/logs"
for name in $(compgen -e | grep -E '^(DYN|ETCD|NATS|VLLM|SGLANG|TRTLLM)_' || true); do unset "$name"; done
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX UV_PROJECT_ENVIRONMENT
export PYTHONUNBUFFERED=1

pids=() names=()
start() {  # NAME COMMAND...: a session of its own, output to a log
  local name=$1
  shift
  (cd "$RUN_DIR" && exec setsid "$@") >"$RUN_DIR/logs/$name.log" 2>&1 </dev/null &
  pids+=($!) names+=("$name")
  echo "$name started, pid $!, log $RUN_DIR/logs/$name.log"
}
alive() { kill -0 "$1" 2>/dev/null; }"""

_WAIT = """
# Stopping: workers first, the frontend last, one deadline, then SIGKILL to whole sessions.
stop() {{
  trap '' INT TERM HUP
  local deadline=$((SECONDS + {grace})) pid
  for pid in "${{pids[@]:1}}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${{pids[@]:1}}"; do while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done; done
  kill -TERM "${{pids[0]}}" 2>/dev/null || true
  while alive "${{pids[0]}}" && ((SECONDS < deadline)); do sleep 0.1; done
  for pid in "${{pids[@]}}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
  wait
  echo "stopped"
}}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

watch() {{  # ends the script when a process has ended
  local at
  for at in "${{!pids[@]}}"; do
    if ! alive "${{pids[$at]}}"; then
      echo "${{names[$at]}} ended on its own; the end of its log:" >&2
      tail -n 12 "$RUN_DIR/logs/${{names[$at]}}.log" >&2
      exit 1
    fi
  done
}}

# Ready: the model is listed and one real request is answered.
URL={url}
ask() {{
  "$PYTHON" - "$URL" "$SERVED" {path} {body} <<'PYTHON'
import json, sys, urllib.request
url, model, path, kind = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
listed = json.load(opener.open(url + "/v1/models", timeout=5))["data"]
if all(each["id"] != model for each in listed):
    sys.exit(1)
question = [{{"role": "user", "content": "Hello"}}] if kind == "messages" else "Hello"
body = json.dumps({{"model": model, kind: question, "max_tokens": 1}}).encode()
request = urllib.request.Request(url + "/v1/" + path, body, {{"Content-Type": "application/json"}})
opener.open(request, timeout={timeout})
PYTHON
}}
until ask 2>/dev/null; do
  watch
  if ((SECONDS > {timeout})); then
    echo "not ready after {timeout} s; logs are in $RUN_DIR/logs" >&2
    exit 5
  fi
  sleep 0.2
done
echo "ready: $URL/v1 serves $SERVED"
while true; do
  watch
  sleep 1
done"""
