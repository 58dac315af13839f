#include "audit/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "base/text.hpp"

namespace marketday::audit {
namespace {

OperationKind to_kind(std::string_view op) {
    if (op == "order") return OperationKind::order;
    if (op == "pay") return OperationKind::pay;
    if (op == "cancel") return OperationKind::cancel;
    if (op == "join") return OperationKind::join;
    if (op == "poll") return OperationKind::poll;
    return OperationKind::other;
}

std::optional<Outcome> to_outcome(std::string_view text) {
    if (text == "ok") return Outcome::ok;
    if (text == "refused") return Outcome::refused;
    if (text == "unknown") return Outcome::unknown;
    return std::nullopt;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::optional<std::int64_t> integer_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_int64()) return value->as_int64();
    return std::nullopt;
}

Uuid uuid_of(const boost::json::object& object, std::string_view name) {
    return Uuid::parse(text_of(object, name)).value_or(Uuid{});
}

std::optional<Operation::Receipt> receipt_of(const boost::json::object& object) {
    const auto* value = object.if_contains("receipt");
    if (value == nullptr || !value->is_object()) return std::nullopt;
    const auto sequence = integer_of(value->as_object(), "sequence");
    const auto bytes = from_hex(text_of(value->as_object(), "hash"));
    Operation::Receipt receipt;
    // A receipt that cannot be read matches no entry: it must be named, not passed over.
    receipt.sequence = sequence.value_or(0);
    if (bytes && bytes->size() == receipt.hash.size()) std::ranges::copy(*bytes, receipt.hash.begin());
    return receipt;
}

std::vector<Operation::Line> lines_of(const boost::json::object& object) {
    std::vector<Operation::Line> lines;
    const auto* value = object.if_contains("lines");
    if (value == nullptr || !value->is_array()) return lines;
    for (const auto& line : value->as_array()) {
        if (!line.is_object()) continue;
        lines.push_back({text_of(line.as_object(), "sku"), integer_of(line.as_object(), "quantity").value_or(0)});
    }
    return lines;
}

}  // namespace

std::optional<Operation> parse_operation(std::string_view line, std::string& why) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    if (error || !value.is_object()) {
        why = "is not a JSON object";
        return std::nullopt;
    }
    const auto& object = value.as_object();
    const std::string op = text_of(object, "op");
    const auto outcome = to_outcome(text_of(object, "outcome"));
    if (op.empty() || !outcome) {
        why = op.empty() ? "has no op" : "has no outcome of ok, refused or unknown";
        return std::nullopt;
    }
    Operation operation;
    operation.kind = to_kind(op);
    operation.outcome = *outcome;
    operation.customer = uuid_of(object, "customer");
    operation.sale = uuid_of(object, "sale");
    operation.order = uuid_of(object, "order");
    operation.key = text_of(object, "key");
    operation.lines = lines_of(object);
    operation.start_us = integer_of(object, "start_us").value_or(0);
    operation.end_us = integer_of(object, "end_us").value_or(0);
    operation.status = integer_of(object, "status").value_or(0);
    operation.reason = text_of(object, "reason");
    operation.state = text_of(object, "state");
    operation.receipt = receipt_of(object);
    operation.place = integer_of(object, "place");
    return operation;
}

Result<std::int64_t, std::string> read_history(const std::filesystem::path& file,
                                               const std::function<void(Operation&&)>& take) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) return fail(fmt::format("cannot read the history {}", file.string()));
    std::int64_t line_no = 0;
    std::int64_t operations = 0;
    std::string line;
    std::string why;
    while (std::getline(stream, line)) {
        ++line_no;
        if (line.empty()) continue;
        auto operation = parse_operation(line, why);
        if (!operation) {
            // A crowd that was killed leaves half a line at the end of its file.
            if (stream.eof()) break;
            return fail(fmt::format("{} line {} {}", file.string(), line_no, why));
        }
        take(std::move(*operation));
        ++operations;
    }
    if (stream.bad()) return fail(fmt::format("cannot read the history {} past line {}", file.string(), line_no));
    return operations;
}

}  // namespace marketday::audit
