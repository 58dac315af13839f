#pragma once

#include <filesystem>
#include <string>

#include "base/money.hpp"
#include "cli/admin_client.hpp"
#include "cli/import_progress.hpp"
#include "cli/import_source.hpp"
#include "usecases/import_row.hpp"

namespace marketday::cli {

struct DirectoryImportOptions {
    std::filesystem::path data;
    std::string file;  // what is imported, for the operators' log
    Currency currency;
    usecases::NoPriceChoice no_price;
};

/// Imports straight into a data directory that nobody serves, and says so in its operators' log. Parsing and writing
/// overlap. Throws CommandError.
void import_into_directory(ImportSource& source, ImportProgress& progress, const DirectoryImportOptions& options);

/// Imports through a running server. `no_price`: as given, or empty. Throws CommandError.
void import_over_http(ImportSource& source, ImportProgress& progress, AdminClient& client, const std::string& no_price);

}  // namespace marketday::cli
