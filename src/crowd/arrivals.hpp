#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "crowd/target.hpp"

namespace marketday::crowd {

/// Counts a period, in order. Only their proportions matter.
using Shape = std::vector<std::uint64_t>;

/// From CSV with the columns period,count, plain or gzipped; rows [from, from + rows), all when rows is 0.
Result<Shape, Trouble> read_shape(const std::string& file, std::uint32_t from, std::uint32_t rows);

/// `count` instants within [0, within_us), ascending: each independent of the others, as strangers come. With a shape,
/// the window is cut into as many equal parts as the shape has, each getting its share.
std::vector<std::int64_t> arrival_times(std::size_t count, std::int64_t within_us, const Shape& shape,
                                        SeededRandom& random);

/// The whole text of a file, unpacked when it is gzipped.
Result<std::string, Trouble> read_text_file(const std::string& file);

}  // namespace marketday::crowd
