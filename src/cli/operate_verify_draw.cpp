#include "cli/operate_verify_draw.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/text.hpp"
#include "cli/admin_client.hpp"
#include "domain/draw.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kPagesMax = 10'000;

struct Options {
    std::string sale;
    std::string url;
    std::string file;
    std::string save;
    std::string noted_commitment;
    std::string noted_root;
    std::vector<std::string> tickets;
    bool json = false;
};

json::object parse_page(const std::string& text) {
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object()) throw CommandError{"what was read is not the JSON of a draw"};
    return std::move(value.as_object());
}

std::string text_member(const json::object& page, std::string_view name) {
    const json::value* member = page.if_contains(name);
    if (member == nullptr || !member->is_string())
        throw CommandError{fmt::format("the draw's JSON lacks the text \"{}\"", name)};
    return std::string{member->as_string()};
}

template <std::size_t size>
std::array<std::uint8_t, size> bytes_of(std::string_view hex, std::string_view name) {
    const auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != size)
        throw CommandError{fmt::format("\"{}\" must be {} hex digits", name, 2 * size)};
    std::array<std::uint8_t, size> value;
    std::ranges::copy(*bytes, value.begin());
    return value;
}

std::optional<Hash256> hash_member(const json::object& page, std::string_view name) {
    const json::value* member = page.if_contains(name);
    if (member == nullptr || member->is_null()) return std::nullopt;
    return bytes_of<32>(text_member(page, name), name);
}

/// Reads all pages of the shop's public list, as one page.
json::object fetch(const Options& options) {
    AdminClient client(options.url, "");
    json::object whole;
    json::array entries;
    std::string cursor;
    for (std::size_t pages = 0; pages < kPagesMax; ++pages) {
        std::string target = "/api/v1/sales/" + url_encode(options.sale) + "/draw";
        if (!cursor.empty()) target += "?cursor=" + url_encode(cursor);
        json::object page = parse_page(client.must("GET", target));
        const json::value* part = page.if_contains("entries");
        if (part == nullptr || !part->is_array()) throw CommandError{"the draw's JSON lacks its entries"};
        for (const json::value& entry : part->get_array()) entries.push_back(entry);
        const json::value* next = page.if_contains("next_cursor");
        const bool more = next != nullptr && next->is_string();
        cursor = more ? std::string{next->get_string()} : std::string{};
        whole = std::move(page);
        if (!more) break;
    }
    whole["entries"] = std::move(entries);
    whole["next_cursor"] = nullptr;
    return whole;
}

json::object read_file(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw CommandError{fmt::format("cannot read {}: give the file of a draw, or --url of the shop", file)};
    std::ostringstream text;
    text << in.rdbuf();
    return parse_page(text.str());
}

domain::PublishedDraw published(const json::object& page) {
    domain::PublishedDraw draw;
    const auto sale = SaleId::parse(text_member(page, "sale"));
    if (!sale) throw CommandError{"the draw's \"sale\" is not a sale's id"};
    draw.sale = *sale;
    draw.commitment = bytes_of<32>(text_member(page, "commitment"), "commitment");
    draw.public_value = text_member(page, "public_value");
    draw.secret = hash_member(page, "secret");
    draw.root = hash_member(page, "root");
    const json::value* entries = page.if_contains("entries");
    if (entries == nullptr || !entries->is_array()) throw CommandError{"the draw's JSON lacks its entries"};
    draw.entries.reserve(entries->get_array().size());
    for (const json::value& entry : entries->get_array()) {
        if (!entry.is_string()) throw CommandError{"an entry of the draw is not a text"};
        draw.entries.push_back(bytes_of<16>(entry.get_string(), "entries"));
    }
    return draw;
}

/// What somebody wrote down before the sale must be what is shown after it.
std::optional<std::string> differs_from_notes(const Options& options, const domain::PublishedDraw& draw) {
    if (!options.noted_commitment.empty() && bytes_of<32>(options.noted_commitment, "--commitment") != draw.commitment)
        return "the commitment is not the one you noted before the sale";
    if (!options.noted_root.empty() && draw.root && bytes_of<32>(options.noted_root, "--root") != *draw.root)
        return "the root is not the one you noted at the opening";
    return std::nullopt;
}

/// A ticket as the shop gave it, or the 32 hex digits of its entry in the list.
domain::DrawEntry entry_of(const std::string& ticket) {
    if (ticket.size() == 32 && from_hex(ticket)) return bytes_of<16>(ticket, "--ticket");
    return domain::draw_entry(ticket);
}

int report(const Options& options, const std::string& fault, std::size_t entries, const json::array& places) {
    const bool holds = fault.empty();
    if (options.json) {
        json::object out{{"holds", holds}, {"entries", entries}, {"places", places}};
        if (!holds) out["fault"] = fault;
        fmt::print("{}\n", json::serialize(out));
        return holds ? 0 : 1;
    }
    if (!holds) {
        fmt::print("The draw does NOT hold: {}.\n", fault);
        return 1;
    }
    fmt::print("The draw holds: commitment, list of {} and order agree.\n",
               show_count(static_cast<long long>(entries)));
    for (const json::value& place : places) {
        const auto& one = place.get_object();
        const std::string ticket{one.at("ticket").get_string()};
        if (one.at("place").is_null())
            fmt::print("  {:.16}…  is not in the list\n", ticket);
        else
            fmt::print("  {:.16}…  drew place {}\n", ticket, one.at("place").to_number<std::int64_t>());
    }
    return 0;
}

int verify(const Options& options) {
    if (options.file.empty() == (options.url.empty() || options.sale.empty()))
        throw CommandError{"give a sale and --url of its shop, or --file with the draw's JSON"};
    const json::object page = options.file.empty() ? fetch(options) : read_file(options.file);
    if (const json::value* drawn = page.if_contains("drawn");
        drawn != nullptr && drawn->is_bool() && !drawn->get_bool())
        throw CommandError{"this sale has no draw: its line keeps the order of joining"};
    if (!options.save.empty()) {
        std::ofstream out(options.save);
        out << json::serialize(page) << '\n';
        if (!out.flush()) throw CommandError{fmt::format("cannot write {}", options.save)};
    }
    domain::PublishedDraw draw = published(page);
    const std::size_t entries = draw.entries.size();
    if (const auto differs = differs_from_notes(options, draw)) return report(options, *differs, entries, {});
    const auto checked = domain::check_draw(std::move(draw));
    if (!checked) {
        const bool too_early = checked.error() == domain::DrawFault::list_not_closed ||
                               checked.error() == domain::DrawFault::secret_not_revealed;
        const std::string fault{domain::to_string(checked.error())};
        if (too_early) throw CommandError{fmt::format("{}: try again after the sale", fault)};
        return report(options, fault, entries, {});
    }
    json::array places;
    bool all_listed = true;
    for (const std::string& ticket : options.tickets) {
        const auto place = checked->place_of(entry_of(ticket));
        json::object one{{"ticket", ticket}, {"place", nullptr}};
        if (place)
            one["place"] = *place;
        else
            all_listed = false;
        places.push_back(std::move(one));
    }
    const int code = report(options, {}, entries, places);
    return all_listed ? code : 1;
}

}  // namespace

void add_verify_draw(CLI::App& sale, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command = sale.add_subcommand("verify-draw", "Check the draw of a sale's line from public data only");
    command->add_option("sale", options->sale, "The sale's id");
    command->add_option("--url", options->url, "The shop's public address, e.g. http://127.0.0.1:8080");
    command->add_option("--file", options->file, "The draw's JSON, saved before");
    command->add_option("--save", options->save, "Write the whole draw to this file");
    command->add_option("--commitment", options->noted_commitment, "The commitment you noted before the sale");
    command->add_option("--root", options->noted_root, "The list's root you noted at the opening");
    command->add_option("--ticket", options->tickets, "A ticket (or its entry) whose place to tell; may be repeated");
    command->add_flag("--json", options->json, "Print one object for programs");
    command->callback([options, &exit_code] { exit_code = run_command([&] { return verify(*options); }); });
}

}  // namespace marketday::cli
