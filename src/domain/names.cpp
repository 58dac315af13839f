// The words for the domain's enumerators, as DESIGN's section "Words" spells them in code, API and metrics.
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "domain/lifecycle.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<Movement, 10> kMovements{{{Movement::receive, "receive"},
                                          {Movement::reserve, "reserve"},
                                          {Movement::release, "release"},
                                          {Movement::expire, "expire"},
                                          {Movement::sell, "sell"},
                                          {Movement::restock, "restock"},
                                          {Movement::withdraw, "withdraw"},
                                          {Movement::transfer_out, "transfer_out"},
                                          {Movement::transfer_in, "transfer_in"},
                                          {Movement::transfer_done, "transfer_done"}}};
constexpr Names<SaleState, 4> kSaleStates{{{SaleState::scheduled, "scheduled"},
                                           {SaleState::open, "open"},
                                           {SaleState::paused, "paused"},
                                           {SaleState::closed, "closed"}}};
constexpr Names<OrderState, 10> kOrderStates{{{OrderState::reserved, "reserved"},
                                              {OrderState::paying, "paying"},
                                              {OrderState::paid, "paid"},
                                              {OrderState::prepared, "prepared"},
                                              {OrderState::shipped, "shipped"},
                                              {OrderState::delivered, "delivered"},
                                              {OrderState::returned, "returned"},
                                              {OrderState::cancelled, "cancelled"},
                                              {OrderState::expired, "expired"},
                                              {OrderState::refunded, "refunded"}}};
constexpr Names<Refusal, 10> kRefusals{{{Refusal::sold_out, "sold_out"},
                                        {Refusal::all_held, "all_held"},
                                        {Refusal::not_here, "not_here"},
                                        {Refusal::limit_reached, "limit_reached"},
                                        {Refusal::price_changed, "price_changed"},
                                        {Refusal::unknown_sku, "unknown_sku"},
                                        {Refusal::not_for_sale, "not_for_sale"},
                                        {Refusal::sale_not_open, "sale_not_open"},
                                        {Refusal::wrong_currency, "wrong_currency"},
                                        {Refusal::key_reused, "key_reused"}}};
constexpr Names<Step, 10> kSteps{{{Step::begin_payment, "begin_payment"},
                                  {Step::payment_captured, "payment_captured"},
                                  {Step::payment_failed, "payment_failed"},
                                  {Step::cancel, "cancel"},
                                  {Step::expire, "expire"},
                                  {Step::prepare, "prepare"},
                                  {Step::ship, "ship"},
                                  {Step::deliver, "deliver"},
                                  {Step::give_back, "give_back"},
                                  {Step::refund, "refund"}}};
constexpr Names<StepRefusal, 4> kStepRefusals{{{StepRefusal::not_found, "not_found"},
                                               {StepRefusal::wrong_state, "wrong_state"},
                                               {StepRefusal::not_due, "not_due"},
                                               {StepRefusal::other_payment, "other_payment"}}};

template <class E, std::size_t N>
std::string_view name_in(const Names<E, N>& names, E value) {
    for (const auto& [enumerator, name] : names)
        if (enumerator == value) return name;
    MD_ASSERT(!"an enumerator without a name");
    return {};
}

template <class E, std::size_t N>
std::optional<E> value_in(const Names<E, N>& names, std::string_view text) {
    for (const auto& [enumerator, name] : names)
        if (name == text) return enumerator;
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Movement movement) { return name_in(kMovements, movement); }
std::string_view to_string(SaleState state) { return name_in(kSaleStates, state); }
std::string_view to_string(OrderState state) { return name_in(kOrderStates, state); }
std::string_view to_string(Refusal refusal) { return name_in(kRefusals, refusal); }
std::string_view to_string(Step step) { return name_in(kSteps, step); }
std::string_view to_string(StepRefusal refusal) { return name_in(kStepRefusals, refusal); }
std::optional<SaleState> parse_sale_state(std::string_view text) { return value_in(kSaleStates, text); }
std::optional<OrderState> parse_order_state(std::string_view text) { return value_in(kOrderStates, text); }

}  // namespace marketday::domain
