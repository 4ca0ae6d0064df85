#!/usr/bin/env bash
# Starts the graph `quickstart-disagg` on this machine, waits until it answers, and stops it on Ctrl-C.
# Needs bash 4.4, flock and setsid (util-linux), and uv; or an interpreter that has Dynamo: PYTHON=/path/to/python.
set -euo pipefail
unset CDPATH
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd)
SERVED=tiny

# What you may want to change: set it in the environment of this script.
FRONTEND_0_HTTP_PORT=${FRONTEND_0_HTTP_PORT:-8000}
RUN_DIR=${RUN_DIR:-"$HERE"/quickstart-disagg.run}
PREFILL_0_BOOTSTRAP_PORT=${PREFILL_0_BOOTSTRAP_PORT:-10001}
MODEL=${MODEL:-"$HERE"/model}
PREFILL_0_SYSTEM_PORT=${PREFILL_0_SYSTEM_PORT:-10000}
DECODE_0_SYSTEM_PORT=${DECODE_0_SYSTEM_PORT:-10002}

# One run at a time. Whole paths, as every process starts in RUN_DIR.
mkdir -p -- "$RUN_DIR"
RUN_DIR=$(cd -- "$RUN_DIR" >/dev/null && pwd)
case ${PYTHON:-} in */*) PYTHON=$(cd -- "$(dirname -- "$PYTHON")" >/dev/null && pwd)/${PYTHON##*/} ;; esac
exec 9>"$RUN_DIR/lock"
flock -n 9 || { echo "another run uses $RUN_DIR" >&2; exit 4; }

# The environment: made once, by uv.
if [ -z "${PYTHON:-}" ]; then
  PYTHON="$RUN_DIR/environment/bin/python"
  if [ ! -e "$RUN_DIR/environment/.complete" ]; then
    rm -rf -- "$RUN_DIR/environment"
    uv venv --no-project --python '>=3.10,<3.15' "$RUN_DIR/environment"
    uv pip install --python "$PYTHON" --compile-bytecode --no-build ai-dynamo==1.4.2
    touch "$RUN_DIR/environment/.complete"
  fi
fi

# A clean slate: what an earlier run left, and settings of the caller that would change the graph.
rm -rf -- "$RUN_DIR/discovery" "$RUN_DIR/logs"
mkdir -- "$RUN_DIR/logs"
for name in $(compgen -e | grep -E '^(DYN|ETCD|NATS|VLLM|SGLANG|TRTLLM)_' || true); do export -n "$name"; done
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX UV_PROJECT_ENVIRONMENT
export PYTHONUNBUFFERED=1

pids=() names=() asking=
start() {  # NAME COMMAND...: in a session of its own, output to a log
  (cd "$RUN_DIR" && exec setsid "${@:2}") >"$RUN_DIR/logs/$1.log" 2>&1 </dev/null 9>&- &
  pids+=($!) names+=("$1")
  echo "$1 started, pid $!, log $RUN_DIR/logs/$1.log"
}
alive() { kill -0 "$1" 2>/dev/null; }

watch() {  # ends the script when a process has ended
  local at
  for at in "${!pids[@]}"; do
    if ! alive "${pids[at]}"; then
      echo "${names[at]} ended on its own; the end of its log:" >&2
      tail -n 12 "$RUN_DIR/logs/${names[at]}.log" >&2
      exit 1
    fi
  done
}

# Stopping: workers first, the frontend last, one deadline, then SIGKILL to whole sessions. A second Ctrl-C: 5 s.
end() {  # PIDS: asks them to end and waits
  [ $# -eq 0 ] || kill -TERM "$@" 2>/dev/null || true
  for pid; do
    while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done
  done
}
stop() {
  deadline=$((SECONDS + 15))
  trap 'deadline=$((SECONDS + 5 < deadline ? SECONDS + 5 : deadline))' INT TERM HUP
  [ -z "$asking" ] || kill -KILL "$asking" 2>/dev/null || true
  end "${pids[@]:1}"
  end "${pids[@]:0:1}"
  for pid in "${pids[@]}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
  wait
  echo "stopped"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# frontend-0: frontend
start frontend-0 env \
  DYN_DISCOVERY_BACKEND=file \
  DYN_EVENT_PLANE=zmq \
  DYN_FILE_KV="$RUN_DIR"/discovery \
  DYN_REQUEST_PLANE=tcp \
  DYN_TCP_RPC_HOST=127.0.0.1 \
  HF_HUB_OFFLINE=1 \
  "$PYTHON" -m dynamo.frontend \
  --http-host 127.0.0.1 \
  --http-port "$FRONTEND_0_HTTP_PORT" \
  --router-mode round-robin

# prefill-0: prefill
start prefill-0 env \
  DYN_DISCOVERY_BACKEND=file \
  DYN_EVENT_PLANE=zmq \
  DYN_FILE_KV="$RUN_DIR"/discovery \
  DYN_REQUEST_PLANE=tcp \
  DYN_SYSTEM_HOST=127.0.0.1 \
  DYN_SYSTEM_PORT="$PREFILL_0_SYSTEM_PORT" \
  DYN_SYSTEM_STARTING_HEALTH_STATUS=ready \
  DYN_TCP_RPC_HOST=127.0.0.1 \
  HF_HUB_OFFLINE=1 \
  "$PYTHON" -m dynamo.mocker \
  --bootstrap-ports "$PREFILL_0_BOOTSTRAP_PORT" \
  --disaggregation-mode prefill \
  --model-name tiny \
  --model-path "$MODEL" \
  --speedup-ratio 1000

# decode-0: decode
start decode-0 env \
  DYN_DISCOVERY_BACKEND=file \
  DYN_EVENT_PLANE=zmq \
  DYN_FILE_KV="$RUN_DIR"/discovery \
  DYN_REQUEST_PLANE=tcp \
  DYN_SYSTEM_HOST=127.0.0.1 \
  DYN_SYSTEM_PORT="$DECODE_0_SYSTEM_PORT" \
  DYN_SYSTEM_STARTING_HEALTH_STATUS=ready \
  DYN_TCP_RPC_HOST=127.0.0.1 \
  HF_HUB_OFFLINE=1 \
  "$PYTHON" -m dynamo.mocker \
  --disaggregation-mode decode \
  --model-name tiny \
  --model-path "$MODEL" \
  --speedup-ratio 1000

# Ready: every instance is registered, the model is listed and one real request is answered.
URL="http://127.0.0.1:$FRONTEND_0_HTTP_PORT"
ask() {
  exec "$PYTHON" - "$URL" "$SERVED" chat/completions 180 '{"backend.generate": 1, "prefill.generate": 1}' 2>/dev/null 9>&- <<'PYTHON'
import collections, json, sys, urllib.request
url, model, path, timeout, instances = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
known = json.load(opener.open(url + "/health", timeout=5)).get("instances") or []
here = collections.Counter("%s.%s" % (each.get("component"), each.get("endpoint")) for each in known)
if any(here[name] < count for name, count in json.loads(instances).items()):
    sys.exit(1)
listed = json.load(opener.open(url + "/v1/models", timeout=5))["data"]
if all(each["id"] != model for each in listed):
    sys.exit(1)
chat = {"messages": [{"role": "user", "content": "Hello"}]}
question = chat if path.startswith("chat") else {"prompt": "Hello"}
body = json.dumps({"model": model, **question, "max_tokens": 1}).encode()
request = urllib.request.Request(url + "/v1/" + path, body, {"Content-Type": "application/json"})
opener.open(request, timeout=float(timeout))
PYTHON
}
SECONDS=0
while true; do
  watch
  if ((SECONDS > 180)); then
    echo "not ready after 180 s; logs are in $RUN_DIR/logs" >&2
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
done
