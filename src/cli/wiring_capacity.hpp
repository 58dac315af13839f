#pragma once

#include <ctime>
#include <filesystem>

#include "usecases/capacity.hpp"

namespace marketday::cli {

/// Places 10,000 orders of random customers into a store of its own in `data`, and says how fast that was. Blocks for
/// half a second or so; throws std::runtime_error when it cannot.
usecases::Capacity::Trial try_store(const std::filesystem::path& data);

/// The CPU time that the calling thread has used, for whoever asks later.
clockid_t clock_of_this_thread();

}  // namespace marketday::cli
