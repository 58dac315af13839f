#!/usr/bin/env bash
# Imports the demo goods, serves, and plans a sale that opens a minute after the start. Called by ./dev run.
set -euo pipefail
program=$1
shift
data=${DEMO_DATA:-build/demo-shop}
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
# The sale of an earlier run ends, so that its goods are free for the new one.
"$program" sale list --data "$data" --json | grep -o '"id":"[^"]*","name":{[^}]*},"state":"\(scheduled\|open\|paused\)"' |
    sed 's/"id":"\([^"]*\)".*/\1/' | while read -r sale; do "$program" sale close "$sale" --data "$data" >/dev/null; done || true
"$program" sale create --data "$data" --opens +60s --name-ko "달항아리 한정 세일" --name-ja "月壺 限定セール" \
    --name-en "Moon jar limited sale" --item demo-0061:100:39000:1 --item demo-0181:20:64000:1
# The goods of the sale first; the others while people look around.
"$program" product images demo/images/demo-0061.webp demo/images/demo-0181.webp --data "$data" >/dev/null
"$program" product images demo/images --data "$data" &
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$data/shop.json")
echo "look around:     $program sale list --data $data"
echo "send shoppers:   $program crowd $url --data $data --shoppers 500"
wait $server
