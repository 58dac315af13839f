#include "drills/planned_sale.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/text.hpp"
#include "base/time.hpp"
#include "crowd/json_view.hpp"
#include "crowd/target.hpp"
#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

using std::chrono::steady_clock;

constexpr milliseconds kShownWithin{10'000};

crowd::Target shop_of(const OperatedShop& shop) {
    auto target = crowd::Target::parse(shop.shop_url());
    if (!target) throw std::runtime_error(target.error().message);
    return std::move(*target);
}

/// The shop's page learns of a new sale a moment after the operator.
void wait_until_shown(const OperatedShop& shop, const std::string& sale) {
    crowd::PlainClient shopper{shop_of(shop)};
    const auto deadline = steady_clock::now() + kShownWithin;
    while (steady_clock::now() < deadline) {
        const auto answer = shopper.ask({.path = "/api/v1/sales/" + sale});
        const auto list = shopper.ask({.path = "/api/v1/sales"});
        if (answer && answer->status == 200 && list && list->body.find(sale) != std::string::npos) return;
        pause(milliseconds{20});
    }
    throw std::runtime_error("the shop does not show the sale that was planned");
}

}  // namespace

std::string plan_sale(OperatedShop& shop, const PlannedSale& sale) {
    shop.operate(
        "POST", "/admin/v1/products",
        fmt::format(R"({{"sku":"{}","source":"rehearsal","name":{{"en":"Rehearsal Lantern","ko":"리허설 등불",)"
                    R"("ja":"リハーサルの灯り"}},"description":{{"en":"One lantern, for practice."}},)"
                    R"("category":[{{"en":"Rehearsal"}}],"price":{{"amount":{},"currency":"KRW"}},)"
                    R"("weight_g":400}})"
                    "\n",
                    sale.sku, sale.price_minor));
    shop.operate(
        "POST", "/admin/v1/stock",
        fmt::format(R"({{"sku":"{}","movement":"receive","units":{},"reason":"rehearsal"}})", sale.sku, sale.units));
    const std::string planned =
        shop.operate("POST", "/admin/v1/sales",
                     fmt::format(R"({{"name":{{"en":"Rehearsal"}},"opens_at":"{}","items":[{{"sku":"{}","units":{},)"
                                 R"("price":{{"amount_minor":{},"currency":"KRW"}},"limit_per_customer":{}}}],)"
                                 R"("line":{{"enabled":{},"draw":{}}}}})",
                                 to_rfc3339(sale.opens_ms), sale.sku, sale.units, sale.price_minor,
                                 sale.limit_per_customer, sale.line, sale.draw));
    std::string id = crowd::JsonView{planned}["id"].text();
    wait_until_shown(shop, id);
    return id;
}

void wait_until_open(const OperatedShop& shop, const std::string& sale) {
    crowd::PlainClient shopper{shop_of(shop)};
    const auto deadline = steady_clock::now() + kShownWithin;
    while (steady_clock::now() < deadline) {
        const auto answer = shopper.ask({.path = "/api/v1/sales/" + sale});
        if (answer && answer->status == 200 && crowd::JsonView{answer->body}["state"].bare() == "open") return;
        pause(milliseconds{20});
    }
    throw std::runtime_error("the sale that was planned did not open");
}

}  // namespace marketday::drills
