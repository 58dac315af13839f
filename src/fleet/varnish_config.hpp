#pragma once

#include <string>

#include "fleet/topology.hpp"

namespace marketday::fleet {

/// The CDN's VCL. It keeps what the shop's CDN-Cache-Control (RFC 9213), or a public Cache-Control, says that it may,
/// for so long; of what may belong to somebody it keeps nothing and asks the origin with all that the shopper sent.
/// * What is old, or was purged, is given only when the origin cannot answer, as long as stale-if-error allows. There
///   is no stale-while-revalidate here: a purge could not reach an answer in that time, and the origin keeps ready
///   bytes of the same.
/// * PURGE with a Surrogate-Key, from hosts of workers alone: what carries one of its keys is old from then on. All
///   that is kept carries `kEverything`.
std::string varnish_config(const Topology& topology);

/// Where it says that it is there, without asking anybody.
inline constexpr std::string_view kVarnishAlive = "/cdn-livez";
/// Where the load balancer says the same to it.
inline constexpr std::string_view kOriginAlive = "/origin-livez";

}  // namespace marketday::fleet
