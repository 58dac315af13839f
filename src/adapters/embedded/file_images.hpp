#pragma once

#include <filesystem>

#include "base/async/blocking.hpp"
#include "ports/images.hpp"

namespace marketday::adapters {

/// Pictures as files: `<directory>/<sku>/<file>`. A file appears under its name whole and synced, or not at all.
class FileImages final : public ports::Images {
public:
    struct Options {
        std::filesystem::path directory;  // made when missing
    };
    /// `pool` reads and writes; it lives longer. Throws std::runtime_error when the directory cannot be made.
    FileImages(BlockingPool& pool, Options options);

    Answer<std::monostate> put(Name name, Bytes bytes) override;
    Answer<std::optional<Bytes>> get(Name name) override;
    Answer<std::vector<std::string>> list(domain::SkuCode sku) override;
    Answer<std::monostate> remove(domain::SkuCode sku, std::vector<std::string> files) override;

private:
    BlockingPool& pool_;
    Options options_;
};

}  // namespace marketday::adapters
