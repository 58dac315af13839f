#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace marketday::cli {

/// Writes a file that only this user may read: whole or not there, and durable with its name when it returns. Throws
/// std::runtime_error with one line.
void write_private_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_private_file(const std::filesystem::path& path, std::string_view text);

}  // namespace marketday::cli
