#!/bin/sh
# Type checks static/js as it stands (JSDoc types, no build). Installs TypeScript once per lock.
set -eu
cd "$(dirname "$0")"

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  echo "JavaScript is not type checked: it takes Node 18 or newer with npm." >&2
  [ -z "${CI:-}" ] || exit 1
  exit 0
fi

stamp=node_modules/.stamp
if ! cmp -s package-lock.json "$stamp"; then
  npm ci --loglevel=error >/dev/null --no-audit --no-fund
  cp package-lock.json "$stamp"
fi
node node_modules/typescript/bin/tsc --project .
