#include "crowd/preparation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <unordered_map>

#include "base/random.hpp"
#include "base/text.hpp"
#include "crowd/arrivals.hpp"
#include "crowd/json_view.hpp"
#include "crowd/reactor.hpp"
#include "crowd/replay.hpp"
#include "crowd/wire.hpp"

namespace marketday::crowd {
namespace {

constexpr std::uint32_t kSessionsAChunk = 1000;

struct AdminAddress {
    std::string url;
    std::string token;
};

Result<AdminAddress, Trouble> find_admin(const Options& options) {
    if (!options.admin_url.empty()) return AdminAddress{options.admin_url, options.admin_token};
    if (options.data_dir.empty()) {
        return fail(
            Trouble{"the shoppers need accounts: give --data DIR of the server, or --admin URL and --admin-token"});
    }
    const std::string path = options.data_dir + "/admin.json";
    std::ifstream file(path);
    if (!file)
        return fail(
            Trouble{fmt::format("cannot read {}: is the server running with --data {}?", path, options.data_dir)});
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return AdminAddress{JsonView(text)["url"].text(), JsonView(text)["token"].text()};
}

/// "409 sold-out" and the like, for a sentence.
std::string told(const Answer& answer) { return fmt::format("{} {}", answer.status, problem_type(answer.body)); }

Result<std::vector<Session>, Trouble> make_sessions(const Options& options, std::uint32_t wanted,
                                                    std::uint64_t run_id) {
    auto admin = find_admin(options);
    if (!admin) return fail(admin.error());
    auto target = Target::parse(admin->url, options.trust);
    if (!target) return fail(target.error());
    PlainClient client(*target, 120'000);
    std::vector<Session> sessions;
    sessions.reserve(wanted);
    while (sessions.size() < wanted) {
        const std::size_t count = std::min<std::size_t>(kSessionsAChunk, wanted - sessions.size());
        const std::string prefix = fmt::format("crowd-{:016x}-{}", run_id, sessions.size() / kSessionsAChunk);
        auto answer = client.ask({.method = "POST",
                                  .path = "/admin/v1/rehearsal/sessions",
                                  .token = admin->token,
                                  .body = fmt::format(R"({{"count":{},"prefix":"{}"}})", count, prefix)});
        if (!answer) return fail(answer.error());
        if (answer->status / 100 != 2) {
            return fail(Trouble{fmt::format(
                "the server makes no accounts for a rehearsal ({}): start it with --rehearsal", told(*answer))});
        }
        const std::size_t before = sessions.size();
        for (JsonWalk walk(JsonView(answer->body)["sessions"]); walk.next();) {
            const auto customer = Uuid::parse(walk.value()["customer"].bare());
            std::string token = walk.value()["token"].text();
            if (customer && !token.empty()) sessions.push_back({*customer, std::move(token)});
        }
        if (sessions.size() == before)
            return fail(Trouble{"the server answered without sessions: is it a Marketday server?"});
    }
    return sessions;
}

std::int64_t unix_us_of(JsonView time) { return from_rfc3339(time.bare()).value_or(0) * 1000; }

std::string any_name(JsonView names) {
    for (const char* language : {"en", "ko", "ja"}) {
        if (!names[language].absent()) return names[language].text();
    }
    return names.bare().empty() ? std::string{} : names.text();
}

Result<std::string, Trouble> choose_sale(PlainClient& shop) {
    auto answer = shop.ask({.path = "/api/v1/sales"});
    if (!answer) return fail(answer.error());
    if (answer->status != 200)
        return fail(Trouble{fmt::format("the shop does not list its sales ({})", told(*answer))});
    std::string next;
    std::int64_t next_opens = INT64_MAX;
    for (JsonWalk walk(JsonView(answer->body)["items"]); walk.next();) {
        const JsonView sale = walk.value();
        const std::string id(sale["id"].bare());
        if (sale["state"].bare() == "open") return id;
        const std::int64_t opens = unix_us_of(sale["opens_at"]);
        if (sale["state"].bare() == "scheduled" && opens < next_opens) {
            next = id;
            next_opens = opens;
        }
    }
    if (next.empty())
        return fail(Trouble{"no sale is open or scheduled: create one, or give --sale none with --replay"});
    return next;
}

/// Looks up the price of every SKU of the invoices, as a shopper sees it. SKUs without a price are left out.
struct Price {
    std::int64_t minor = 0;
    std::int64_t version = 0;
};
using PriceList = std::unordered_map<std::string, std::optional<Price>>;

Result<PriceList, Trouble> read_prices(PlainClient& shop, const std::vector<Invoice>& invoices, std::string& currency) {
    PriceList prices;
    for (const Invoice& invoice : invoices) {
        for (const Invoice::Line& line : invoice.lines) {
            const auto [entry, fresh] = prices.try_emplace(line.sku);
            if (!fresh) continue;
            auto answer = shop.ask({.path = "/api/v1/products/" + percent_encoded(line.sku)});
            if (!answer) return fail(answer.error());
            const JsonView product(answer->body);
            const auto minor = product["price"]["amount_minor"].integer();
            if (answer->status != 200 || !minor) continue;
            entry->second = Price{*minor, product["price_version"].integer_or(0)};
            currency = product["price"]["currency"].bare();
        }
    }
    return prices;
}

Result<bool, Trouble> plan_replay(Plan& plan, PlainClient& shop, const std::function<void(const std::string&)>& say) {
    auto text = read_text_file(plan.options.replay_file);
    if (!text) return fail(text.error());
    auto file = read_invoices(*text);
    if (!file) return fail(file.error());
    auto& invoices = file->invoices;
    if (plan.options.replay_max > 0 && invoices.size() > plan.options.replay_max)
        invoices.resize(plan.options.replay_max);
    say(fmt::format("replay: {} baskets from {} rows ({} rows skipped); reading prices", invoices.size(), file->rows,
                    file->rows_skipped));
    std::string currency;
    auto prices = read_prices(shop, invoices, currency);
    if (!prices) return fail(prices.error());

    std::unordered_map<std::string, std::uint32_t> session_of;
    std::uint32_t strangers = 0;
    for (const Invoice& invoice : invoices) {
        Basket basket;
        for (const Invoice::Line& line : invoice.lines) {
            const auto& price = prices->at(line.sku);
            if (!price) continue;
            basket.lines.push_back({line.sku, line.quantity, price->minor, price->version});
            basket.asked_minor += line.quantity * price->minor;
        }
        if (basket.lines.empty()) continue;
        basket.body = order_body(plan, currency, basket);
        const std::string who = invoice.customer.empty() ? fmt::format("?{}", strangers++) : invoice.customer;
        const auto next = static_cast<std::uint32_t>(session_of.size());
        const std::uint32_t session = session_of.try_emplace(who, next).first->second;
        const double at_us = static_cast<double>(invoice.at_s) * 1e6 / plan.options.compress;
        plan.arrivals.push_back(
            {static_cast<std::int64_t>(at_us), session, static_cast<std::uint32_t>(plan.baskets.size())});
        plan.baskets.push_back(std::move(basket));
    }
    if (plan.arrivals.empty())
        return fail(Trouble{"none of the replayed SKUs has a price in this shop: import the catalogue"});
    say(fmt::format("replay: {} baskets by {} customers, {} SKUs priced", plan.arrivals.size(), session_of.size(),
                    std::ranges::count_if(*prices, [](const auto& each) { return each.second.has_value(); })));
    return true;
}

/// Draws what shoppers of a sale want: 1..basket_lines_max different items, one unit of each, an item as often as it
/// has units. Shoppers who want the same share one basket.
class Wishes {
public:
    Wishes(Plan& plan, SeededRandom& random) : plan_(plan), random_(random) {
        for (const SaleView::Item& item : plan.sale->items) {
            if (plan.options.sku.empty() || item.sku == plan.options.sku) items_.push_back(&item);
        }
    }
    bool nothing_to_want() const { return items_.empty(); }

    std::uint32_t next() {
        const std::uint64_t most = std::min<std::uint64_t>(plan_.options.basket_lines_max, items_.size());
        std::uint64_t lines = most <= 1 ? 1 : 1 + random_.below(most);
        std::vector<std::size_t> chosen;
        while (chosen.size() < lines) {
            const std::size_t item = items_.size() == 1 ? 0 : choose();
            if (std::ranges::find(chosen, item) == chosen.end()) chosen.push_back(item);
        }
        std::ranges::sort(chosen);
        const auto [entry, fresh] = baskets_.try_emplace(chosen, static_cast<std::uint32_t>(plan_.baskets.size()));
        if (fresh) plan_.baskets.push_back(basket_of(chosen));
        return entry->second;
    }

private:
    std::size_t choose() {
        std::uint64_t units = 0;
        for (const SaleView::Item* item : items_) units += weight(*item);
        std::uint64_t at = random_.below(units);
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (at < weight(*items_[i])) return i;
            at -= weight(*items_[i]);
        }
        return 0;
    }
    static std::uint64_t weight(const SaleView::Item& item) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(item.units, 1));
    }

    Basket basket_of(const std::vector<std::size_t>& chosen) const {
        Basket basket;
        for (const std::size_t i : chosen) {
            const SaleView::Item& item = *items_[i];
            basket.lines.push_back({item.sku, 1, item.price_minor, item.price_version});
            basket.asked_minor += item.price_minor;
        }
        basket.body = order_body(plan_, plan_.sale->currency, basket);
        return basket;
    }

    Plan& plan_;
    SeededRandom& random_;
    std::vector<const SaleView::Item*> items_;
    std::map<std::vector<std::size_t>, std::uint32_t> baskets_;
};

/// Without a sale everybody wants one unit of options.sku, at the price of its page.
Result<bool, Trouble> plan_single_product(Plan& plan, PlainClient& shop) {
    const std::string& sku = plan.options.sku;
    if (sku.empty()) return fail(Trouble{"without a sale give --sku: what everybody wants"});
    std::string currency;
    auto prices = read_prices(shop, {Invoice{0, {}, {{sku, 1}}}}, currency);
    if (!prices) return fail(prices.error());
    const auto price = prices->at(sku);
    if (!price) return fail(Trouble{fmt::format("the shop has no price for '{}'", sku)});
    Basket basket{{{sku, 1, price->minor, price->version}}, price->minor, {}};
    basket.body = order_body(plan, currency, basket);
    plan.baskets.push_back(std::move(basket));
    return true;
}

Result<bool, Trouble> plan_arrivals(Plan& plan) {
    const Options& options = plan.options;
    SeededRandom random(options.seed);
    Shape shape;
    if (!options.shape_file.empty()) {
        auto read = read_shape(options.shape_file, options.shape_from, options.shape_rows);
        if (!read) return fail(read.error());
        shape = std::move(*read);
    }
    const bool steady = options.mode == Mode::steady;
    std::optional<Wishes> wishes;
    if (plan.sale) wishes.emplace(plan, random);
    if (wishes && wishes->nothing_to_want())
        return fail(Trouble{fmt::format("the sale has no item '{}'", options.sku)});
    if (steady && options.orders_per_second <= 0) {  // a closed loop draws its customers itself
        if (wishes) wishes->next();
        return true;
    }
    const double orders = options.orders_per_second * static_cast<double>(options.duration_us) / 1e6;
    const std::size_t count = steady ? static_cast<std::size_t>(orders) : options.shoppers;
    const std::int64_t within_us = steady ? options.duration_us : options.arrive_us;
    plan.arrivals.reserve(count);
    std::uint32_t next = 0;
    for (const std::int64_t at_us : arrival_times(count, std::max<std::int64_t>(within_us, 1), shape, random)) {
        const auto session = steady ? static_cast<std::uint32_t>(random.below(plan.sessions.size())) : next++;
        plan.arrivals.push_back({at_us, session, wishes ? wishes->next() : 0});
    }
    return true;
}

std::vector<std::string> search_words(const Plan& plan) {
    std::vector<std::string> words{"lamp", "card", "gift", "선물", "카드", "カード", "ギフト"};
    if (plan.sale && !plan.sale->name.empty()) words.push_back(plan.sale->name.substr(0, plan.sale->name.find(' ')));
    return words;
}

std::uint32_t sessions_needed(const Plan& plan) {
    const Options& options = plan.options;
    switch (options.mode) {
        case Mode::rush: return options.shoppers;
        case Mode::steady: return options.prepare > 0 ? options.prepare : 20'000;
        case Mode::replay: break;
    }
    std::uint32_t needed = 0;
    for (const Arrival& arrival : plan.arrivals) needed = std::max(needed, arrival.session + 1);
    return needed;
}

/// Arrivals begin when the sale opens, or half a second from now when it is open already; shifted by start_offset.
void set_start(Plan& plan) {
    const std::int64_t soon_us = monotonic_us() + 500'000;
    std::int64_t start_us = soon_us;
    if (plan.sale && plan.sale->state == "scheduled") start_us = plan.sale->opens_at_us;
    plan.start_us = std::max(start_us + plan.options.start_offset_us, soon_us);
    for (Arrival& arrival : plan.arrivals) arrival.at_us += plan.start_us;
}

}  // namespace

std::int64_t unix_minus_monotonic_us() {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    return static_cast<std::int64_t>(wall.tv_sec) * 1'000'000 + wall.tv_nsec / 1000 - monotonic_us();
}

Result<SaleView, Trouble> read_sale(PlainClient& shop, const std::string& id, std::int64_t unix_minus_monotonic) {
    std::string chosen = id;
    if (id == "auto") {
        auto found = choose_sale(shop);
        if (!found) return fail(found.error());
        chosen = std::move(*found);
    }
    auto answer = shop.ask({.path = "/api/v1/sales/" + percent_encoded(chosen)});
    if (!answer) return fail(answer.error());
    if (answer->status != 200)
        return fail(Trouble{fmt::format("the shop shows no sale {} ({})", chosen, told(*answer))});
    const JsonView body(answer->body);
    SaleView sale;
    sale.id = Uuid::parse(body["id"].bare()).value_or(Uuid{});
    sale.name = any_name(body["name"]);
    sale.state = body["state"].bare();
    sale.line = body["line"]["enabled"].is_true();
    // The shop's clock may differ from this machine's: what counts is how far away it says the opening is.
    const std::int64_t shop_now_us = unix_us_of(body["now"]);
    const std::int64_t skew_us = shop_now_us == 0 ? 0 : monotonic_us() + unix_minus_monotonic - shop_now_us;
    sale.opens_at_us = unix_us_of(body["opens_at"]) + skew_us - unix_minus_monotonic;
    for (JsonWalk walk(body["items"]); walk.next();) {
        const JsonView item = walk.value();
        sale.items.push_back({item["sku"].text(), item["units"].integer_or(0),
                              item["price"]["amount_minor"].integer_or(0), item["price_version"].integer_or(0),
                              item["limit_per_customer"].integer_or(0)});
        sale.currency = item["price"]["currency"].bare();
    }
    if (sale.id.is_nil() || sale.items.empty())
        return fail(Trouble{fmt::format("the sale {} has nothing to sell", chosen)});
    return sale;
}

Result<Plan, Trouble> prepare(const Options& options, const std::function<void(const std::string&)>& say) {
    Plan plan;
    plan.options = options;
    plan.unix_minus_monotonic_us = unix_minus_monotonic_us();
    plan.run_id = SystemRandom().u64();
    auto target = Target::parse(options.url, options.trust);
    if (!target) return fail(target.error());
    plan.target = std::move(*target);
    if (!options.fallback_url.empty()) {
        const auto second = Target::parse(options.fallback_url, options.trust);
        if (!second) return fail(second.error());
        plan.target.fallback = second->address;
        plan.target.fallback_bytes = second->address_bytes;
    }
    PlainClient shop(plan.target);
    if (options.mode == Mode::replay) {
        if (auto done = plan_replay(plan, shop, say); !done) return fail(done.error());
    } else if (options.sale == "none") {
        if (auto done = plan_single_product(plan, shop); !done) return fail(done.error());
    } else {
        auto sale = read_sale(shop, options.sale, plan.unix_minus_monotonic_us);
        if (!sale) return fail(sale.error());
        plan.sale = std::move(*sale);
    }
    const std::uint32_t wanted = std::max(sessions_needed(plan), options.prepare);
    say(fmt::format("preparing {} accounts", wanted));
    auto sessions = make_sessions(options, wanted, plan.run_id);
    if (!sessions) return fail(sessions.error());
    plan.sessions = std::move(*sessions);
    plan.searches = search_words(plan);
    if (options.mode != Mode::replay) {
        if (auto done = plan_arrivals(plan); !done) return fail(done.error());
    }
    set_start(plan);
    return plan;
}

}  // namespace marketday::crowd
