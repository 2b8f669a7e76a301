#!/usr/bin/env bash
# Makes .venv with the exact versions of scripts/requirements.txt. Does nothing when it is already so; an interrupted run
# is continued by the next one. PYTHON names the interpreter to use (default: python3.11, else python3).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

requirements=scripts/requirements.txt
stamp=.venv/.requirements.sha256
cpu_wheels=https://download.pytorch.org/whl/cpu
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

python="${PYTHON:-$(command -v python3.11 || command -v python3 || true)}"
if [ -z "$python" ]; then
  echo "python-env: no python3 found; install Python 3.11 with pip, or set PYTHON" >&2
  exit 1
fi
want="$(cat "$requirements" "${BASH_SOURCE[0]}" | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')"

up_to_date() { [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; }
if up_to_date; then exit 0; fi

# One at a time: several tasks may call this at once.
if command -v flock >/dev/null; then
  exec 9>.venv.lock
  flock 9
  if up_to_date; then exit 0; fi
fi

echo "python-env: installing $requirements into .venv" >&2
# A machine may have venv but not ensurepip (Debian splits it off); then pip comes from the interpreter itself.
if ! .venv/bin/python -c "" 2>/dev/null; then
  "$python" -m venv --clear .venv 2>/dev/null || "$python" -m venv --clear --without-pip .venv
fi
if .venv/bin/python -m pip --version >/dev/null 2>&1; then
  pip=(.venv/bin/python -m pip)
else
  pip=("$python" -m pip --python .venv/bin/python)
fi

install() { "${pip[@]}" install -qq --progress-bar off -r "$requirements" "$@" >&2; }

# Plain torch brings gigabytes of CUDA libraries on Linux: when it would, prefer PyTorch's own CPU wheel.
plan="$("${pip[@]}" install --dry-run -qq --ignore-installed --report - -r "$requirements" 2>/dev/null || true)"
case "$plan" in
  "" | *'"nvidia'* | *'"triton"'*) install --extra-index-url "$cpu_wheels" || install ;;
  *) install ;;
esac

.venv/bin/python -c "import gymnasium, numpy, safetensors, sklearn, torch" >&2
printf '%s\n' "$want" > "$stamp"
