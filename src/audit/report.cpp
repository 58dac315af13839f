#include "audit/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

namespace marketday::audit {
namespace {

std::string counts(const Check& check) {
    std::string text = fmt::format("{} {}", grouped(check.examined_count()), check.examined_what());
    if (!check.holds()) text += fmt::format(", {} violated", grouped(check.violation_count()));
    if (!check.note().empty()) text += ", " + check.note();
    return text;
}

std::string_view verdict(const Check& check) {
    if (!check.holds()) return "VIOLATED";
    return check.skipped() ? "-" : "ok";
}

void append_violations(std::string& out, const Check& check) {
    for (const Violation& violation : check.violations()) {
        fmt::format_to(std::back_inserter(out), "  {}: {}\n      expected {}\n      found    {}\n", check.id(),
                       violation.subject, violation.expected, violation.found);
    }
    const auto unnamed = check.violation_count() - static_cast<std::int64_t>(check.violations().size());
    if (unnamed > 0) fmt::format_to(std::back_inserter(out), "  {}: and {} more\n", check.id(), grouped(unnamed));
}

boost::json::object check_json(const Check& check) {
    boost::json::array violations;
    for (const Violation& violation : check.violations()) {
        violations.push_back(boost::json::object{
            {"subject", violation.subject}, {"expected", violation.expected}, {"found", violation.found}});
    }
    return boost::json::object{{"id", check.id()},
                               {"title", check.title()},
                               {"state", check.holds() ? (check.skipped() ? "skipped" : "ok") : "violated"},
                               {"examined", check.examined_count()},
                               {"examined_what", check.examined_what()},
                               {"violation_count", check.violation_count()},
                               {"note", check.note()},
                               {"violations", std::move(violations)}};
}

}  // namespace

void Check::violated(std::string subject, std::string expected, std::string found) {
    ++violation_count_;
    skipped_ = false;
    if (violations_.size() < kViolationsNamedMax)
        violations_.push_back({std::move(subject), std::move(expected), std::move(found)});
}

void Check::skip(std::string why) {
    if (!holds()) return;
    skipped_ = true;
    note_ = std::move(why);
}

const Check* Report::find(std::string_view id) const {
    const auto found = std::ranges::find(checks, id, &Check::id);
    return found == checks.end() ? nullptr : &*found;
}

std::int64_t Report::violation_count() const {
    std::int64_t count = 0;
    for (const Check& check : checks) count += check.violation_count();
    return count;
}

std::string Report::to_text() const {
    std::size_t width = 0;
    for (const Check& check : checks) width = std::max(width, check.title().size());
    std::string out;
    for (const Check& check : checks)
        fmt::format_to(std::back_inserter(out), "{:<{}}  {:<8}  {}\n", check.title(), width, verdict(check),
                       counts(check));
    if (!holds()) {
        out += "\n";
        for (const Check& check : checks) append_violations(out, check);
    }
    fmt::format_to(
        std::back_inserter(out), "\n{} orders, {} units sold, {} ledger entries{}: ", grouped(orders),
        grouped(units_sold), grouped(ledger_entries),
        history_operations > 0 ? fmt::format(", {} operations in the history", grouped(history_operations)) : "");
    if (holds())
        out += "everything holds.\n";
    else
        fmt::format_to(std::back_inserter(out), "{} violations.\n", grouped(violation_count()));
    return out;
}

std::string Report::to_json() const {
    boost::json::array list;
    for (const Check& check : checks) list.push_back(check_json(check));
    return boost::json::serialize(boost::json::object{{"holds", holds()},
                                                      {"violations", violation_count()},
                                                      {"orders", orders},
                                                      {"orders_sold", orders_sold},
                                                      {"customers_served", customers_served},
                                                      {"units_sold", units_sold},
                                                      {"ledger_entries", ledger_entries},
                                                      {"ledger_head", ledger_head},
                                                      {"outbox_pending", outbox_pending},
                                                      {"history_operations", history_operations},
                                                      {"orders_acknowledged", orders_acknowledged},
                                                      {"orders_lost", orders_lost},
                                                      {"contradictions", contradictions},
                                                      {"checks", std::move(list)}});
}

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t sign = number < 0 ? 1 : 0;
    for (std::size_t place = digits.size(); place > sign + 3;) {
        place -= 3;
        digits.insert(place, ",");
    }
    return digits;
}

}  // namespace marketday::audit
