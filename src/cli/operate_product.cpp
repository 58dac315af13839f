#include "cli/operate_product.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>

#include "base/money.hpp"
#include "cli/admin_client.hpp"
#include "cli/operate_images.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

struct ProductOptions {
    AdminTarget target;
    std::string sku;
    std::string after;
    int limit = 50;
    bool all = false;
    std::string language = "en";
};

struct SetOptions {
    AdminTarget target;
    std::string sku;
    std::string price;  // decimal, or "none"
    std::string currency = "KRW";
    bool hide = false;
    bool show = false;
    long long weight_g = -1;
    std::string names[3];
    std::string descriptions[3];
    long long if_version = 0;
};

struct StockOptions {
    AdminTarget target;
    std::string sku;
    long long units = 0;
    std::string reason;
};

constexpr const char* kLanguages[] = {"en", "ja", "ko"};

json::object parse_object(const std::string& text) {
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw CommandError{"the server's answer is not JSON: is this its admin address?"};
    return std::move(value.get_object());
}

std::string text(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}} : std::string{};
}

long long integer(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

const json::object* member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

/// The text in `language`, else in whichever is there.
std::string local(const json::object& object, std::string_view name, const std::string& language) {
    const auto* texts = member(object, name);
    if (texts == nullptr || texts->empty()) return {};
    const std::string wanted = text(*texts, language);
    return wanted.empty() ? text(*texts, texts->begin()->key()) : wanted;
}

std::string price_of(const json::object& product) {
    const auto* price = member(product, "price");
    return price == nullptr ? "-" : show_money(integer(*price, "amount_minor"), text(*price, "currency"));
}

bool hidden(const json::object& product) {
    const auto* value = product.if_contains("hidden");
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::string path_of(const std::string& sku) { return "/admin/v1/products/" + url_encode(sku); }

int list(const ProductOptions& options) {
    AdminClient client{options.target};
    Table table{{{"SKU"},
                 {"NAME"},
                 {"CATEGORY"},
                 {"PRICE", Table::Align::right},
                 {"AVAILABLE", Table::Align::right},
                 {"SOLD", Table::Align::right},
                 {"SHOWN"}}};
    std::string cursor = options.after;
    for (;;) {
        const int page = options.all ? 1000 : options.limit;
        const std::string answer =
            client.must("GET", fmt::format("/admin/v1/products?limit={}&cursor={}", page, url_encode(cursor)));
        const json::object object = parse_object(answer);
        const auto* items = object.if_contains("items");
        if (items == nullptr || !items->is_array()) throw CommandError{"the server's answer has no items"};
        cursor = text(object, "next_cursor");
        if (options.target.json && !options.all) {
            fmt::print("{}\n", answer);
            return 0;
        }
        for (const auto& item : items->get_array()) {
            if (!item.is_object()) continue;
            const auto& product = item.get_object();
            if (options.target.json) {
                fmt::print("{}\n", json::serialize(item));  // one a line: the list may be long
                continue;
            }
            const auto* stock = member(product, "stock");
            table.add({text(product, "sku"), local(product, "name", options.language), text(product, "category_path"),
                       price_of(product), stock == nullptr ? "" : show_count(integer(*stock, "available")),
                       stock == nullptr ? "" : show_count(integer(*stock, "sold")), hidden(product) ? "no" : "yes"});
        }
        if (!options.target.json && (cursor.empty() || !options.all)) {
            table.print();
            if (!cursor.empty())
                fmt::print(stderr, "of {}; more with --after {} or --all\n", show_count(integer(object, "total")),
                           cursor);
        }
        if (cursor.empty() || !options.all) return 0;
    }
}

void print_product(const std::string& answer, bool as_json) {
    if (as_json) {
        fmt::print("{}\n", answer);
        return;
    }
    const json::object product = parse_object(answer);
    fmt::print("{}  {}{}\n", text(product, "sku"), price_of(product), hidden(product) ? "  (hidden)" : "");
    for (const char* language : kLanguages) {
        const auto* names = member(product, "name");
        if (names != nullptr && names->contains(language))
            fmt::print("  name {}        {}\n", language, text(*names, language));
    }
    for (const char* language : kLanguages) {
        const auto* texts = member(product, "description");
        if (texts != nullptr && texts->contains(language))
            fmt::print("  description {} {}\n", language, text(*texts, language));
    }
    if (!text(product, "category_path").empty()) fmt::print("  category       {}\n", text(product, "category_path"));
    fmt::print("  weight         {} g\n", integer(product, "weight_g"));
    fmt::print("  version        {} (price version {}), changed {}\n", integer(product, "version"),
               integer(product, "price_version"), text(product, "updated_at"));
    if (const auto* stock = member(product, "stock"); stock != nullptr)
        fmt::print("  stock          {} available, {} reserved, {} sold, {} withdrawn, {} received\n",
                   show_count(integer(*stock, "available")), show_count(integer(*stock, "reserved")),
                   show_count(integer(*stock, "sold")), show_count(integer(*stock, "withdrawn")),
                   show_count(integer(*stock, "received")));
}

int show(const ProductOptions& options) {
    AdminClient client{options.target};
    print_product(client.must("GET", path_of(options.sku)), options.target.json);
    return 0;
}

int set(const SetOptions& options) {
    json::object body;
    if (options.price == "none") {
        body["price"] = nullptr;
    } else if (!options.price.empty()) {
        const auto currency = Currency::parse(options.currency);
        const auto price = currency ? parse_money(options.price, *currency) : std::nullopt;
        if (!price)
            throw CommandError{fmt::format("--price {} is not an amount of {}", options.price, options.currency)};
        body["price"] = json::object{{"amount_minor", price->amount_minor}, {"currency", options.currency}};
    }
    if (options.hide) body["hidden"] = true;
    if (options.show) body["hidden"] = false;
    if (options.weight_g >= 0) body["weight_g"] = options.weight_g;
    json::object names;
    json::object descriptions;
    for (std::size_t i = 0; i < std::size(kLanguages); ++i) {
        if (!options.names[i].empty()) names[kLanguages[i]] = options.names[i];
        if (!options.descriptions[i].empty()) descriptions[kLanguages[i]] = options.descriptions[i];
    }
    if (!names.empty()) body["name"] = names;
    if (!descriptions.empty()) body["description"] = descriptions;
    if (body.empty()) throw CommandError{"nothing to set: give --price, --hide, --show, --weight-g, --name-ko …"};
    if (options.if_version > 0) body["if_version"] = options.if_version;
    AdminClient client{options.target};
    print_product(client.must("PATCH", path_of(options.sku), json::serialize(body)), options.target.json);
    return 0;
}

int move_stock(const StockOptions& options, std::string_view movement) {
    const json::object body{
        {"sku", options.sku}, {"movement", movement}, {"units", options.units}, {"reason", options.reason}};
    AdminClient client{options.target};
    const std::string answer = client.must("POST", "/admin/v1/stock", json::serialize(body));
    if (options.target.json) {
        fmt::print("{}\n", answer);
        return 0;
    }
    const json::object stock = parse_object(client.must("GET", "/admin/v1/stock/" + url_encode(options.sku)));
    fmt::print("{}: {} units {}; {} available, {} reserved, {} sold\n", options.sku, show_count(options.units),
               movement == "receive" ? "received" : "withdrawn", show_count(integer(stock, "available")),
               show_count(integer(stock, "reserved")), show_count(integer(stock, "sold")));
    return 0;
}

void add_set_command(CLI::App& group, int& exit_code) {
    auto options = std::make_shared<SetOptions>();
    CLI::App* command = group.add_subcommand("set", "Change a product's price, texts, weight or visibility");
    command->add_option("SKU", options->sku)->required();
    command->add_option("--price", options->price, "Decimal amount such as 12000 or 19.90; \"none\": shown, not sold");
    command->add_option("--currency", options->currency, "Of the price: the shop's")->capture_default_str();
    auto* hide = command->add_flag("--hide", options->hide, "Neither show nor sell it");
    command->add_flag("--show", options->show, "Show it again")->excludes(hide);
    command->add_option("--weight-g", options->weight_g, "Packed weight in grams")->check(CLI::NonNegativeNumber);
    for (std::size_t i = 0; i < std::size(kLanguages); ++i) {
        command->add_option(fmt::format("--name-{}", kLanguages[i]), options->names[i]);
        command->add_option(fmt::format("--description-{}", kLanguages[i]), options->descriptions[i]);
    }
    command->add_option("--if-version", options->if_version, "Only if the product still has this version");
    options->target.add_to(*command);
    command->callback([options, &exit_code] { exit_code = run_command([&] { return set(*options); }); });
}

void add_stock_command(CLI::App& group, int& exit_code, const char* name, const char* about,
                       std::string_view movement) {
    auto options = std::make_shared<StockOptions>();
    CLI::App* command = group.add_subcommand(name, about);
    command->add_option("SKU", options->sku)->required();
    command->add_option("UNITS", options->units, "1 to 1,000,000,000")
        ->required()
        ->check(CLI::Range(1LL, 1'000'000'000LL));
    command->add_option("--reason", options->reason, "For the ledger");
    options->target.add_to(*command);
    command->callback(
        [options, movement, &exit_code] { exit_code = run_command([&] { return move_stock(*options, movement); }); });
}

}  // namespace

void add_product_commands(CLI::App& app, int& exit_code) {
    CLI::App* group = app.add_subcommand("product", "The goods");
    group->require_subcommand(1);

    // Shared with the callbacks, which CLI11 keeps as long as the app.
    auto list_options = std::make_shared<ProductOptions>();
    CLI::App* list_command = group->add_subcommand("list", "Products by SKU, hidden ones too");
    list_command->add_option("--after", list_options->after, "Go on after this SKU");
    list_command->add_option("--limit", list_options->limit)->check(CLI::Range(1, 1000))->capture_default_str();
    list_command->add_flag("--all", list_options->all, "All of them; with --json one a line");
    list_command->add_option("--lang", list_options->language, "Language of names")
        ->check(CLI::IsMember({"en", "ja", "ko"}))
        ->capture_default_str();
    list_options->target.add_to(*list_command);
    list_command->callback(
        [list_options, &exit_code] { exit_code = run_command([&] { return list(*list_options); }); });

    auto show_options = std::make_shared<ProductOptions>();
    CLI::App* show_command = group->add_subcommand("show", "One product with its stock");
    show_command->add_option("SKU", show_options->sku)->required();
    show_options->target.add_to(*show_command);
    show_command->callback(
        [show_options, &exit_code] { exit_code = run_command([&] { return show(*show_options); }); });

    add_set_command(*group, exit_code);
    add_images_command(*group, exit_code);
}

void add_stock_commands(CLI::App& app, int& exit_code) {
    CLI::App* group = app.add_subcommand("stock", "Units on hand");
    group->require_subcommand(1);
    add_stock_command(*group, exit_code, "add", "Receive units", "receive");
    add_stock_command(*group, exit_code, "withdraw", "Take units out of sale", "withdraw");
}

}  // namespace marketday::cli
