#include "usecases/fill_basket.hpp"

#include <algorithm>

namespace marketday::usecases {
namespace {

using domain::Basket;
using domain::BasketChange;
using domain::SkuCode;
using Error = FillBasket::Error;
using Refusal = FillBasket::Refusal;
using LineState = FillBasket::LineState;

Error to_error(ports::Baskets::Error error) {
    switch (error) {
        case ports::Baskets::Error::unavailable: return Error::unavailable;
        case ports::Baskets::Error::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::unavailable;
}

Refusal to_refusal(domain::BasketRefusal refusal) {
    switch (refusal) {
        case domain::BasketRefusal::full: return Refusal::full;
        case domain::BasketRefusal::bad_quantity: return Refusal::bad_quantity;
    }
    return Refusal::bad_quantity;
}

/// The sale that alone sells `sku` now; null when the shop's shelves do.
const domain::Sale* sale_of(const SaleBoard& board, const SkuCode& sku, WallTime now) {
    for (const domain::Sale* sale : board.all()) {
        if (sale->state_at(now) == domain::SaleState::closed) continue;
        if (std::ranges::find(sale->items, sku, &domain::SaleItem::sku) != sale->items.end()) return sale;
    }
    return nullptr;
}

LineState state_of(const domain::StockLevel& level, std::int64_t wanted) {
    if (level.available >= wanted) return LineState::on_sale;
    if (level.available > 0) return LineState::few_left;
    return level.reserved + level.in_transfer > 0 ? LineState::all_held : LineState::sold_out;
}

}  // namespace

bool FillBasket::View::can_be_ordered() const {
    return !lines.empty() &&
           std::ranges::all_of(lines, [](const Line& line) { return line.state == LineState::on_sale; });
}

bool FillBasket::View::price_changed() const {
    return std::ranges::any_of(lines, [](const Line& line) { return line.price_changed(); });
}

FillBasket::Answer<FillBasket::View> FillBasket::view(Owner owner) {
    auto basket = co_await baskets_.find(owner);
    if (!basket) co_return fail(to_error(basket.error()));
    co_return co_await view_of(std::move(basket->lines), nullptr);
}

FillBasket::Answer<FillBasket::View> FillBasket::view_of(std::vector<domain::BasketLine> wanted,
                                                         const domain::Sale* sale) {
    View view;
    view.goods = view.shipping = view.total = Money{0, terms_.currency};
    if (wanted.empty()) co_return view;
    std::vector<SkuCode> skus;
    for (const auto& line : wanted) skus.push_back(line.sku);
    std::vector<SkuCode> of_stock = skus;
    // Before the first wait: the board may forget the sale meanwhile.
    const std::vector<domain::SaleItem> sale_items = sale == nullptr ? std::vector<domain::SaleItem>{} : sale->items;
    const bool in_a_sale = sale != nullptr;
    auto products = co_await browse_.products(std::move(skus));
    if (!products) co_return fail(Error::unavailable);
    auto levels = co_await order_book_.stock(std::move(of_stock));
    if (!levels) co_return fail(Error::unavailable);

    std::int64_t weight_g = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        Line line;
        line.wanted = std::move(wanted[i]);
        line.unit_price = Money{0, terms_.currency};
        view.units += line.wanted.quantity;
        const auto product = std::ranges::find(*products, line.wanted.sku, &domain::Product::sku);
        if (product != products->end()) line.product = *product;
        const auto item = std::ranges::find(sale_items, line.wanted.sku, &domain::SaleItem::sku);
        const auto level = (*levels)[i].value_or(domain::StockLevel{});
        line.available = level.available;
        if (in_a_sale && item != sale_items.end() && line.product) {
            line.unit_price = item->price;
            line.state = state_of(level, line.wanted.quantity);
        } else if (!in_a_sale && sale_of(board_, line.wanted.sku, clock_.wall_now()) != nullptr) {
            line.state = LineState::in_sale;
        } else if (in_a_sale || !line.product || !line.product->price) {
            line.state = LineState::not_for_sale;
        } else {
            line.unit_price = *line.product->price;
            line.state = state_of(level, line.wanted.quantity);
        }
        if (line.counts()) {
            view.goods.amount_minor += line.total().amount_minor;
            weight_g += line.product->weight_g * line.wanted.quantity;
        }
        view.lines.push_back(std::move(line));
    }
    if (view.goods.amount_minor > 0)
        view.shipping.amount_minor = domain::shipping_minor(terms_.shipping, view.goods.amount_minor, weight_g);
    view.total.amount_minor = view.goods.amount_minor + view.shipping.amount_minor;
    co_return view;
}

/// The product, or why it cannot be put in.
FillBasket::Answer<std::optional<domain::Product>> FillBasket::sellable(SkuCode sku, std::optional<Refusal>& refusal) {
    if (sale_of(board_, sku, clock_.wall_now()) != nullptr) refusal = Refusal::in_sale;
    auto product = co_await browse_.product(std::move(sku));
    if (!product) co_return fail(Error::unavailable);
    if (!*product)
        refusal = Refusal::unknown_sku;
    else if (!refusal && !(*product)->price)
        refusal = Refusal::not_for_sale;
    co_return std::move(*product);
}

FillBasket::Answer<Result<Basket, Refusal>> FillBasket::add(Owner owner, SkuCode sku, std::int64_t quantity) {
    using Outcome = Result<Basket, Refusal>;
    if (quantity < 1) co_return Outcome{fail(Refusal::bad_quantity)};
    std::optional<Refusal> refusal;
    SkuCode asked = sku;
    auto product = co_await sellable(std::move(asked), refusal);
    if (!product) co_return fail(product.error());
    if (refusal) co_return Outcome{fail(*refusal)};
    std::vector<BasketChange> changes{
        {BasketChange::Kind::add, std::move(sku), quantity, (*product)->price->amount_minor}};
    auto changed = co_await baskets_.change(owner, std::move(changes), clock_.wall_now());
    if (!changed) co_return fail(to_error(changed.error()));
    if (!*changed) co_return Outcome{fail(to_refusal(changed->error()))};
    co_return Outcome{std::move(**changed)};
}

FillBasket::Answer<Result<Basket, Refusal>> FillBasket::set(Owner owner, std::vector<Quantity> quantities) {
    using Outcome = Result<Basket, Refusal>;
    std::vector<BasketChange> changes;
    auto before = co_await baskets_.find(owner);
    if (!before) co_return fail(to_error(before.error()));
    for (auto& wanted : quantities) {
        BasketChange change{BasketChange::Kind::set, wanted.sku, wanted.quantity, 0};
        const bool known =
            std::ranges::find(before->lines, wanted.sku, &domain::BasketLine::sku) != before->lines.end();
        if (!known && wanted.quantity > 0) {
            std::optional<Refusal> refusal;
            auto product = co_await sellable(std::move(wanted.sku), refusal);
            if (!product) co_return fail(product.error());
            if (refusal) co_return Outcome{fail(*refusal)};
            change.seen_price_minor = (*product)->price->amount_minor;
        }
        changes.push_back(std::move(change));
    }
    auto changed = co_await baskets_.change(owner, std::move(changes), clock_.wall_now());
    if (!changed) co_return fail(to_error(changed.error()));
    if (!*changed) co_return Outcome{fail(to_refusal(changed->error()))};
    co_return Outcome{std::move(**changed)};
}

FillBasket::Answer<std::monostate> FillBasket::accept_prices(Owner owner) {
    auto now = co_await view(owner);
    if (!now) co_return fail(now.error());
    std::vector<BasketChange> changes;
    for (const auto& line : now->lines)
        if (line.price_changed())
            changes.push_back({BasketChange::Kind::accept, line.wanted.sku, 1, line.unit_price.amount_minor});
    if (changes.empty()) co_return std::monostate{};
    auto changed = co_await baskets_.change(owner, std::move(changes), clock_.wall_now());
    if (!changed) co_return fail(to_error(changed.error()));
    co_return std::monostate{};
}

FillBasket::Answer<Basket> FillBasket::merge(Uuid visitor, CustomerId customer) {
    const auto from = ports::Baskets::of_visitor(visitor);
    const auto into = ports::Baskets::of_customer(customer);
    auto had = co_await baskets_.find(from);
    if (!had) co_return fail(to_error(had.error()));
    // Most people log in with nothing in hand: no write for them.
    if (had->lines.empty()) {
        auto kept = co_await baskets_.find(into);
        if (!kept) co_return fail(to_error(kept.error()));
        co_return std::move(*kept);
    }
    auto merged = co_await baskets_.merge(from, into, clock_.wall_now());
    if (!merged) co_return fail(to_error(merged.error()));
    co_return std::move(*merged);
}

FillBasket::Answer<Basket> FillBasket::take_ordered(Owner owner, std::vector<domain::OrderLine> ordered) {
    auto left = co_await baskets_.take_ordered(owner, std::move(ordered), clock_.wall_now());
    if (!left) co_return fail(to_error(left.error()));
    co_return std::move(*left);
}

Task<JobTurn> ForgetBaskets::run(ports::Fence) {
    JobTurn turn;
    const WallTime now = clock_.wall_now();
    for (const auto& [kind, keep] : {std::pair{ports::Baskets::OwnerKind::visitor, options_.keep_visitors},
                                     std::pair{ports::Baskets::OwnerKind::customer, options_.keep_customers}}) {
        auto forgotten = co_await baskets_.forget(kind, now - keep, options_.baskets_a_turn);
        if (!forgotten) {
            turn.failed = true;
            break;
        }
        turn.items += *forgotten;
        turn.more = turn.more || *forgotten == options_.baskets_a_turn;
    }
    co_return turn;
}

}  // namespace marketday::usecases
