#include <fmt/format.h>

#include "crowd/json_view.hpp"
#include "crowd/report_files.hpp"
#include "crowd/summary.hpp"

namespace marketday::crowd {
namespace {

// The page carries its data, styles and script: it opens from a mail or an archive, without any network.
constexpr std::string_view kPageHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Marketday crowd report</title>
<style>
/* The colours of the operators' console (web/console/console.css). */
:root { color-scheme: light dark; --ink: #1d2523; --soft: #5d6a66; --hair: #dde2df; --paper: #f6f7f6; --card: #ffffff;
  --good: #1d6b43; --good-soft: #e2f2e8; --bad: #a52a22; --bad-soft: #fbe6e3;
  --blue: #2c6aa8; --green: #2a7f62; --amber: #b3700f; --rose: #b8392f; --violet: #6c54a8; --grey: #8a9893;
  --sold: #2a7f62; --reserved: #d6a03f; --available: #9cc3da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e2e9e6; --soft: #96a5a0; --hair: #2d3734; --paper: #121716; --card: #1a211f;
  --good: #7fd0a0; --good-soft: #16301f; --bad: #f0958b; --bad-soft: #3a1c19;
  --blue: #74a9dd; --green: #6cc7a5; --amber: #dfa553; --rose: #ec857a; --violet: #ab97e2; --grey: #6f7d78;
  --sold: #4fa984; --reserved: #c8963c; --available: #4d7d99; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Apple SD Gothic Neo", "Noto Sans CJK KR",
  "Hiragino Sans", "Noto Sans CJK JP", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 56px; }
header h1 { font-size: 26px; line-height: 1.25; font-weight: 650; margin: 0; letter-spacing: -0.01em; }
header p { margin: 6px 0 0; color: var(--soft); }
.verdict { display: flex; align-items: center; gap: 10px; margin: 16px 0 0; padding: 12px 16px; border-radius: 8px;
  font-weight: 650; font-size: 18px; }
.verdict.good { color: var(--good); background: var(--good-soft); }
.verdict.bad { color: var(--bad); background: var(--bad-soft); }
.verdict i { width: 10px; height: 10px; border-radius: 50%; background: currentColor; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0; }
.tile, .card { background: var(--card); border: 1px solid var(--hair); border-radius: 8px; }
.tile { padding: 14px 16px; }
.tile span { display: block; color: var(--soft); font-size: 13px; }
.tile b { display: block; font-size: 25px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums;
  letter-spacing: -0.01em; }
.tile small { color: var(--soft); font-size: 12.5px; }
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
.card { padding: 16px 18px 12px; position: relative; min-width: 0; }
.card.wide { grid-column: 1 / -1; }
.card h2 { font-size: 15px; font-weight: 650; margin: 0; }
.card p { margin: 1px 0 8px; color: var(--soft); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 13px; color: var(--soft); margin-bottom: 6px; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.legend i { width: 10px; height: 10px; border-radius: 3px; }
svg { display: block; width: 100%; height: auto; touch-action: pan-y; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
.tip { position: absolute; pointer-events: none; background: var(--ink); color: var(--paper); border-radius: 6px; padding: 7px 10px;
  font-size: 12.5px; line-height: 1.45; white-space: nowrap; opacity: 0; transition: opacity .12s; z-index: 2;
  font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--hair); white-space: nowrap; }
th { color: var(--soft); font-weight: 550; font-size: 12.5px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr:last-child td { border-bottom: 0; }
td.text { text-align: left; white-space: normal; }
footer { color: var(--soft); font-size: 13px; margin-top: 22px; }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
@media print { body { background: none; } .card, .tile { break-inside: avoid; } }
@media (max-width: 720px) { .grid { grid-template-columns: minmax(0, 1fr); } main { padding: 22px 14px 40px; }
  header h1 { font-size: 22px; } .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } .tile b { font-size: 21px; } }
</style>
</head>
<body>
<main id="page"></main>
<script id="data" type="application/json">)html";

constexpr std::string_view kPageTail = R"html(</script>
<script>
"use strict";
const { summary: s, name, slice_s: step, slices, samples } = JSON.parse(document.getElementById("data").textContent);
const number = (v, d = 0) => v == null ? "–" : v.toLocaleString("en-US", { minimumFractionDigits: d, maximumFractionDigits: d });
const brief = v => v >= 1e6 ? number(v / 1e6, 1) + "M" : v >= 1e4 ? number(v / 1e3) + "k" : number(v, v > 0 && v < 1 ? 2 : v < 10 && v % 1 ? 1 : 0);
const escape = t => String(t).replace(/[&<>"]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const time = v => v >= 120 ? number(v / 60, 1) + " min" : number(v, v < 10 ? 1 : 0) + " s";
const page = document.getElementById("page");
const add = html => page.insertAdjacentHTML("beforeend", html);
const clean = s.contradictions === 0;
const what = { rush: "shoppers came", steady: "customers ordered", replay: "real baskets replayed" }[s.mode];
add(`<header><h1>${number(s.shoppers)} ${what}${name ? " · " + escape(name) : ""}</h1>
<p>${time(s.seconds)} · seed ${s.seed} · ${number(s.requests)} requests from ${s.processes} process${s.processes > 1 ? "es" : ""}</p>
<div class="verdict ${clean ? "good" : "bad"}"><i></i>${clean ? "Nothing the shop said contradicts itself" : number(s.contradictions) + " contradictions"}</div></header>`);
const tile = (label, value, note) => `<div class="tile"><span>${label}</span><b>${value}</b><small>${note}</small></div>`;
const order = s.latency_ms.order;
add(`<div class="tiles">` + [
  s.units_sold || s.mode !== "steady"
    ? tile("Units sold", number(s.units_sold), s.units_offered ? "of " + number(s.units_offered) + " offered" : "paid for")
    : tile("Units granted", number(s.units_granted), "not paid in this run"),
  tile("Orders", number(s.orders.acknowledged), number(s.orders.refused) + " refused · " + number(s.orders.unknown) + " unknown"),
  tile("Goodput", brief(s.goodput_orders_per_s), "orders a second"),
  order ? tile("Order p99", number(order.p99, 1) + " ms", "p50 " + number(order.p50, 1) + " · max " + number(order.max, 0)) : "",
  s.seconds_to_sold_out != null ? tile("Sold out after", number(s.seconds_to_sold_out, 1) + " s", "from the opening to the last payment")
    : tile("Told honestly", number(s.endings.told_no), "shoppers who got a clear no"),
  tile("Asked again", number(s.verified), "orders found as promised" + (s.unverified ? " · " + s.unverified + " unanswered" : "")),
].join("") + `</div><div class="grid" id="grid"></div>`);
const grid = document.getElementById("grid");

// One chart: series share x; `stack` piles them up. Drawn anew for the width at hand, so that text keeps its size.
function chart({ title, note, series, unit, stack, wide }) {
  const card = document.createElement("section");
  card.className = "card" + (wide ? " wide" : "");
  card.innerHTML = `<h2>${title}</h2><p>${note}</p><div class="legend">` +
    series.map(e => `<span><i style="background:var(--${e.color})"></i>${e.name}</span>`).join("") +
    `</div><div class="plot"></div><div class="tip"></div>`;
  grid.append(card);
  const plot = card.querySelector(".plot"), tip = card.querySelector(".tip");
  const xs = series[0].points.map(p => p[0]);
  const ys = series.map(e => e.points.map(p => p[1]));
  if (stack) for (let k = 1; k < ys.length; ++k) ys[k] = ys[k].map((v, i) => v + ys[k - 1][i]);
  const x1 = Math.max(...xs, step), top = nice(Math.max(...ys.flat(), 1e-9), [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10]);
  function nice(v, steps) { const e = 10 ** Math.floor(Math.log10(v)); return steps.find(m => m * e >= v * .9999) * e; }
  function draw() {
    const W = Math.max(plot.clientWidth, 260), H = wide ? 230 : 200, L = 44, R = 10, T = 8, B = 24;
    const x = v => L + (W - L - R) * v / x1, y = v => T + (H - T - B) * (1 - v / top);
    let out = "";
    for (let k = 0; k <= 4; ++k) {
      const v = top * k / 4;
      out += `<line x1="${L}" x2="${W - R}" y1="${y(v)}" y2="${y(v)}" stroke="var(--hair)"/>` +
        `<text x="${L - 8}" y="${y(v) + 4}" text-anchor="end">${brief(v)}</text>`;
    }
    const ticks = Math.max(2, Math.floor(W / 120)), gap = nice(x1 / ticks, [1, 2, 5, 10]);
    for (let v = 0; v <= x1 + 1e-9; v += gap)
      out += `<text x="${x(v)}" y="${H - 5}" text-anchor="${v === 0 ? "start" : x(v) > W - 30 ? "end" : "middle"}">${time(v)}</text>`;
    for (let k = ys.length - 1; k >= 0; --k) {
      const e = series[k], known = ys[k].every(v => v != null);
      const line = ys[k].map((v, i) => v == null ? "" : `${i && ys[k][i - 1] != null ? "L" : "M"}${x(xs[i]).toFixed(1)},${y(v).toFixed(1)}`).join("");
      if ((e.fill && known) || stack) {
        const floor = stack && k > 0 ? ys[k - 1].map((v, i) => `L${x(xs[i]).toFixed(1)},${y(v).toFixed(1)}`).reverse().join("")
          : `L${x(xs[xs.length - 1])},${y(0)}L${x(xs[0])},${y(0)}`;
        out += `<path d="${line}${floor}Z" fill="var(--${e.color})" opacity="${stack ? 1 : .13}"/>`;
      }
      if (!stack) out += `<path d="${line}" fill="none" stroke="var(--${e.color})" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`;
    }
    out += `<line class="cursor" y1="${T}" y2="${H - B}" stroke="var(--soft)" stroke-dasharray="3 3" opacity="0"/>`;
    plot.innerHTML = `<svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${title}">${out}</svg>`;
    const cursor = plot.querySelector(".cursor");
    plot.firstChild.onpointermove = event => {
      const box = plot.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * W;
      let i = 0;
      xs.forEach((v, k) => { if (Math.abs(x(v) - at) < Math.abs(x(xs[i]) - at)) i = k; });
      cursor.setAttribute("x1", x(xs[i])); cursor.setAttribute("x2", x(xs[i])); cursor.setAttribute("opacity", .6);
      tip.innerHTML = `<b>${number(xs[i], step < 1 ? 1 : 0)} s</b><br>` +
        series.map(e => `${e.name}: ${e.points[i][1] == null ? "–" : brief(e.points[i][1]) + (unit || "")}`).join("<br>");
      tip.style.opacity = 1;
      const left = x(xs[i]) + plot.offsetLeft + 12;
      tip.style.left = (left + tip.offsetWidth > card.clientWidth ? left - tip.offsetWidth - 24 : left) + "px";
      tip.style.top = plot.offsetTop + 10 + "px";
    };
    plot.firstChild.onpointerleave = () => { tip.style.opacity = 0; cursor.setAttribute("opacity", 0); };
  }
  draw();
  addEventListener("resize", draw);
}
const rate = k => slices.map(e => [e[0], e[k] / step]);
const plain = k => slices.map(e => [e[0], e[k] < 0 ? null : e[k]]);
chart({ title: "Arrivals and goodput", note: "a second, over time", wide: true, series: [
  { name: s.mode === "rush" ? "shoppers arriving" : "orders due", color: "grey", fill: true, points: rate(1) },
  { name: "orders acknowledged", color: "blue", points: rate(2) },
  ...(slices.some(e => e[4]) ? [{ name: "payments", color: "green", points: rate(4) }] : []),
  ...(slices.some(e => e[3]) ? [{ name: "orders refused", color: "amber", points: rate(3) }] : [])] });
chart({ title: "Order latency", note: "ms, from the intended start", unit: " ms", series: [
  { name: "p99", color: "violet", points: plain(6) }, { name: "p50", color: "blue", fill: true, points: plain(5) }] });
if (samples.some(e => e[1] > 0)) chart({ title: "The line", note: "shoppers waiting for their turn",
  series: [{ name: "waiting", color: "amber", fill: true, points: samples.map(e => [e[0], e[1]]) }] });
else chart({ title: "Connections", note: "open at that moment",
  series: [{ name: "connections", color: "violet", fill: true, points: samples.map(e => [e[0], e[2]]) }] });
const stock = samples.filter(e => e[3] >= 0);
if (stock.length > 1 && s.units_offered && s.units_offered <= 1e6) chart({ title: "Stock", wide: true,
  note: "units, as the shop showed them", stack: true, series: [
  { name: "sold", color: "sold", points: stock.map(e => [e[0], e[5]]) },
  { name: "reserved", color: "reserved", points: stock.map(e => [e[0], e[4]]) },
  { name: "available", color: "available", points: stock.map(e => [e[0], e[3]]) }] });
const table = (title, note, heads, rows) => grid.insertAdjacentHTML("beforeend",
  `<section class="card ${heads.length > 3 ? "wide" : ""}"><h2>${title}</h2><p>${note}</p><div class="scroll"><table><tr>` +
  heads.map(h => `<th>${h}</th>`).join("") + "</tr>" +
  rows.map(r => "<tr>" + r.map(c => `<td>${c}</td>`).join("") + "</tr>").join("") + "</table></div></section>");
table("Operations", "latency in ms, from the intended start to the last answer",
  ["", "ok", "refused", "unknown", "p50", "p90", "p99", "p99.9", "max"],
  Object.entries(s.operations).map(([op, o]) => { const l = s.latency_ms[op];
    return [op, number(o.ok), number(o.refused), number(o.unknown), ...[l.p50, l.p90, l.p99, l.p999, l.max].map(v => number(v, 1))]; }));
// Where the units went: offered = sold + reserved + available, as the board of the console draws it.
const last = stock[stock.length - 1];
if (last && s.units_offered) {
  const [, , , available, reserved, sold] = last, whole = Math.max(s.units_offered, available + reserved + sold, 1);
  const bars = [["offered", "grey", s.units_offered, 0], ["sold", "sold", sold, 0], ["reserved", "reserved", reserved, sold],
    ["available", "available", available, sold + reserved]];
  grid.insertAdjacentHTML("beforeend", `<section class="card"><h2>Where the units went</h2><p>at the end of the run</p>
    <svg viewBox="0 0 400 190" role="img" aria-label="${bars.map(b => b[0] + " " + b[2]).join(", ")}">` + bars.map(([label, color, units, above], i) =>
    `<rect x="${i * 100 + 12}" width="76" y="${22 + above / whole * 140}" height="${Math.max(units ? 1 : 0, units / whole * 140)}" rx="2" fill="var(--${color})"/>` +
    `<text x="${i * 100 + 50}" y="${16 + above / whole * 140}" text-anchor="middle" style="fill:var(--ink);font-weight:650">${number(units)}</text>` +
    `<text x="${i * 100 + 50}" y="182" text-anchor="middle">${label}</text>`).join("") + `</svg></section>`);
}
if (s.mode !== "steady") table("How visits ended", "each shopper once", ["", "shoppers"],
  Object.entries(s.endings).filter(e => e[1]).map(([k, v]) => [k.replace("_", " "), number(v)]));
table("Answers", "by HTTP status, repeated requests too", ["status", "answers"],
  Object.entries(s.statuses).map(([k, v]) => [k, number(v)]));
if (Object.keys(s.reasons).length) table("Why not", "reasons of refused and unknown orders and payments", ["reason", "times"],
  Object.entries(s.reasons).map(([k, v]) => [escape(k || "(none given)"), number(v)]));
if (!clean) table("Contradictions", `the first ${Math.min(20, s.contradiction_list.length)} of ${number(s.contradictions)}`,
  ["kind", "what", "customer", "key", "order"], s.contradiction_list.slice(0, 20).map(c =>
    [escape(c.kind), escape(c.detail), `<code>${c.customer}</code>`, `<code>${escape(c.key)}</code>`, `<code>${c.order}</code>`]));
add(`<footer>The crowd used ${number(s.cpu_us_per_request, 1)} µs of CPU a request, lost ${number(s.lost_connections)} connections and
  tried again ${number(s.retries)} times.${s.rig_troubles.map(t => " <b>" + escape(t) + "</b>").join("")}</footer>`);
</script>
</body>
</html>
)html";

std::string safe_in_script(std::string json) {
    for (std::size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at + 3))
        json.insert(at + 1, "\\");
    return json;
}

}  // namespace

std::string report_page(const Report& report) {
    std::string out = fmt::format(R"({{"summary":{},"name":{},"slice_s":{},"slices":[)", summary_json(report),
                                  json_quoted(report.sale_name), report.slice_s);
    const char* comma = "";
    for (const Slice& each : report.slices) {
        out += fmt::format("{}[{:.2f},{},{},{},{},{:.3f},{:.3f}]", comma, each.at_s, each.arrivals, each.acknowledged,
                           each.refused, each.paid, each.p50_ms, each.p99_ms);
        comma = ",";
    }
    out += R"(],"samples":[)";
    comma = "";
    for (const Sample& each : report.samples) {
        if (each.at_s < 0) continue;
        out += fmt::format("{}[{:.2f},{},{},{},{},{}]", comma, each.at_s, each.waiting, each.connections,
                           each.available, each.reserved, each.sold);
        comma = ",";
    }
    out += "]}";
    return std::string(kPageHead) + safe_in_script(std::move(out)) + std::string(kPageTail);
}

}  // namespace marketday::crowd
