#pragma once

#include <memory>
#include <string>

#include "cli/config.hpp"

namespace marketday::cli {

/// A running shop: owns every adapter, use case, server and thread of the process.
class Shop {
public:
    /// Opens the data directory and builds everything. Throws std::runtime_error with one line that says what to do.
    explicit Shop(const Config& config);
    ~Shop();
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    /// Serves until SIGTERM or SIGINT, drains, and gives the exit code.
    int run();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace marketday::cli
