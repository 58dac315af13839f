#pragma once

#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::domain {

/// Leave to order in one sale, for one customer, until `expires`. Checked without any I/O.
struct Admission {
    CustomerId customer;
    SaleId sale;
    WallTime expires{};
    bool operator==(const Admission&) const = default;
};

enum class AdmissionError : std::uint8_t { malformed, forged, expired };

/// base64url text: claims and a 16-byte BLAKE2b tag keyed with `key`.
std::string sign_admission(const Admission& admission, const Hash256& key);
Result<Admission, AdmissionError> verify_admission(std::string_view token, const Hash256& key, WallTime now);

}  // namespace marketday::domain
