#pragma once

#include <xapian.h>

#include "adapters/embedded/xapian_search_schema.hpp"
#include "base/result.hpp"
#include "ports/search_index.hpp"

namespace marketday::adapters {

/// One search over one commit. Throws Xapian::Error.
Result<ports::SearchIndex::Page, ports::SearchIndex::Error> run_search(const Xapian::Database& index,
                                                                       const SearchSnapshot& snapshot,
                                                                       const ports::SearchIndex::Query& query);

}  // namespace marketday::adapters
