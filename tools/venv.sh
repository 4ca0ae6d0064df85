#!/bin/sh
# Makes .venv beside this folder and installs dynamo-recipes into it, with the tools for development for `dev`.
# Usage: tools/venv.sh run|dev. Does nothing when the environment is up to date. PYTHON chooses the interpreter.
set -eu
unset CDPATH
cd "$(dirname "$0")/.."
kind=${1:-run}
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

fits() { "$1" -c "import sys; sys.exit(sys.version_info < (3, 10))" 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    if fits "$PYTHON"; then
      command -v "$PYTHON"
      return
    fi
    echo "PYTHON=$PYTHON is not a Python 3.10 or later" >&2
    exit 4
  fi
  for each in python3 python3.12 python3.11 python3.13 python3.10; do
    if fits "$each"; then
      command -v "$each"
      return
    fi
  done
  echo "dynamo-recipes needs Python 3.10 or later; on Debian and Ubuntu: apt install python3 python3-venv" >&2
  exit 4
}

wanted=$(pwd; cat pyproject.toml tools/constraints.txt tools/venv.sh | cksum)  # a moved folder needs a new .venv
if [ -x .venv/bin/dynamo-recipe ] && { [ "$(cat .venv/.made-dev 2>/dev/null)" = "$wanted" ] ||
  { [ "$kind" = run ] && [ "$(cat .venv/.made-run 2>/dev/null)" = "$wanted" ]; }; }; then
  exit 0
fi

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "$python has no venv module; on Debian and Ubuntu: apt install python3-venv (or python$version-venv)" >&2
  exit 4
fi
echo "making .venv with $("$python" --version) ..."
fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
  [ "$(cat .venv/.made-at 2>/dev/null)" = "$(pwd)" ] || rm -rf .venv
[ -x .venv/bin/python ] || "$python" -m venv .venv
pwd >.venv/.made-at
unreachable() {
  echo "the packages could not be installed; the reason is above: most often the network or the package index" >&2
  exit 4
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c tools/constraints.txt uv || unreachable
case $kind in dev) extra='[dev]' ;; *) extra='' ;; esac
# uv is quick; where only pip is set up for a mirror, pip does it.
.venv/bin/uv pip install --quiet --python .venv/bin/python --compile-bytecode -c tools/constraints.txt -e ".$extra" ||
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -c tools/constraints.txt -e ".$extra" || unreachable
.venv/bin/python -m compileall -q dynamo_recipes
echo "$wanted" >".venv/.made-$kind"
