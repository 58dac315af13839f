#!/usr/bin/env python3
"""Runs the benchmarks, prints a table, writes bench/results/NAME.json, and fills the table in README.md.

    bench/run.py --program build/release/marketday --build build/release [--smoke] [NAME…]

Each benchmark gives the median of several runs with its spread. None of them passes or fails by time: a figure that falls
short says so in the table.
"""
import argparse
import datetime
import json
import pathlib
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from fleet import FleetShop  # noqa: E402
from load import board_latency, order_list  # noqa: E402
from postgres import Postgres, Sold  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from shop import Shop, crowd, crowd_process, summary_of  # noqa: E402

RESULTS = ROOT / "bench" / "results"
HOT = ["--sku", "hot-1", "--sale", "auto", "--processes", "1", "--prepare", "20000", "--verify", "none"]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{len(__import__('os').sched_getaffinity(0))} cores, {model}, {platform.system()} {platform.release()}"


def commit():
    out = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain"], capture_output=True, text=True).stdout
    return out.stdout.strip() + ("+changes" if dirty.strip() else "")


def record(name, values, unit, must, aim, better, detail=None):
    """One result; `better` is "more" or "less"."""
    value = statistics.median(values)
    result = {"name": name, "value": round(value, 3), "unit": unit, "must": must, "aim": aim, "better": better,
              "spread": [round(min(values), 3), round(max(values), 3)], "runs": len(values), "machine": machine(),
              "commit": commit(), "date": datetime.date.today().isoformat()}
    if detail:
        result["detail"] = detail
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return result


def with_hot_goods(shop):
    shop.add_product("hot-1", 1000, 900_000_000)
    shop.add_sale("hot-1", 900_000_000, 900, limit=1_000_000)
    return shop


def hot_shop(options, *flags):
    return with_hot_goods(Shop(options.program, *flags))


def hot_run(options, seconds, *flags, connections=512):
    with hot_shop(options, *flags) as shop:
        return crowd(shop, "--closed", "--connections", str(connections), "--seconds", str(seconds), *HOT)


def hot_sku(options):
    seconds, runs = (2, 1) if options.smoke else (8, 5)
    values = [hot_run(options, seconds)["goodput_orders_per_s"] for _ in range(runs)]
    return [record("hot_sku", values, "orders/s", 40_000, 70_000, "more")]


def hot_sku_ratio(options):
    seconds, runs = (2, 1) if options.smoke else (6, 3)
    ratios, singles = [], []
    for _ in range(runs):
        batched = hot_run(options, seconds)["goodput_orders_per_s"]
        single = hot_run(options, seconds, "--set", "checkout.batch_max=1", "--set", "checkout.batches_under_way=1",
                         "--set", "store.group_writes_max=1")["goodput_orders_per_s"]
        ratios.append(batched / single)
        singles.append(single)
    return [record("hot_sku_ratio", ratios, "times", 6, 12, "more",
                   {"one_transaction_an_order_per_s": round(statistics.median(singles), 1)})]


def hot_sku_latency(options):
    seconds, runs = (3, 1) if options.smoke else (10, 3)
    peak_file = RESULTS / "hot_sku.json"
    peak = json.loads(peak_file.read_text())["value"] if peak_file.exists() else 40_000
    rate = int(peak / 2)
    values = []
    for _ in range(runs):
        with hot_shop(options) as shop:
            summary = crowd(shop, "--orders-per-second", str(rate), "--seconds", str(seconds), "--connections", "512", *HOT)
            values.append(summary["latency_ms"]["order"]["p99"])
    return [record("hot_sku_latency", values, "ms p99", 20, 5, "less", {"orders_per_s": rate})]


def flash(options):
    shoppers, units, runs = (2000, 100, 1) if options.smoke else (20_000, 1000, 3)
    results = []
    for name, silent in (("flash", 0), ("flash_silent", 5)):
        seconds, verdicts = [], []
        for _ in range(runs if silent == 0 else 1):
            done = subprocess.run([str(options.program), "rehearse", "--shoppers", str(shoppers), "--arrive", "10s",
                                   "--units", str(units), "--silent-payments", str(silent), "--json"],
                                  capture_output=True, text=True, timeout=900)
            if done.returncode != 0:
                raise RuntimeError(f"the rehearsal failed: {done.stdout[-800:]} {done.stderr[-800:]}")
            verdict = json.loads(done.stdout)
            verdicts.append(verdict)
            seconds.append(verdict.get("seconds_to_last_payment") or verdict["seconds_to_sold_out"])
        detail = {key: verdicts[-1].get(key) for key in ("shoppers", "units_offered", "units_sold", "orders_lost",
                                                         "contradictions", "seconds_to_sold_out")}
        results.append(record(name, seconds, "s to the last unit paid", 15, 5, "less", detail))
    return results


def memory(options):
    catalogue = ROOT.parent / "shared/data/catalogue/catalogue.jsonl.gz"
    source = catalogue if catalogue.exists() and not options.smoke else ROOT / "demo/catalogue.jsonl"
    values = []
    for _ in range(1 if options.smoke else 3):
        with Shop(options.program) as shop:
            done = shop.run("import", str(source), "--data", str(shop.data), "--no-price", "1000")
            if done.returncode == 2:
                raise RuntimeError(done.stderr)
            data = shop.data
            shop.process.terminate()
            shop.process.wait(15)
            # At rest: started anew on the imported data, index built, nobody there.
            again = Shop.__new__(Shop)
            again.program, again.data = shop.program, data
            restart(again)
            import time
            time.sleep(3)
            values.append(again.resident_mib())
            again.process.terminate()
            again.process.wait(15)
    return [record("memory", values, "MiB at rest", 150, 80, "less", {"goods": source.name}),
            record("memory_ticket", *memory_of_tickets(options), "less"),
            record("memory_connection", *memory_of_connections(options), "less")]


def talk(shop, requests):
    """Sends `requests` over one connection, each after the answer to the one before; their status codes."""
    address = shop.url.removeprefix("http://").split(":")
    statuses = []
    with socket.create_connection((address[0], int(address[1]))) as connection:
        answers = connection.makefile("rb")
        for request in requests:
            connection.sendall(request)
            statuses.append(int(answers.readline().split()[1]))
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
    return statuses


def memory_of_tickets(options):
    """What a place in the line takes, beside its session, which is in memory before."""
    tickets = 2_000 if options.smoke else 50_000
    with Shop(options.program, "--set", "line.joins_per_address=1000000") as shop:
        shop.add_product("hot-1", 1000, 1000)
        sale = shop.add_sale("hot-1", 1000, 900, line=True, opens_in_s=3600)
        sessions = []
        while len(sessions) < tickets:
            sessions += shop.call("POST", "/admin/v1/rehearsal/sessions",
                                  {"count": min(10_000, tickets - len(sessions)), "prefix": f"t{len(sessions)}"})["sessions"]
        # Started anew, so that places do not go into memory that making the sessions left free.
        shop.process.terminate()
        shop.process.wait(15)
        restart(shop, "--set", "line.joins_per_address=1000000")
        shop.url = json.loads((shop.data / "shop.json").read_text())["url"]
        host = shop.url.removeprefix("http://")

        def request(method, path, session):
            return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {session['token']}\r\n"
                    "Content-Length: 0\r\n\r\n").encode()

        talk(shop, (request("GET", "/api/v1/me", session) for session in sessions))
        before = shop.resident_mib()
        statuses = talk(shop, (request("POST", f"/api/v1/sales/{sale}/line", session) for session in sessions))
        if set(statuses) != {200}:
            raise RuntimeError(f"joining the line gave {set(statuses)}")
        return [(shop.resident_mib() - before) * 1024 / tickets], "kB a ticket", 2, 0.5


def memory_of_connections(options):
    """What the process keeps for a connection that has had an answer and waits; the kernel's buffers are its own."""
    connections = 1_000 if options.smoke else 8_000
    with Shop(options.program) as shop:
        address = shop.url.removeprefix("http://").split(":")
        request = b"GET /livez HTTP/1.1\r\nHost: bench\r\n\r\n"
        before = shop.resident_mib()
        waiting = []
        for _ in range(connections):
            waiting.append(socket.create_connection((address[0], int(address[1]))))
            waiting[-1].sendall(request)
            waiting[-1].recv(4096)
        grown = shop.resident_mib() - before
        for connection in waiting:
            connection.close()
        return [grown * 1024 / connections], "kB an idle connection", 16, 8


def restart(shop, *flags):
    import time
    (shop.data / "admin.json").unlink(missing_ok=True)
    shop.process = subprocess.Popen([shop.program, "serve", "--data", str(shop.data), "--listen", "127.0.0.1:0",
                                     "--admin", "127.0.0.1:0", "--log-level", "warn", *flags],
                                    stdout=subprocess.DEVNULL)
    begun = time.monotonic()
    while not (shop.data / "admin.json").exists() and time.monotonic() - begun < 60:
        time.sleep(0.01)
    shop.seconds_to_start = time.monotonic() - begun


def script(options, command, name):
    """A benchmark with a program of its own that writes its result."""
    with tempfile.TemporaryDirectory():
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600, cwd=ROOT)
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed: {done.stdout[-500:]} {done.stderr[-500:]}")
    path = RESULTS / f"{name}.json"
    stored = json.loads(path.read_text())
    results = stored if isinstance(stored, list) else [stored]
    for result in results:
        result.setdefault("better", "more" if name in ("page_vs_nginx", "login", "cache_policies") else "less")
        result["machine"], result["commit"] = machine(), commit()
    path.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n")
    return results


def page_vs_nginx(options):
    command = ["bash", "bench/load/page_vs_nginx.sh", str(options.build / "page_server")]
    return script(options, command + (["--smoke"] if options.smoke else []) + ["--out", str(RESULTS / "page_vs_nginx.json")],
                  "page_vs_nginx")


def import_goods(options):
    command = [sys.executable, "bench/load/import_bench.py", "--program", str(options.program), "--out",
               str(RESULTS / "import.json")]
    return script(options, command + (["--smoke"] if options.smoke else []), "import")


def search(options):
    catalogue = ROOT.parent / "shared/data/catalogue/catalogue.jsonl.gz"
    command = [str(options.build / "search_bench"), str(catalogue), "--json", str(RESULTS / "search.json")]
    if options.smoke:
        command += ["--runs", "1", "--smoke"]
    return script(options, command, "search")


def login(options):
    done = subprocess.run([str(options.build / "login_bench"), "--benchmark_format=json", "--benchmark_filter=log_in",
                           "--benchmark_repetitions=" + ("1" if options.smoke else "5")], capture_output=True, text=True,
                          timeout=600)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-500:])
    rows = [b for b in json.loads(done.stdout)["benchmarks"] if b.get("run_type") == "iteration"]
    return [record("login", [row["items_per_second"] for row in rows], "log-ins/s", None, None, "more")]


def cache_policies(options):
    command = [sys.executable, "bench/load/cache_policies.py", "--program", str(options.program), "--out",
               str(RESULTS / "cache_policies.json")]
    return script(options, command + (["--smoke"] if options.smoke else []), "cache_policies")


def board(options):
    seconds, runs = (3, 1) if options.smoke else (20, 3)
    worst, rates, gaps = [], [], []
    for _ in range(runs):
        with hot_shop(options) as shop:
            took, watcher, summary = board_latency.measure(
                shop, lambda: crowd(shop, "--closed", "--connections", "512", "--seconds", str(seconds), *HOT))
            worst.append(max(board_latency.percentile(values, 0.99) for values in took.values()))
            rates.append(summary["goodput_orders_per_s"])
            gaps += watcher.gaps_ms
    return [record("board", worst, "ms p99", 100, 50, "less",
                   {"orders_per_s": round(statistics.median(rates)), "stream_gap_ms_max": round(max(gaps, default=0))})]


def pg_hot_sku(options):
    seconds, runs = (2, 1) if options.smoke else (8, 5)
    with Postgres() as postgres:
        values = [hot_run(options, seconds, "--database", postgres.new_database())["goodput_orders_per_s"]
                  for _ in range(runs)]
    return [record("pg_hot_sku", values, "orders/s", 30_000, 55_000, "more")]


def pg_ratio(options):
    """The whole path in batches, against the database alone with a transaction an order at its best pool size."""
    seconds, runs, pools = (2, 1, (8,)) if options.smoke else (6, 3, (4, 8, 16))
    ratios, singles = [], []
    with Postgres() as postgres:
        for _ in range(runs):
            batched = hot_run(options, seconds, "--database", postgres.new_database())["goodput_orders_per_s"]
            single = max(postgres.one_transaction_an_order(pool, seconds) for pool in pools)
            ratios.append(batched / single)
            singles.append(single)
    return [record("pg_ratio", ratios, "times", 8, 14, "more",
                   {"one_transaction_an_order_per_s": round(statistics.median(singles), 1)})]


def pg_tiers(options):
    """Through HAProxy to two web processes, each engine and process on a host of its own, all on this machine."""
    seconds, runs = (2, 1) if options.smoke else (8, 3)
    values = []
    for _ in range(runs):
        with with_hot_goods(FleetShop(options.program, "2-tiers.yaml")) as shop:
            values.append(crowd(shop, "--closed", "--connections", "512", "--seconds", str(seconds), *HOT)["goodput_orders_per_s"])
    return [record("pg_tiers", values, "orders/s", 12_000, 25_000, "more")]


# Orders a second: of goods that few want, and of the one that everybody wants.
COLD_RATE, HOT_RATE = 100, 5_000


def cold_while_hot(options):
    """p99 of orders of a cold product, on PostgreSQL, while one item is hot against while it is not."""
    seconds, runs = (2, 1) if options.smoke else (8, 5)
    ratios, alone, beside, placed = [], [], [], []
    cold = ["--sku", "cold-1", "--sale", "none", "--processes", "1", "--prepare", "2000", "--verify", "none", "--connections", "64",
            "--orders-per-second", str(COLD_RATE)]
    hot = ["--orders-per-second", str(HOT_RATE), "--connections", "512", "--seconds", str(seconds + 6), *HOT]
    with Postgres() as postgres:
        for _ in range(runs):
            with hot_shop(options, "--database", postgres.new_database()) as shop:
                shop.add_product("cold-1", 1000, 900_000_000)
                alone.append(crowd(shop, *cold, "--seconds", str(seconds))["latency_ms"]["order"]["p99"])
                rush = crowd_process(shop, *hot)
                time.sleep(3)  # its accounts are made, its orders come
                beside.append(crowd(shop, *cold, "--seconds", str(seconds))["latency_ms"]["order"]["p99"])
                placed.append(summary_of(rush)["goodput_orders_per_s"])
                ratios.append(beside[-1] / alone[-1])
    return [record("cold_while_hot", ratios, "times", 2, 1.2, "less",
                   {"hot_orders_per_s": round(statistics.median(placed), 1), "cold_orders_per_s": COLD_RATE,
                    "alone_p99_ms": round(statistics.median(alone), 3), "beside_p99_ms": round(statistics.median(beside), 3)})]


def order_lists(options):
    """p99 of a customer's list of orders with many orders in the shop against few."""
    few, many, lists, runs = (5_000, 20_000, 200, 1) if options.smoke else (10_000, 1_000_000, 3_000, 5)
    ratios, of_few, of_many = [], [], []
    with Postgres() as postgres:
        databases = [postgres.new_database() for _ in range(2)]
        with Shop(options.program, "--database", databases[0]) as small, Shop(options.program, "--database", databases[1]) as large:
            filled = [order_list.Lists(shop, postgres, database, orders)
                      for shop, database, orders in zip((small, large), databases, (few, many))]
            for shop in filled:
                shop.percentile_ms(lists, 0.99)  # what is read from disk once is not what is compared
            for _ in range(runs):
                of_few.append(filled[0].percentile_ms(lists, 0.99))
                of_many.append(filled[1].percentile_ms(lists, 0.99))
                ratios.append(of_many[-1] / of_few[-1])
    return [record("order_list", ratios, "times", 1.5, 1.1, "less",
                   {"orders": [few, many], "p99_ms": [round(statistics.median(of_few), 3), round(statistics.median(of_many), 3)]})]


def redis_ratio(options):
    """The whole path over HTTP into PostgreSQL against the usual answer, at the same connections: a script in Redis, which syncs
    before it answers."""
    seconds, runs, connections = (2, 1, 64) if options.smoke else (6, 3, 64)
    ratios, ours, theirs = [], [], []
    with Postgres() as postgres, RedisServer("--appendonly", "yes", "--appendfsync", "always") as redis:
        for _ in range(runs):
            ours.append(hot_run(options, seconds, "--database", postgres.new_database(),
                                connections=connections)["goodput_orders_per_s"])
            theirs.append(redis.orders_by_script(connections, seconds))
            ratios.append(ours[-1] / theirs[-1])
    return [record("redis_ratio", ratios, "times", 0.7, 1.0, "more",
                   {"orders_per_s": round(statistics.median(ours), 1),
                    "redis_scripts_per_s": round(statistics.median(theirs), 1), "connections": connections})]


def failover_cache(options):
    """Redis is killed under a shop that sells: seconds until orders flow at 90 % of before."""
    rate, before_s, after_s, runs = (500, 3, 4, 1) if options.smoke else (5_000, 6, 8, 5)
    gaps, befores = [], []
    with Postgres() as postgres:
        for _ in range(runs):
            database = postgres.new_database()
            with RedisServer() as redis, hot_shop(options, "--database", database, "--set", f"redis={redis.url}") as shop:
                rush = crowd_process(shop, "--orders-per-second", str(rate), "--connections", "256", "--seconds",
                                     str(before_s + after_s + 12), *HOT)
                with Sold(database, "hot-1") as sold:
                    sold.wait_for_orders()
                    time.sleep(before_s)
                    killed = time.monotonic()
                    redis.kill()
                    time.sleep(after_s)
                    before = sold.rate(killed - before_s + 1, killed)
                    befores.append(before)
                    gaps.append(sold.seconds_until(0.9 * before, killed))
                summary_of(rush)
    return [record("failover_cache", gaps, "s", 3, 1, "less", {"orders_per_s_before": round(statistics.median(befores), 1)})]


BENCHES = {"hot_sku": hot_sku, "hot_sku_ratio": hot_sku_ratio, "hot_sku_latency": hot_sku_latency,
           "page_vs_nginx": page_vs_nginx, "search": search, "flash": flash, "memory": memory, "import": import_goods,
           "login": login, "cache_policies": cache_policies, "board": board, "pg_hot_sku": pg_hot_sku, "pg_ratio": pg_ratio,
           "pg_tiers": pg_tiers, "cold_while_hot": cold_while_hot, "order_list": order_lists,
           "redis_ratio": redis_ratio, "failover_cache": failover_cache}


def verdict(result):
    if result.get("must") is None or isinstance(result["must"], str):
        return "shown"
    good = (lambda limit: result["value"] >= limit) if result["better"] == "more" else (lambda limit: result["value"] <= limit)
    return "aim reached" if good(result["aim"]) else "must reached" if good(result["must"]) else "falls short"


def show(value):
    return "" if value is None else f"{value:,.0f}" if isinstance(value, (int, float)) and abs(value) >= 1000 else f"{value:g}" \
        if isinstance(value, (int, float)) else str(value)


def table(results):
    rows = ["| bench | value | unit | must | aim | spread | |", "|---|---:|---|---:|---:|---|---|"]
    for r in results:
        spread = r.get("spread")
        spread = f"{show(spread[0])} … {show(spread[1])}" if isinstance(spread, list) else show(spread)
        rows.append(f"| `{r['name']}` | {show(r['value'])} | {r['unit']} | {show(r.get('must'))} | {show(r.get('aim'))} | "
                    f"{spread} | {verdict(r)} |")
    return "\n".join(rows)


def fill_readme():
    stored = []
    for path in sorted(RESULTS.glob("*.json")):
        kept = json.loads(path.read_text())
        stored += kept if isinstance(kept, list) else [kept]
    if not stored:
        return
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    if "<!-- bench -->" not in text:
        return
    head, rest = text.split("<!-- bench -->", 1)
    _, tail = rest.split("<!-- /bench -->", 1)
    for result in stored:
        result.setdefault("better", "less")
    where = stored[0].get("machine", "")
    readme.write_text(f"{head}<!-- bench -->\n{table(stored)}\n\nMeasured on {where}; medians of several runs, written by "
                      f"`./dev bench`.\n<!-- /bench -->{tail}", encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("--build", required=True, type=pathlib.Path)
    arguments.add_argument("--smoke", action="store_true")
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    options.program, options.build = options.program.resolve(), options.build.resolve()
    unknown = [n for n in options.names if n not in BENCHES]
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]}; there are {', '.join(BENCHES)}")
    if options.smoke:
        # A smoke run shows that each benchmark works; its figures are not kept.
        global RESULTS
        RESULTS = pathlib.Path(tempfile.mkdtemp(prefix="marketday-bench-results-"))
    results, failed = [], 0
    for name in options.names or BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            results += BENCHES[name](options)
        except Exception as error:  # one benchmark that cannot run must not hide the others
            failed += 1
            print(f"{name}: {error}", file=sys.stderr)
    print(table(results))
    if not options.smoke:
        fill_readme()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
