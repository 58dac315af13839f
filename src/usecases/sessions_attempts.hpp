#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "usecases/sessions_throttle.hpp"

namespace marketday::usecases {

/// Counts failed log-ins, so that guessing is slow and nobody can lock out anybody else: whoever guesses at a name from
/// one network address is stopped there, and nowhere else. A name's attempts from all addresses together are counted
/// too, against somebody who guesses from many; an address from which that name has logged in lately is exempt, so its
/// owner gets in whatever strangers do. Used on one executor.
class Attempts {
public:
    struct Options {
        Throttle::Options at_name_from_client{.burst = 10, .per_s = 1.0 / 30, .keys_max = 65'536};
        Throttle::Options at_name{.burst = 100, .per_s = 1.0 / 30, .keys_max = 65'536};
        /// At any names; generous, as a carrier puts thousands behind one address.
        Throttle::Options from_client{.burst = 300, .per_s = 1, .keys_max = 65'536};
        seconds remembered_for{std::chrono::days{30}};  // that a name has logged in from an address
        std::size_t remembered_max = 65'536;            // a power of two, 16 bytes each
    };
    Attempts(const Clock& clock, Random& random, const Options& options);

    /// Counts an attempt before it is decided, so that attempts at one time cannot slip by together. Nothing when it
    /// may be made, else how long to wait; a refused one does not count. `client`: a network address, as a key.
    std::optional<seconds> take(const std::string& name, const std::string& client);
    /// The attempt was a good one.
    void succeeded(const std::string& name, const std::string& client);
    /// Nothing came of it (the store failed): it does not count.
    void undone(const std::string& name, const std::string& client);

private:
    static std::string pair_of(std::string_view name, std::string_view client);

    Throttle at_name_from_client_;
    Throttle at_name_;
    Throttle from_client_;
    Throttle remembered_;  // Of each pair of name and address its last good log-in.
};

}  // namespace marketday::usecases
