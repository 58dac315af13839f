#pragma once

#include <filesystem>

#include "base/async/blocking.hpp"
#include "ports/mail.hpp"

namespace marketday::adapters {

/// Mail as a directory: one RFC 5322 file a letter, `<id>.eml`, which appears whole and durable or not at all. A letter
/// sent twice replaces itself. Another program (or a person) delivers them.
class FileMail final : public ports::Mail {
public:
    struct Options {
        std::filesystem::path directory;        // made when missing
        std::string sender = "shop@localhost";  // an address, ASCII
        std::string sender_name = "Marketday";
    };
    /// Throws std::runtime_error when the directory cannot be made.
    FileMail(BlockingPool& pool, Options options);

    Task<Result<std::monostate, Error>> send(Letter letter) override;

private:
    BlockingPool& pool_;
    Options options_;
};

}  // namespace marketday::adapters
