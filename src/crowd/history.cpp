#include "crowd/history.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace marketday::crowd {

static_assert(std::is_trivially_copyable_v<Record>);

std::string_view to_string(Op op) {
    switch (op) {
        case Op::look: return "look";
        case Op::search: return "search";
        case Op::join: return "join";
        case Op::poll: return "poll";
        case Op::order: return "order";
        case Op::pay: return "pay";
        case Op::status: return "status";
    }
    return "";
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok: return "ok";
        case Outcome::refused: return "refused";
        case Outcome::unknown: return "unknown";
    }
    return "";
}

std::string_view to_string(Flaw flaw) {
    switch (flaw) {
        case Flaw::none: return "none";
        case Flaw::two_orders_one_key: return "two_orders_one_key";
        case Flaw::granted_after_refused: return "granted_after_refused";
        case Flaw::refused_after_granted: return "refused_after_granted";
        case Flaw::price_differs: return "price_differs";
        case Flaw::ticket_changed: return "ticket_changed";
        case Flaw::place_changed: return "place_changed";
        case Flaw::place_went_back: return "place_went_back";
    }
    return "";
}

std::uint8_t Names::intern(std::string_view word) {
    word = word.substr(0, kBytesMax);
    if (word.empty()) return 0;
    for (std::uint32_t i = 1; i < count_; ++i) {
        if ((*this)[static_cast<std::uint8_t>(i)] == word) return static_cast<std::uint8_t>(i);
    }
    if (count_ == words_.size()) return 0;
    Word& slot = words_[count_];
    slot.bytes = static_cast<std::uint8_t>(word.size());
    std::copy(word.begin(), word.end(), slot.text.begin());
    return static_cast<std::uint8_t>(count_++);
}

std::string_view Names::operator[](std::uint8_t index) const {
    return {words_[index].text.data(), words_[index].bytes};
}

SharedRecords::SharedRecords(std::size_t capacity) : capacity_(capacity) {
    mapped_bytes_ = sizeof(Record) + capacity * sizeof(Record);  // the header takes the first record's room
    void* memory =
        mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    header_ = static_cast<Header*>(memory);
    first_ = static_cast<Record*>(memory) + 1;
}

SharedRecords::~SharedRecords() {
    if (header_ != nullptr) munmap(header_, mapped_bytes_);
}

SharedRecords::SharedRecords(SharedRecords&& other) noexcept
    : mapped_bytes_(other.mapped_bytes_),
      capacity_(other.capacity_),
      header_(std::exchange(other.header_, nullptr)),
      first_(std::exchange(other.first_, nullptr)) {}

void SharedRecords::append(const Record& record) {
    if (header_->count == capacity_) {
        ++header_->dropped;
        return;
    }
    std::memcpy(static_cast<void*>(first_ + header_->count), &record, sizeof record);
    ++header_->count;
}

std::span<const Record> SharedRecords::records() const { return {first_, static_cast<std::size_t>(header_->count)}; }

}  // namespace marketday::crowd
