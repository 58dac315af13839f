#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace marketday::cli {

/// Keeps a shop's directory to ourselves for as long as it lives, brought to the newest form of its tables. Throws
/// std::runtime_error with what to do when a server uses it or it is no shop's.
class HeldShop {
public:
    virtual ~HeldShop() = default;
};
std::unique_ptr<HeldShop> hold_shop(const std::filesystem::path& data);

/// Makes a shop's tables, empty, in the schema that a postgres:// URL leads to. Throws std::runtime_error.
void make_postgres_tables(const std::string& url);

}  // namespace marketday::cli
