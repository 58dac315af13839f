#include "usecases/operators_second_factor.hpp"

#include <algorithm>
#include <cctype>

namespace marketday::usecases {
namespace {

using Reason = SecondFactor::Reason;
using Refused = SecondFactor::Refused;

constexpr std::size_t kRecoveryCodes = 10;
constexpr std::size_t kRecoveryCodeLetters = 16;  // 80 bits

Refused refused(Reason reason) { return Refused{.reason = reason, .retry_after = seconds{1}}; }

Refused refused(ports::Operators::Error error) {
    switch (error) {
        case ports::Operators::Error::unavailable: return refused(Reason::unavailable);
        case ports::Operators::Error::outcome_unknown: return refused(Reason::outcome_unknown);
    }
    return refused(Reason::outcome_unknown);
}

/// As people type it: without the spaces and hyphens between groups, in capitals.
std::string plain(std::string_view typed) {
    std::string text;
    for (const char c : typed) {
        if (c == ' ' || c == '-') continue;
        text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

Hash256 hash_of(std::string_view recovery_code) { return blake2b(recovery_code); }

std::string grouped(std::string_view code) {
    std::string text;
    for (std::size_t i = 0; i < code.size(); i += 4) {
        if (i > 0) text += '-';
        text += code.substr(i, 4);
    }
    return text;
}

}  // namespace

domain::TotpSecret SecondFactor::secret_of(const std::string& name, const ports::Operators::TotpNonce& nonce) const {
    std::string purpose(nonce.begin(), nonce.end());
    purpose += name;
    const Hash256 hash = blake2b_keyed(options_.key, purpose);
    domain::TotpSecret secret{};
    std::copy_n(hash.begin(), secret.size(), secret.begin());
    return secret;
}

SecondFactor::Outcome<SecondFactor::Enrolment> SecondFactor::begin(std::string name) {
    ports::Operators::TotpNonce nonce{};
    random_.fill(nonce);
    const auto begun = co_await operators_.begin_totp(name, nonce);
    if (!begun) co_return fail(refused(begun.error()));
    if (!*begun) {
        const auto who = co_await operators_.find(name);
        if (!who) co_return fail(refused(who.error()));
        co_return fail(refused(*who ? Reason::already_enrolled : Reason::no_operator));
    }
    const auto secret = secret_of(name, nonce);
    co_return Enrolment{.secret = domain::to_base32(secret),
                        .otpauth_uri = domain::otpauth_uri("Marketday", name, secret)};
}

SecondFactor::Outcome<std::vector<std::string>> SecondFactor::confirm(std::string name, std::string code) {
    if (const auto wait = guesses_.take(name)) co_return fail(Refused{Reason::too_many, *wait});
    const auto totp = co_await operators_.find_totp(name);
    if (!totp) co_return fail(refused(totp.error()));
    if (!*totp) co_return fail(refused(Reason::not_enrolled));
    if ((*totp)->confirmed) co_return fail(refused(Reason::already_enrolled));
    const auto nonce = (*totp)->nonce;
    const std::string typed = plain(code);
    const auto step = domain::totp_match(secret_of(name, nonce), typed, clock_.wall_now(), (*totp)->last_step);
    if (!step) co_return fail(refused(Reason::wrong_code));
    std::vector<std::string> codes;
    std::vector<Hash256> hashes;
    for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
        std::array<std::uint8_t, kRecoveryCodeLetters * 5 / 8> bytes{};
        random_.fill(bytes);
        const std::string made = domain::to_base32(bytes);
        hashes.push_back(hash_of(made));
        codes.push_back(grouped(made));
    }
    const auto confirmed = co_await operators_.confirm_totp(name, nonce, *step, std::move(hashes));
    if (!confirmed) co_return fail(refused(confirmed.error()));
    if (!*confirmed) co_return fail(refused(Reason::not_enrolled));
    guesses_.clear(name);
    co_return std::move(codes);
}

SecondFactor::Outcome<std::monostate> SecondFactor::check(std::string name, std::string code) {
    if (const auto wait = guesses_.take(name)) co_return fail(Refused{Reason::too_many, *wait});
    const auto totp = co_await operators_.find_totp(name);
    if (!totp) co_return fail(refused(totp.error()));
    if (!*totp || !(*totp)->confirmed) co_return fail(refused(Reason::not_enrolled));
    const std::string typed = plain(code);
    if (typed.size() == kRecoveryCodeLetters) {
        const Hash256 hash = hash_of(typed);
        const auto used = co_await operators_.use_recovery_code(name, hash);
        if (!used) co_return fail(refused(used.error()));
        if (!*used) co_return fail(refused(Reason::wrong_code));
        guesses_.clear(name);
        co_return std::monostate{};
    }
    const auto secret = secret_of(name, (*totp)->nonce);
    const auto step = domain::totp_match(secret, typed, clock_.wall_now(), (*totp)->last_step);
    if (!step) co_return fail(refused(Reason::wrong_code));
    const auto used = co_await operators_.use_totp_step(name, *step);
    if (!used) co_return fail(refused(used.error()));
    if (!*used) co_return fail(refused(Reason::wrong_code));  // Somebody was faster with the same code.
    guesses_.clear(name);
    co_return std::monostate{};
}

SecondFactor::Outcome<std::monostate> SecondFactor::end(std::string name, std::string code) {
    auto same_name = name;
    auto checked = co_await check(std::move(same_name), std::move(code));
    if (!checked) co_return fail(checked.error());
    co_return co_await reset(std::move(name));
}

SecondFactor::Outcome<std::monostate> SecondFactor::reset(std::string name) {
    const auto ended = co_await operators_.end_totp(std::move(name));
    if (!ended) co_return fail(refused(ended.error()));
    if (!*ended) co_return fail(refused(Reason::not_enrolled));
    co_return std::monostate{};
}

SecondFactor::Outcome<SecondFactor::State> SecondFactor::state(std::string name) {
    const auto totp = co_await operators_.find_totp(std::move(name));
    if (!totp) co_return fail(refused(totp.error()));
    if (!*totp || !(*totp)->confirmed) co_return State{};
    co_return State{.enrolled = true, .recovery_codes = (*totp)->recovery_codes};
}

}  // namespace marketday::usecases
