#include "cli/operate_order.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <memory>

#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

struct ListOptions {
    AdminTarget target;
    std::string state;
    std::string sale;
    int limit = 50;
};

struct OneOptions {
    AdminTarget target;
    std::string order;
    std::string tracking;
    bool restock = false;
};

struct ExportOptions {
    AdminTarget target;
    std::string file = "-";
    std::string state;
    std::string sale;
};

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::string money_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_object()) return {};
    const json::value* amount = value->get_object().if_contains("amount_minor");
    if (amount == nullptr || !amount->is_int64()) return {};
    return show_money(amount->get_int64(), text_of(value->get_object(), "currency"));
}

json::object parse_object(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw CommandError{"the server's answer is not JSON: is this its admin address?"};
    return std::move(value.get_object());
}

const json::array& array_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_array())
        throw CommandError{fmt::format("the server's answer has no {}: are both of one version?", name)};
    return value->get_array();
}

std::string query_of(const std::string& state, const std::string& sale) {
    std::string query;
    if (!state.empty()) query += "&state=" + url_encode(state);
    if (!sale.empty()) query += "&sale=" + url_encode(sale);
    return query;
}

std::int64_t units_of(const json::object& order) {
    std::int64_t units = 0;
    for (const json::value& line : array_of(order, "lines")) {
        const json::value* quantity = line.is_object() ? line.get_object().if_contains("quantity") : nullptr;
        if (quantity != nullptr && quantity->is_int64()) units += quantity->get_int64();
    }
    return units;
}

int list(const ListOptions& options) {
    AdminClient client{options.target};
    const std::string answer = client.must(
        "GET", fmt::format("/admin/v1/orders?limit={}{}", options.limit, query_of(options.state, options.sale)));
    if (options.target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    const json::object page = parse_object(answer);
    Table table{{{"ORDER"}, {"STATE"}, {"PLACED"}, {"UNITS", Table::Align::right}, {"TOTAL", Table::Align::right}}};
    for (const json::value& item : array_of(page, "items")) {
        if (!item.is_object()) continue;
        const json::object& order = item.get_object();
        table.add({text_of(order, "order"), text_of(order, "state"), text_of(order, "placed_at"),
                   show_count(units_of(order)), money_of(order, "total")});
    }
    if (table.empty())
        fmt::print("no orders\n");
    else
        table.print();
    return 0;
}

void print_order(const json::object& order) {
    const json::value* address = order.if_contains("address");
    fmt::print("order     {}\nnumber    {}\nstate     {}\nplaced    {}\ntotal     {}  (shipping {})\npayment   {}\n",
               text_of(order, "order"), text_of(order, "number"), text_of(order, "state"), text_of(order, "placed_at"),
               money_of(order, "total"), money_of(order, "shipping"), text_of(order, "payment"));
    if (!text_of(order, "tracking").empty()) fmt::print("tracking  {}\n", text_of(order, "tracking"));
    if (address != nullptr && address->is_object()) {
        const json::object& to = address->get_object();
        fmt::print("to        {}, {} {}, {} {}, {}\n", text_of(to, "recipient"), text_of(to, "line1"),
                   text_of(to, "line2"), text_of(to, "postal_code"), text_of(to, "city"), text_of(to, "country"));
    }
    Table table{{{"SKU"}, {"QUANTITY", Table::Align::right}, {"UNIT PRICE", Table::Align::right}}};
    for (const json::value& item : array_of(order, "lines")) {
        if (!item.is_object()) continue;
        const json::object& line = item.get_object();
        const json::value* quantity = line.if_contains("quantity");
        const json::value* price = line.if_contains("unit_price_minor");
        table.add({text_of(line, "sku"),
                   quantity != nullptr && quantity->is_int64() ? show_count(quantity->get_int64()) : std::string{},
                   price != nullptr && price->is_int64() ? show_count(price->get_int64()) : std::string{}});
    }
    table.print();
}

int show(const OneOptions& options) {
    AdminClient client{options.target};
    const std::string answer = client.must("GET", "/admin/v1/orders/" + url_encode(options.order));
    if (options.target.json)
        fmt::print("{}\n", answer);
    else
        print_order(parse_object(answer));
    return 0;
}

int ship(const OneOptions& options) {
    AdminClient client{options.target};
    const json::object body{{"tracking", options.tracking}};
    const std::string answer =
        client.must("POST", fmt::format("/admin/v1/orders/{}/ship", url_encode(options.order)), json::serialize(body));
    if (options.target.json)
        fmt::print("{}\n", answer);
    else
        fmt::print("order {} is {}\n", options.order, text_of(parse_object(answer), "state"));
    return 0;
}

int refund(const OneOptions& options) {
    AdminClient client{options.target};
    const json::object body{{"restock", options.restock}};
    const std::string answer = client.must("POST", fmt::format("/admin/v1/orders/{}/refund", url_encode(options.order)),
                                           json::serialize(body));
    if (options.target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    const std::string state = text_of(parse_object(answer), "state");
    if (state == "refunded")
        fmt::print("order {} is refunded\n", options.order);
    else
        fmt::print("the bank has not answered yet: order {} is {}, its refund goes on by itself\n", options.order,
                   state);
    return 0;
}

/// The id in the first cell of a page's last row; empty for a page without rows.
std::string last_order_of(const std::string& csv) {
    constexpr std::size_t kIdBytes = 36;
    std::size_t last_row = csv.size();
    std::size_t row = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < csv.size(); ++at) {
        if (csv[at] == '"') quoted = !quoted;
        if (csv[at] != '\n' || quoted) continue;
        last_row = row;
        row = at + 1;
    }
    const bool has_id = last_row + kIdBytes < csv.size() && csv[last_row + kIdBytes] == ',';
    return has_id ? csv.substr(last_row, kIdBytes) : std::string{};
}

int export_csv(const ExportOptions& options) {
    AdminClient client{options.target};
    std::ofstream file;
    if (options.file != "-") {
        file.open(options.file, std::ios::binary | std::ios::trunc);
        if (!file)
            throw CommandError{fmt::format("cannot write {}: give a file in a writable directory", options.file)};
    }
    std::string cursor;
    while (true) {
        const std::string page =
            client.must("GET", "/admin/v1/orders/export?limit=200" + query_of(options.state, options.sale) +
                                   (cursor.empty() ? std::string{} : "&cursor=" + url_encode(cursor)));
        if (file.is_open())
            file << page;
        else
            fmt::print("{}", page);
        const std::string next = last_order_of(page);
        if (next.empty() || next == cursor) break;
        cursor = next;
    }
    if (file.is_open() && !file.flush())
        throw CommandError{fmt::format("cannot write {}: is the disk full?", options.file)};
    return 0;
}

}  // namespace

void add_order_commands(CLI::App& app, int& exit_code) {
    CLI::App* group = app.add_subcommand("order", "Orders and what becomes of them");
    group->require_subcommand(1);

    // Shared with the callbacks, which CLI11 keeps as long as the app.
    auto listing = std::make_shared<ListOptions>();
    CLI::App* list_command = group->add_subcommand("list", "Show orders, newest first");
    list_command->add_option("--state", listing->state, "Only those in this state, for example paid");
    list_command->add_option("--sale", listing->sale, "Only those of this sale");
    list_command->add_option("--limit", listing->limit, "At most so many")
        ->check(CLI::Range(1, 200))
        ->capture_default_str();
    listing->target.add_to(*list_command);
    list_command->callback([listing, &exit_code] { exit_code = run_command([&] { return list(*listing); }); });

    const auto add_one = [&](const char* name, const char* summary, int (*command)(const OneOptions&)) {
        auto options = std::make_shared<OneOptions>();
        CLI::App* one = group->add_subcommand(name, summary);
        one->add_option("order", options->order, "The order's id")->required();
        options->target.add_to(*one);
        one->callback([options, command, &exit_code] { exit_code = run_command([&] { return command(*options); }); });
        return std::pair{one, options};
    };
    add_one("show", "Show one order", show);
    const auto [ship_command, shipping] = add_one("ship", "Its goods have left", ship);
    ship_command->add_option("--tracking", shipping->tracking, "The carrier's number");
    const auto [refund_command, refunding] = add_one("refund", "Give its money back", refund);
    refund_command->add_flag("--restock", refunding->restock, "Put its units on sale again");

    auto exporting = std::make_shared<ExportOptions>();
    CLI::App* export_command = group->add_subcommand("export", "Write orders as CSV, one row a line");
    export_command->add_option("file", exporting->file, "Where to; - is standard output")->capture_default_str();
    export_command->add_option("--state", exporting->state, "Only those in this state");
    export_command->add_option("--sale", exporting->sale, "Only those of this sale");
    exporting->target.add_to(*export_command);
    export_command->callback(
        [exporting, &exit_code] { exit_code = run_command([&] { return export_csv(*exporting); }); });
}

}  // namespace marketday::cli
