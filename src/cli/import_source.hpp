#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "usecases/import.hpp"

namespace marketday::cli {

/// The records of a file or of standard input ("-"): JSON Lines or CSV, plain or gzipped. Holds little more than one
/// batch in memory, however long the file or its lines are. Used by one thread at a time.
class ImportSource {
public:
    /// Opens the file and looks at its first bytes. Throws CommandError when it cannot be an import: missing, empty, a
    /// directory, binary, some other archive, a CSV whose header is wrong. `format`: "auto", "jsonl" or "csv".
    ImportSource(const std::string& path, const std::string& format);
    ~ImportSource();
    ImportSource(const ImportSource&) = delete;
    ImportSource& operator=(const ImportSource&) = delete;

    struct Limits {
        std::size_t records_max = 2000;
        std::size_t bytes_max = 4 * 1024 * 1024;  // ends a batch after the record that reaches it
    };
    /// The next records; empty at the end.
    std::vector<usecases::Import::Record> next(Limits limits);

    const std::optional<usecases::CsvColumns>& columns() const;
    /// The header as it stands in the file; empty for JSON Lines.
    const std::string& header() const;
    /// Bytes of the file read so far, and of the whole file if it is one.
    std::uint64_t bytes_read() const;
    std::optional<std::uint64_t> bytes_total() const;
    /// After the end: what was wrong with the file's end ("cut off"), and where. The records before it are whole.
    const std::optional<usecases::ImportReport::Refusal>& broken_end() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace marketday::cli
