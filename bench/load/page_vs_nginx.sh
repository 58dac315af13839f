#!/usr/bin/env bash
# page_vs_nginx: a product's JSON from ready bytes against nginx serving the same bytes from a file. Each server on one
# core, wrk on the other, in turns within one run.
#   page_vs_nginx.sh PAGE_SERVER_BINARY [--smoke] [--out FILE]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
binary=${1:?usage: page_vs_nginx.sh PAGE_SERVER_BINARY [--smoke] [--out FILE]}
shift
rounds=7 round_s=4 out=""
while [ $# -gt 0 ]; do
    case $1 in
        --smoke) rounds=1 round_s=1 ;;
        --out) out=$2; shift ;;
        *) echo "unknown argument $1" >&2; exit 2 ;;
    esac
    shift
done
for tool in nginx wrk taskset; do
    command -v "$tool" >/dev/null || { echo "page_vs_nginx needs $tool: apt-get install nginx-light wrk util-linux" >&2; exit 2; }
done

work=$(mktemp -d)
ours="" theirs=""
stop() {
    [ -z "$ours" ] || kill "$ours" 2>/dev/null || true
    [ -z "$theirs" ] || kill "$theirs" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

path=/api/v1/products/mug-340
mkdir -p "$work/www/api/v1/products" "$work/tmp"
cp "$here/product.json" "$work/www$path"
chmod -R a+rX "$work"
nginx_port=$((20000 + RANDOM % 20000))
cat >"$work/nginx.conf" <<CONF
$([ "$(id -u)" != 0 ] || echo "user root;")
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/error.log crit;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    open_file_cache max=100 inactive=600s;
    open_file_cache_valid 600s;
    default_type application/json;
    client_body_temp_path $work/tmp/body;
    proxy_temp_path $work/tmp/proxy;
    fastcgi_temp_path $work/tmp/fastcgi;
    uwsgi_temp_path $work/tmp/uwsgi;
    scgi_temp_path $work/tmp/scgi;
    server { listen 127.0.0.1:$nginx_port; root $work/www; }
}
CONF
taskset -c 0 nginx -c "$work/nginx.conf" -e "$work/error.log" &
theirs=$!
taskset -c 0 "$binary" "$here/product.json" 0 >"$work/port" &
ours=$!
for _ in $(seq 50); do
    [ -s "$work/port" ] && [ -s "$work/nginx.pid" ] && break
    sleep 0.1
done
our_port=$(head -1 "$work/port")
[ -n "$our_port" ] && [ -s "$work/nginx.pid" ] || { echo "page_vs_nginx: a server did not start" >&2; exit 1; }

# Server processor time in ticks of 10 ms, nginx's worker being the master's child.
worker=$(tr ' ' '\n' <"/proc/$theirs/task/$theirs/children" | head -1)
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
measure() {  # PORT PID -> "requests/s  microseconds of processor a request"
    local before after requests
    before=$(ticks "$2")
    requests=$(taskset -c 1 wrk -t1 -c64 -d"${round_s}s" "http://127.0.0.1:$1$path" | awk '/requests in/ {print $1} /Non-2xx/ {exit 1}')
    after=$(ticks "$2")
    awk -v n="$requests" -v s="$round_s" -v t=$((after - before)) 'BEGIN {printf "%d %.3f\n", n / s, t * 10000 / n}'
}
measure "$our_port" "$ours" >/dev/null  # Warm both.
measure "$nginx_port" "$worker" >/dev/null
for _ in $(seq "$rounds"); do
    a=$(measure "$our_port" "$ours")
    b=$(measure "$nginx_port" "$worker")
    echo "$a $b"
done >"$work/rounds"

median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
our_rps=$(awk '{print $1}' "$work/rounds" | median)
nginx_rps=$(awk '{print $3}' "$work/rounds" | median)
our_us=$(awk '{print $2}' "$work/rounds" | median)
nginx_us=$(awk '{print $4}' "$work/rounds" | median)
ratio=$(awk '{printf "%.3f\n", $1 / $3}' "$work/rounds" | median)
lowest=$(awk '{printf "%.3f\n", $1 / $3}' "$work/rounds" | sort -n | head -1)
highest=$(awk '{printf "%.3f\n", $1 / $3}' "$work/rounds" | sort -n | tail -1)
machine="$(nproc) x $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), Linux $(uname -r)"
commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)

printf 'page_vs_nginx  marketday %d/s (%.2f us a request)  nginx %d/s (%.2f us)  ratio %.2f (%.2f..%.2f)  must 1.0  aim 1.3\n' \
    "$our_rps" "$our_us" "$nginx_rps" "$nginx_us" "$ratio" "$lowest" "$highest"
if [ -n "$out" ]; then
    cat >"$out" <<JSON
{"name": "page_vs_nginx", "value": $ratio, "unit": "times nginx", "must": 1.0, "aim": 1.3, "spread": [$lowest, $highest],
 "marketday_per_s": $our_rps, "nginx_per_s": $nginx_rps, "marketday_cpu_us": $our_us, "nginx_cpu_us": $nginx_us,
 "machine": "$machine", "commit": "$commit"}
JSON
fi
