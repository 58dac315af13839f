#pragma once

#include "drills/drill.hpp"

namespace marketday::drills {

/// More orders than the shop can take: the shop on one core, the shoppers on another, orders offered at 10 to 200 % of
/// what it takes at most, each rate for `lasts` (10 s); then the same up to 400 % with a store that is slowed down. The
/// shop must go on taking most of what it can, answer those it takes in time, and answer operators all the while.
DrillResult drill_overload(const DrillOptions& options, const Say& say);

/// 5,000 connections that are held by being slow (heads, bodies, readers) while a sale goes on: goodput keeps four
/// fifths of what it is without them, turn and turn about in one run, and operators are answered.
DrillResult drill_slowloris(const DrillOptions& options, const Say& say);

/// A mixed load (looking, searching, the line, orders, payments) at half of the rate that the shop can take, for
/// `lasts` (30 min), with memory, descriptors, threads, log and latency sampled. All of it must be flat.
DrillResult drill_soak(const DrillOptions& options, const Say& say);

}  // namespace marketday::drills
