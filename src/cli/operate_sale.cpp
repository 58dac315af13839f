#include "cli/operate_sale.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <memory>

#include "base/log.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

struct CreateOptions {
    AdminTarget target;
    std::string names[3];
    std::string opens;
    std::string closes;
    std::vector<std::string> items;  // SKU:UNITS:PRICE[:LIMIT]
    std::string currency = "KRW";
    bool no_line = false;
    bool no_draw = false;
    long long admissions_per_s_max = 0;
};

struct SaleOptions {
    AdminTarget target;
    std::string sale;
};

constexpr const char* kLanguages[] = {"ko", "ja", "en"};

/// "+60s", "+5m", "now", or RFC 3339.
std::string time_of(const std::string& text, const char* option) {
    const std::int64_t now = to_unix_ms(SystemClock{}.wall_now());
    if (text == "now") return to_rfc3339(now);
    if (text.size() > 2 && text.front() == '+') {
        std::int64_t amount = 0;
        const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size() - 1, amount);
        const bool whole = error == std::errc{} && end == text.data() + text.size() - 1;
        const std::int64_t unit_ms = text.back() == 's'   ? 1000
                                     : text.back() == 'm' ? 60'000
                                     : text.back() == 'h' ? 3'600'000
                                                          : 0;
        if (whole && unit_ms != 0) return to_rfc3339(now + amount * unit_ms);
    }
    if (const auto ms = from_rfc3339(text)) return to_rfc3339(*ms);
    throw CommandError{fmt::format(
        "{} takes \"now\", \"+60s\", \"+5m\" or a time such as 2026-11-21T05:00:00Z, not \"{}\"", option, text)};
}

json::object item_of(const std::string& text, const std::string& currency_code) {
    std::vector<std::string> parts;
    std::string_view rest = text;
    while (true) {
        const auto colon = rest.find(':');
        parts.emplace_back(rest.substr(0, colon));
        if (colon == std::string_view::npos) break;
        rest = rest.substr(colon + 1);
    }
    const auto currency = Currency::parse(currency_code);
    if (!currency)
        throw CommandError{fmt::format("--currency takes a currency such as KRW, not \"{}\"", currency_code)};
    const auto number = [&text](const std::string& part) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc{} || end != part.data() + part.size() || value < 1)
            throw CommandError{fmt::format(
                "--item takes SKU:UNITS:PRICE[:LIMIT], for example demo-0061:100:39000:1, not \"{}\"", text)};
        return value;
    };
    if (parts.size() < 3 || parts.size() > 4) number("");
    const auto price = parse_money(parts[2], *currency);
    if (!price) throw CommandError{fmt::format("\"{}\" is no price in {}", parts[2], currency_code)};
    return {{"sku", parts[0]},
            {"units", number(parts[1])},
            {"price", {{"amount_minor", price->amount_minor}, {"currency", currency_code}}},
            {"limit_per_customer", parts.size() == 4 ? number(parts[3]) : 1}};
}

json::object parse_sale(const std::string& text) {
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw CommandError{"the server's answer is not JSON: is this its admin address?"};
    return std::move(value.get_object());
}

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}} : "";
}

std::string name_of(const json::object& sale) {
    const auto* names = sale.if_contains("name");
    if (names == nullptr || !names->is_object() || names->get_object().empty()) return "";
    const auto& texts = names->get_object();
    const auto* english = texts.if_contains("en");
    const json::value& chosen = english != nullptr ? *english : texts.begin()->value();
    return chosen.is_string() ? std::string{std::string_view{chosen.get_string()}} : "";
}

void print_sale(const json::object& sale) {
    fmt::print("{}  {}\nstate   {}\nopens   {}\ncloses  {}\n", text_of(sale, "id"), name_of(sale),
               text_of(sale, "state"), text_of(sale, "opens_at"),
               text_of(sale, "closes_at").empty() ? "-" : text_of(sale, "closes_at"));
    Table table{
        {{"SKU"}, {"UNITS", Table::Align::right}, {"PRICE", Table::Align::right}, {"LIMIT", Table::Align::right}}};
    for (const auto& item : sale.at("items").as_array()) {
        const auto& price = item.at("price");
        table.add({text_of(item.as_object(), "sku"), show_count(item.at("units").as_int64()),
                   show_money(price.at("amount_minor").as_int64(), text_of(price.as_object(), "currency")),
                   show_count(item.at("limit_per_customer").as_int64())});
    }
    table.print();
}

int show_answer(const AdminTarget& target, const std::string& answer) {
    if (target.json)
        fmt::print("{}\n", answer);
    else
        print_sale(parse_sale(answer));
    return 0;
}

/// A sale may be planned before its goods arrive, but nobody should learn at the opening that they have not.
void warn_of_missing_stock(AdminClient& client, const json::object& sale) {
    for (const auto& item : sale.at("items").as_array()) {
        const std::string sku = text_of(item.as_object(), "sku");
        const std::int64_t units = item.at("units").as_int64();
        const auto answer = client.call("GET", "/admin/v1/stock/" + url_encode(sku));
        const std::int64_t available =
            answer.status == 200 ? parse_sale(answer.body).at("available").as_int64() : std::int64_t{0};
        if (available >= units) continue;
        fmt::print(
            stderr, "note: {} has {} units available, the sale offers {}; add {} with `marketday stock add {} {}`\n",
            sku, show_count(available), show_count(units), show_count(units - available), sku, units - available);
    }
}

int create(const CreateOptions& options) {
    json::object name;
    for (std::size_t i = 0; i < 3; ++i)
        if (!options.names[i].empty()) name[kLanguages[i]] = options.names[i];
    if (name.empty()) throw CommandError{"give the sale a name: --name-ko, --name-ja or --name-en"};
    json::array items;
    for (const auto& item : options.items) items.push_back(item_of(item, options.currency));
    json::object line{{"enabled", !options.no_line}, {"draw", !options.no_draw}};
    if (options.admissions_per_s_max > 0) line["admissions_per_s_max"] = options.admissions_per_s_max;
    json::object sale{
        {"name", name}, {"opens_at", time_of(options.opens, "--opens")}, {"items", items}, {"line", line}};
    if (!options.closes.empty()) sale["closes_at"] = time_of(options.closes, "--closes");
    AdminClient client{options.target};
    const std::string created = client.must("POST", "/admin/v1/sales", json::serialize(sale));
    warn_of_missing_stock(client, parse_sale(created));
    return show_answer(options.target, created);
}

int list(const AdminTarget& target) {
    AdminClient client{target};
    const std::string answer = client.must("GET", "/admin/v1/sales");
    if (target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    Table table{{{"SALE"}, {"NAME"}, {"STATE"}, {"OPENS"}, {"UNITS", Table::Align::right}}};
    const auto sales = parse_sale(answer);
    for (const auto& value : sales.at("items").as_array()) {
        const auto& sale = value.as_object();
        std::int64_t units = 0;
        for (const auto& item : sale.at("items").as_array()) units += item.at("units").as_int64();
        table.add(
            {text_of(sale, "id"), name_of(sale), text_of(sale, "state"), text_of(sale, "opens_at"), show_count(units)});
    }
    if (table.empty()) fmt::print("no sales yet; plan one with `marketday sale create`\n");
    table.print();
    return 0;
}

int show(const SaleOptions& options) {
    AdminClient client{options.target};
    return show_answer(options.target, client.must("GET", "/admin/v1/sales/" + url_encode(options.sale)));
}

int set_state(const SaleOptions& options, const char* state) {
    AdminClient client{options.target};
    const std::string path = "/admin/v1/sales/" + url_encode(options.sale) + "/state";
    return show_answer(options.target, client.must("POST", path, fmt::format(R"({{"state":"{}"}})", state)));
}

}  // namespace

CLI::App* add_sale_commands(CLI::App& app, int& exit_code) {
    auto* sale = app.add_subcommand("sale", "Plan and run sales");
    sale->require_subcommand(1);

    auto create_options = std::make_shared<CreateOptions>();
    auto* create_command = sale->add_subcommand("create", "Plan a sale");
    create_options->target.add_to(*create_command);
    create_command->add_option("--name-ko", create_options->names[0], "Name in Korean");
    create_command->add_option("--name-ja", create_options->names[1], "Name in Japanese");
    create_command->add_option("--name-en", create_options->names[2], "Name in English");
    create_command->add_option("--opens", create_options->opens, "now, +60s, +5m, or an RFC 3339 time")->required();
    create_command->add_option("--closes", create_options->closes, "The same forms; open-ended without it");
    create_command->add_option("--item", create_options->items, "SKU:UNITS:PRICE[:LIMIT]; may be repeated")->required();
    create_command->add_option("--currency", create_options->currency, "The prices' currency (default KRW)");
    create_command->add_flag("--no-line", create_options->no_line, "Let everybody order at once");
    create_command->add_flag("--no-draw", create_options->no_draw, "First come, first served before the opening too");
    create_command->add_option("--admissions-per-s", create_options->admissions_per_s_max,
                               "Never let in more than this");
    create_command->callback(
        [create_options, &exit_code] { exit_code = run_command([&] { return create(*create_options); }); });

    auto list_target = std::make_shared<AdminTarget>();
    auto* list_command = sale->add_subcommand("list", "Sales that are not closed and the newest closed ones");
    list_target->add_to(*list_command);
    list_command->callback([list_target, &exit_code] { exit_code = run_command([&] { return list(*list_target); }); });

    const auto add_one = [&](const char* name, const char* meaning, auto act) {
        auto options = std::make_shared<SaleOptions>();
        auto* command = sale->add_subcommand(name, meaning);
        options->target.add_to(*command);
        command->add_option("SALE", options->sale, "The sale's id")->required();
        command->callback([options, act, &exit_code] { exit_code = run_command([&] { return act(*options); }); });
    };
    add_one("show", "One sale", [](const SaleOptions& options) { return show(options); });
    add_one("open", "Open a sale now, or again", [](const SaleOptions& options) { return set_state(options, "open"); });
    add_one("pause", "Stop granting orders", [](const SaleOptions& options) { return set_state(options, "paused"); });
    add_one("close", "End a sale", [](const SaleOptions& options) { return set_state(options, "closed"); });
    return sale;
}

}  // namespace marketday::cli
