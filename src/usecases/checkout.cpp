#include "usecases/checkout.hpp"

#include <cstring>

namespace marketday::usecases {
namespace {

/// Fields behind their lengths, so that no two different orders read the same.
class HashInput {
public:
    HashInput() { bytes_.reserve(512); }
    void add(std::string_view text) {
        add_number(static_cast<std::int64_t>(text.size()));
        bytes_ += text;
    }
    void add_number(std::int64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
    const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

Checkout::Error to_checkout_error(LaneError error) {
    switch (error) {
        case LaneError::busy:
        case LaneError::too_late: return Checkout::Error::busy;
        case LaneError::unavailable: return Checkout::Error::unavailable;
        case LaneError::outcome_unknown: return Checkout::Error::outcome_unknown;
    }
    return Checkout::Error::outcome_unknown;
}

}  // namespace

domain::RequestHash hash_of(const Checkout::Command& command) {
    HashInput input;
    input.add(command.sale ? std::string_view{reinterpret_cast<const char*>(command.sale->uuid.bytes.data()), 16}
                           : std::string_view{});
    input.add(command.currency.code());
    for (const auto& line : command.lines) {
        input.add(line.sku);
        input.add_number(line.quantity);
        input.add_number(line.unit_price_minor);
        input.add_number(line.price_version);
    }
    const auto& address = command.address;
    for (const auto* field : {&address.recipient, &address.line1, &address.line2, &address.city, &address.postal_code,
                              &address.country, &address.phone})
        input.add(*field);
    const Hash256 whole = blake2b(input.bytes());
    domain::RequestHash hash;
    std::memcpy(hash.data(), whole.data(), hash.size());
    return hash;
}

Checkout::Checkout(Executor& executor, ports::OrderBook& order_book, SaleBoard& board, const Clock& clock,
                   UuidSource& uuids, Options options)
    : executor_(executor), order_book_(order_book), board_(board), clock_(clock), uuids_(uuids), options_(options) {}

std::optional<Checkout::Error> Checkout::check(const Command& command) const {
    if (!command.verified) return Error::unverified;
    if (!command.sale) return std::nullopt;
    const domain::Sale* sale = board_.find(*command.sale);
    // A sale nobody knows goes on to the order book, which refuses it durably.
    if (sale == nullptr || !sale->line.enabled) return std::nullopt;
    const auto admission = domain::verify_admission(command.admission, options_.admission_key, clock_.wall_now());
    if (!admission || admission->customer != command.customer || admission->sale != *command.sale)
        return Error::not_admitted;
    return std::nullopt;
}

domain::OrderRequest Checkout::request_of(Command command) const {
    domain::OrderRequest request;
    request.request_hash = hash_of(command);
    request.order = OrderId{uuids_.next(command.customer.bucket())};
    request.customer = command.customer;
    request.key = std::move(command.key);
    request.sale = command.sale;
    request.currency = command.currency;
    request.lines = std::move(command.lines);
    request.address = std::move(command.address);
    request.placed_at = clock_.wall_now();
    request.hold_until = request.placed_at + options_.hold;
    return request;
}

Task<Result<domain::Verdict, Checkout::Error>> Checkout::place(Command command) {
    if (closed_) co_return fail(Error::busy);
    if (command.sale && board_.find(*command.sale) == nullptr) co_await board_.refresh();
    if (const auto error = check(command)) co_return fail(*error);

    KeysInFlight::Entry flight;
    if (!keys_in_flight_.add(flight, command.customer, command.key)) co_return fail(Error::in_flight);

    const std::optional<SaleId> sale = command.sale;
    const CustomerId customer = command.customer;
    const Instant deadline = command.deadline;
    domain::OrderRequest request = request_of(std::move(command));
    auto verdict = co_await lane_for(sale).submit(std::move(request), deadline);
    keys_in_flight_.remove(flight);
    if (!verdict) co_return fail(to_checkout_error(verdict.error()));
    if (sale && on_verdict_) on_verdict_(*sale, customer, verdict->granted());
    if (on_placed_ && !verdict->repeated && verdict->granted())
        on_placed_(std::get<domain::Granted>(verdict->outcome).order);
    co_return std::move(*verdict);
}

Checkout::OrderLane& Checkout::lane_for(const std::optional<SaleId>& sale) {
    // Only sales that exist get a lane: anything else shares the ordinary one, so strangers cannot make lanes.
    const std::optional<SaleId> name = sale && board_.find(*sale) != nullptr ? sale : std::nullopt;
    if (const auto found = lanes_.find(name); found != lanes_.end()) return *found->second;
    auto lane = std::make_unique<OrderLane>(
        executor_, options_.lane,
        [this](const std::vector<domain::OrderRequest>& requests) { return order_book_.place(requests); });
    return *lanes_.emplace(name, std::move(lane)).first->second;
}

void Checkout::close() {
    closed_ = true;
    for (auto& [sale, lane] : lanes_) lane->close();
}

bool Checkout::idle() const {
    for (const auto& [sale, lane] : lanes_)
        if (!lane->idle()) return false;
    return true;
}

void Checkout::each_lane(const std::function<void(const std::optional<SaleId>&, const LaneFigures&)>& visit) const {
    for (const auto& [sale, lane] : lanes_) visit(sale, lane->figures());
}

const Checkout::OrderLane* Checkout::lane_of(SaleId sale) const {
    const auto found = lanes_.find(sale);
    return found == lanes_.end() ? nullptr : found->second.get();
}

}  // namespace marketday::usecases
