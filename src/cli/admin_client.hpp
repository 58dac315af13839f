#pragma once

#include <CLI/App.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marketday::cli {

/// What went wrong, as one line that says what to do. `run_command` prints it and exits with 2 (or `exit_code`).
struct CommandError {
    std::string message;
    int exit_code = 2;
};

/// Where the server is, from flags: `--data DIR` (its admin.json), or `--url URL` with the operator's token in the
/// environment (MARKETDAY_OPERATOR_TOKEN).
struct AdminTarget {
    std::string data_dir;
    std::string url;
    bool json = false;  // --json: print the server's answer for programs

    /// Adds --data, --url and --json to a subcommand. `this` must outlive the parsing.
    void add_to(CLI::App& command);
};

/// A blocking HTTP/1.1 client of one server's admin API. One connection, opened again when the server closed it. Not
/// thread-safe.
class AdminClient {
public:
    /// Throws CommandError when the target cannot be found.
    explicit AdminClient(const AdminTarget& target);
    AdminClient(std::string url, std::string token);
    ~AdminClient();
    AdminClient(const AdminClient&) = delete;
    AdminClient& operator=(const AdminClient&) = delete;
    AdminClient& operator=(AdminClient&& other) noexcept;

    struct Answer {
        int status = 0;
        std::string content_type;
        std::string body;
    };
    /// `target` begins with "/admin/v1/…". Throws CommandError when there was no answer. A POST is sent once: when the
    /// connection broke after sending, the error says that it may have happened.
    Answer call(std::string_view method, std::string_view target, std::string_view body = {},
                std::string_view content_type = "application/json");
    /// The same, and throws CommandError with the problem's title and detail (exit code 1) unless the status is 2xx.
    std::string must(std::string_view method, std::string_view target, std::string_view body = {},
                     std::string_view content_type = "application/json");

private:
    void connect();
    void close();
    bool send_all(std::string_view bytes);
    bool receive_more();
    Answer receive_answer(bool head_only);

    std::string host_;
    std::string port_;
    std::string token_;
    int descriptor_ = -1;
    std::string buffer_;
};

/// Runs `command`; prints a CommandError (or any exception's text) as one line on stderr and returns its exit code.
template <class F>
int run_command(F command);
int report_error(const CommandError& error);
template <class F>
int run_command(F command) {
    try {
        return command();
    } catch (const CommandError& error) {
        return report_error(error);
    } catch (const std::exception& error) {
        return report_error({error.what(), 2});
    }
}

/// A table for people: columns padded by display width (Korean and Japanese take two cells), cut to the terminal.
class Table {
public:
    enum class Align : unsigned char { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    bool empty() const { return rows_.empty(); }
    /// Tabs between cells when stdout is no terminal.
    void print() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// Cells that `text` takes on a terminal.
std::size_t display_width(std::string_view text);
/// Percent-encodes everything but RFC 3986 unreserved characters.
std::string url_encode(std::string_view text);
/// "12000 KRW" from {"amount_minor":12000,"currency":"KRW"} given as its two parts.
std::string show_money(long long amount_minor, std::string_view currency);
/// Grouped by thousands: 42,844.
std::string show_count(long long count);

}  // namespace marketday::cli
