#!/usr/bin/env bash
# Imports the demo goods, serves, and plans a sale that opens a minute after the start. Called by ./dev run.
set -euo pipefail
program=$1
shift
data=${MARKETDAY_DEMO_DATA:-build/demo-shop}
mkdir -p "$data"

"$program" import demo/catalogue.jsonl --data "$data"
"$program" serve --data "$data" --rehearsal "$@" &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server' INT TERM
for _ in $(seq 200); do
    [ -s "$data/admin.json" ] && break
    kill -0 $server 2>/dev/null || exit 1
    sleep 0.05
done
"$program" sale create --data "$data" --opens +60s --name-ko "달항아리 한정 세일" --name-ja "月壺 限定セール" \
    --name-en "Moon jar limited sale" --item demo-0061:100:39000:1 --item demo-0181:20:64000:1 ||
    echo "the demo sale of an earlier run is still there; see: $program sale list --data $data"
echo "look around: $program sale list --data $data   ·   send shoppers: $program crowd URL --data $data --shoppers 500"
wait $server
