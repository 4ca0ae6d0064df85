"""Processes on one machine, as a script that a person can read and run by hand: it does what `run` does."""

import json
import math
import shlex
from collections import Counter
from collections.abc import Iterator

from dynamo_recipes.plan.bind import Named, Pieces, Places, ProcessSpec, Secret, bind, variables
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.targets.target import Artifact, Capabilities

NAME = "local"
CAPABILITIES = Capabilities(places=False, discovery=("file",), nodes=False)

_HERE = "$HERE/"  # how a path below the script's own folder starts; no hub id and no absolute path does


def render(
    plan: Plan, instances: tuple[Instance, ...], model: str, files: tuple[tuple[str, str], ...] = ()
) -> tuple[Artifact, ...]:
    """Return one bash script."""
    relative = plan.model.kind != "id" and not model.startswith("/")
    places = Places(
        "python",
        f"{_HERE}{plan.name}.run",
        _HERE + model if relative else model,
        gpus_are_real=not plan.virtual_gpus,
        files=tuple((name, _HERE + path) for name, path in files),
    )
    specs = bind(plan, instances, places)
    return (Artifact(f"{plan.name}.sh", "\n".join(_lines(plan, specs)) + "\n", 0o755),)


def _lines(plan: Plan, specs: tuple[ProcessSpec, ...]) -> Iterator[str]:
    yield _HEAD.format(name=plan.name, served=shlex.quote(plan.service.model))
    yield "# What you may want to change: set it in the environment of this script."
    for name, value in variables(specs).items():
        if name != "PYTHON":
            yield f"{name}=${{{name}:-{_default(value)}}}"
    yield from _secrets(specs)
    yield _environment(plan)
    yield _FUNCTIONS.format(grace=math.ceil(plan.stop_grace))
    for spec in specs:
        yield f"\n# {spec.name}: {spec.role}"
        yield " \\\n  ".join(_start(spec))
    yield _WAIT.format(
        url=_url(plan, specs),
        timeout=math.ceil(plan.ready_timeout),
        path="chat/completions" if plan.service.task == "chat" else "completions",
        instances=shlex.quote(json.dumps(Counter(sorted(each.endpoint for each in specs if each.endpoint)))),
    )


def _default(value: str) -> str:
    """Return a default as it stands in `X=${X:-default}`: there quotes are quotes, and nothing is split."""
    if value.startswith(_HERE):
        return f'"$HERE"/{shlex.quote(value.removeprefix(_HERE))}'
    return shlex.quote(value)


def _secrets(specs: tuple[ProcessSpec, ...]) -> Iterator[str]:
    """Yield a check that names all missing ones at once."""
    words = [pieces for spec in specs for pieces in (*spec.argv, *(value for _, value in spec.env))]
    wanted = sorted({(each.variable, each.name) for pieces in words for each in pieces if isinstance(each, Secret)})
    if wanted:
        yield "\n# Secrets: from the environment of this script."
        yield "missing="
        for variable, name in wanted:
            yield f'[ -n "${{{variable}+set}}" ] || missing+=" {variable} (the secret {name})"'
        yield '[ -z "$missing" ] || { echo "not set in the environment:$missing" >&2; exit 4; }'


def _environment(plan: Plan) -> str:
    install = " ".join(shlex.quote(each) for each in (*plan.install.options, *plan.install.requirements))
    return _ENVIRONMENT.format(python=shlex.quote(plan.install.python), install=install)


def _start(spec: ProcessSpec) -> Iterator[str]:
    """Yield the lines of a start. Secrets stand before it: what `env` is told shows in the list of processes."""
    secret = [(name, pieces) for name, pieces in spec.env if any(isinstance(each, Secret) for each in pieces)]
    yield " ".join([*(f"{name}={_quoted(pieces)}" for name, pieces in secret), f"start {spec.name} env"])
    for name, pieces in spec.env:
        if (name, pieces) not in secret:
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
    number = next(each for each in _names(spec) if each.name.endswith(f"_{plan.service.port.upper()}_PORT"))
    host = plan.service.reached
    return f'"http://{f"[{host}]" if ":" in host else host}:${number.name}"'


def _names(spec: ProcessSpec) -> Iterator[Named]:
    for pieces in spec.argv:
        yield from (piece for piece in pieces if isinstance(piece, Named))


_HEAD = """\
#!/usr/bin/env bash
# Starts the graph `{name}` on this machine, waits until it answers, and stops it on Ctrl-C.
# Needs bash 4.4, flock and setsid (util-linux), and uv; or an interpreter that has Dynamo: PYTHON=/path/to/python.
set -euo pipefail
unset CDPATH
HERE=$(cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")" >/dev/null && pwd)
SERVED={served}
"""

_ENVIRONMENT = """
# One run at a time. Whole paths, as every process starts in RUN_DIR.
mkdir -p -- "$RUN_DIR"
RUN_DIR=$(cd -- "$RUN_DIR" >/dev/null && pwd)
case ${{PYTHON:-}} in */*) PYTHON=$(cd -- "$(dirname -- "$PYTHON")" >/dev/null && pwd)/${{PYTHON##*/}} ;; esac
exec 9>"$RUN_DIR/lock"
flock -n 9 || {{ echo "another run uses $RUN_DIR" >&2; exit 4; }}

# The environment: made once, by uv.
if [ -z "${{PYTHON:-}}" ]; then
  PYTHON="$RUN_DIR/environment/bin/python"
  if [ ! -e "$RUN_DIR/environment/.complete" ]; then
    rm -rf -- "$RUN_DIR/environment"
    uv venv --no-project --python {python} "$RUN_DIR/environment"
    uv pip install --python "$PYTHON" --compile-bytecode {install}
    touch "$RUN_DIR/environment/.complete"
  fi
fi

# A clean slate: what an earlier run left, and settings of the caller that would change the graph.
rm -rf -- "$RUN_DIR/discovery" "$RUN_DIR/logs"
mkdir -- "$RUN_DIR/logs"
for name in $(compgen -e | grep -E '^(DYN|ETCD|NATS|VLLM|SGLANG|TRTLLM)_' || true); do export -n "$name"; done
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX UV_PROJECT_ENVIRONMENT
export PYTHONUNBUFFERED=1
"""

_FUNCTIONS = """\
pids=() names=() asking=
start() {{  # NAME COMMAND...: in a session of its own, output to a log
  (cd "$RUN_DIR" && exec setsid "${{@:2}}") >"$RUN_DIR/logs/$1.log" 2>&1 </dev/null 9>&- &
  pids+=($!) names+=("$1")
  echo "$1 started, pid $!, log $RUN_DIR/logs/$1.log"
}}
alive() {{ kill -0 "$1" 2>/dev/null; }}

watch() {{  # ends the script when a process has ended
  local at
  for at in "${{!pids[@]}}"; do
    if ! alive "${{pids[at]}}"; then
      echo "${{names[at]}} ended on its own; the end of its log:" >&2
      tail -n 12 "$RUN_DIR/logs/${{names[at]}}.log" >&2
      exit 1
    fi
  done
}}

# Stopping: workers first, the frontend last, one deadline, then SIGKILL to whole sessions. A second Ctrl-C: 5 s.
end() {{  # PIDS: asks them to end and waits
  [ $# -eq 0 ] || kill -TERM "$@" 2>/dev/null || true
  for pid; do
    while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done
  done
}}
stop() {{
  deadline=$((SECONDS + {grace}))
  trap 'deadline=$((SECONDS + 5 < deadline ? SECONDS + 5 : deadline))' INT TERM HUP
  [ -z "$asking" ] || kill -KILL "$asking" 2>/dev/null || true
  end "${{pids[@]:1}}"
  end "${{pids[@]:0:1}}"
  for pid in "${{pids[@]}}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
  wait
  echo "stopped"
}}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM"""

_WAIT = """
# Ready: every instance is registered, the model is listed and one real request is answered.
URL={url}
ask() {{
  exec "$PYTHON" - "$URL" "$SERVED" {path} {timeout} {instances} 2>/dev/null 9>&- <<'PYTHON'
import collections, json, sys, urllib.request
url, model, path, timeout, instances = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
known = json.load(opener.open(url + "/health", timeout=5)).get("instances") or []
here = collections.Counter("%s.%s" % (each.get("component"), each.get("endpoint")) for each in known)
if any(here[name] < count for name, count in json.loads(instances).items()):
    sys.exit(1)
listed = json.load(opener.open(url + "/v1/models", timeout=5))["data"]
if all(each["id"] != model for each in listed):
    sys.exit(1)
chat = {{"messages": [{{"role": "user", "content": "Hello"}}]}}
question = chat if path.startswith("chat") else {{"prompt": "Hello"}}
body = json.dumps({{"model": model, **question, "max_tokens": 1}}).encode()
request = urllib.request.Request(url + "/v1/" + path, body, {{"Content-Type": "application/json"}})
opener.open(request, timeout=float(timeout))
PYTHON
}}
SECONDS=0
while true; do
  watch
  if ((SECONDS > {timeout})); then
    echo "not ready after {timeout} s; logs are in $RUN_DIR/logs" >&2
    exit 5
  fi
  if [ -z "$asking" ]; then
    ask &
    asking=$!
  elif ! alive "$asking"; then
    if wait "$asking"; then break; fi
    asking=
  fi
  sleep 0.1
done
asking=
echo "ready: $URL/v1 serves $SERVED"
while true; do
  watch
  sleep 0.5
done"""
