#include "usecases/sessions_attempts.hpp"

namespace marketday::usecases {

Attempts::Attempts(const Clock& clock, Random& random, const Options& options)
    : at_name_from_client_(clock, random, options.at_name_from_client),
      at_name_(clock, random, options.at_name),
      from_client_(clock, random, options.from_client),
      remembered_(clock, random,
                  {.burst = 1,
                   .per_s = 1.0 / static_cast<double>(options.remembered_for.count()),
                   .keys_max = options.remembered_max}) {}

std::string Attempts::pair_of(std::string_view name, std::string_view client) {
    std::string pair{client};
    pair += '\0';  // No name has it.
    pair += name;
    return pair;
}

std::optional<seconds> Attempts::take(const std::string& name, const std::string& client) {
    const std::string pair = pair_of(name, client);
    if (const auto wait = from_client_.take(client)) return wait;
    if (const auto wait = at_name_from_client_.take(pair)) {
        from_client_.give_back(client);
        return wait;
    }
    if (remembered_.counts(pair)) return std::nullopt;
    if (const auto wait = at_name_.take(name)) {
        from_client_.give_back(client);
        at_name_from_client_.give_back(pair);
        return wait;
    }
    return std::nullopt;
}

void Attempts::succeeded(const std::string& name, const std::string& client) {
    const std::string pair = pair_of(name, client);
    // Strangers' guesses at the name stay counted: its owner's coming by does not give them a new start.
    if (!remembered_.counts(pair)) at_name_.give_back(name);
    from_client_.give_back(client);
    at_name_from_client_.clear(pair);
    remembered_.clear(pair);
    remembered_.take(pair);
}

void Attempts::undone(const std::string& name, const std::string& client) {
    const std::string pair = pair_of(name, client);
    from_client_.give_back(client);
    at_name_from_client_.give_back(pair);
    if (!remembered_.counts(pair)) at_name_.give_back(name);
}

}  // namespace marketday::usecases
