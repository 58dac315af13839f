#include "usecases/operators.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "usecases/sessions_token.hpp"

namespace marketday::usecases {
namespace {

using Reason = Operators::Reason;
using Refused = Operators::Refused;
using ports::Role;

constexpr std::size_t kCachedMax = 1000;
constexpr std::size_t kPurgeMax = 100;

Refused refused(Reason reason) { return Refused{.reason = reason, .password = {}, .retry_after = seconds{1}}; }

Refused refused(ports::Operators::Error error) {
    switch (error) {
        case ports::Operators::Error::unavailable: return refused(Reason::unavailable);
        case ports::Operators::Error::outcome_unknown: return refused(Reason::outcome_unknown);
    }
    return refused(Reason::outcome_unknown);
}

Refused refused(Passwords::Error error) {
    switch (error) {
        case Passwords::Error::busy:
        case Passwords::Error::no_memory: return refused(Reason::busy);
    }
    return refused(Reason::busy);
}

Refused refused(const SecondFactor::Refused& why) {
    const auto as = [&why](Reason reason) {
        return Refused{.reason = reason, .password = {}, .retry_after = why.retry_after};
    };
    switch (why.reason) {
        case SecondFactor::Reason::no_operator: return as(Reason::not_found);
        case SecondFactor::Reason::already_enrolled: return as(Reason::already_enrolled);
        case SecondFactor::Reason::not_enrolled: return as(Reason::not_enrolled);
        case SecondFactor::Reason::wrong_code: return as(Reason::wrong_code);
        case SecondFactor::Reason::too_many: return as(Reason::too_many);
        case SecondFactor::Reason::unavailable: return as(Reason::unavailable);
        case SecondFactor::Reason::outcome_unknown: return as(Reason::outcome_unknown);
    }
    return as(Reason::outcome_unknown);
}

template <class T>
Result<T, Refused> told(Result<T, SecondFactor::Refused> outcome) {
    if (!outcome) return fail(refused(outcome.error()));
    return std::move(*outcome);
}

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

/// Derived from what is stored of the token, so that it is known again after a restart.
std::string csrf_token_for(const Hash256& key) {
    const Hash256 hash = blake2b_keyed(key, "marketday operator csrf");
    return to_base64url(std::span{hash}.first(18));
}

std::string random_password(Random& random) {
    std::array<std::uint8_t, 15> bytes{};
    random.fill(bytes);
    return to_base64url(bytes);
}

}  // namespace

std::string_view to_string(Role role) {
    switch (role) {
        case Role::viewer: return "viewer";
        case Role::manager: return "manager";
        case Role::owner: return "owner";
    }
    return "";
}

std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::viewer, Role::manager, Role::owner}) {
        if (text == to_string(role)) return role;
    }
    return std::nullopt;
}

Operators::Operators(ports::Operators& operators, Passwords& passwords, const Clock& clock, Random& random,
                     Options options)
    : operators_(operators),
      passwords_(passwords),
      clock_(clock),
      random_(random),
      options_(options),
      attempts_(clock, random, options.attempts),
      second_factor_(operators, clock, random, {.key = options.second_factor_key}),
      machine_token_(make_token(random, 0).text),
      machine_{.name = "local", .role = Role::owner, .expires = WallTime::max(), .csrf_token = {}} {}

const OperatorSession* Operators::cached(std::string_view token) {
    if (token.size() != Token::kCharacters) return nullptr;
    const auto bytes = [](std::string_view text) {
        return std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    };
    if (equal_secret(bytes(token), bytes(machine_token_))) return &machine_;
    const auto key = token_key(token);
    if (!key) return nullptr;
    const auto found = cache_.find(*key);
    if (found == cache_.end() || clock_.wall_now() >= found->second.fresh_until) return nullptr;
    return &found->second.session;
}

Task<Result<std::optional<OperatorSession>, AuthenticateOperator::Error>> Operators::find(std::string token) {
    if (const OperatorSession* known = cached(token)) co_return std::optional<OperatorSession>{*known};
    const auto key = token_key(token);
    if (!key) co_return std::optional<OperatorSession>{};
    const std::uint64_t invalidations = invalidations_;
    const WallTime now = clock_.wall_now();
    auto found = co_await operators_.find_session(*key, now);
    if (!found) co_return fail(AuthenticateOperator::Error::unavailable);
    if (!*found) {
        cache_.erase(*key);
        co_return std::optional<OperatorSession>{};
    }
    OperatorSession session{.name = (*found)->name,
                            .role = (*found)->role,
                            .expires = (*found)->expires_at,
                            .csrf_token = csrf_token_for(*key)};
    if (invalidations == invalidations_) keep(*key, session);
    co_return std::optional<OperatorSession>{std::move(session)};
}

Operators::Outcome<ports::Operator> Operators::check(std::string name, std::string password, std::string client) {
    auto prepared = domain::prepare_password(password);
    if (!is_name(name) || !prepared) co_return fail(refused(Reason::wrong));
    if (const auto wait = attempts_.take(name, client)) {
        Refused too_many = refused(Reason::too_many);
        too_many.retry_after = *wait;
        co_return fail(too_many);
    }
    auto who = co_await operators_.find(name);
    std::string hash = who && *who ? (*who)->password_hash : std::string{};
    const auto matched = co_await passwords_.matches(std::move(*prepared), std::move(hash));
    const bool checked = who.has_value() && matched.has_value();
    if (checked && (!*matched || (*who)->disabled)) co_return fail(refused(Reason::wrong));
    if (!checked) attempts_.undone(name, client);
    if (!who) co_return fail(refused(who.error()));
    if (!matched) co_return fail(refused(matched.error()));
    co_return std::move(**who);
}

Operators::Outcome<Operators::LoggedIn> Operators::log_in(LogIn request) {
    const std::string name = request.name;
    auto who = co_await check(std::move(request.name), std::move(request.password), request.client);
    if (!who) co_return fail(who.error());
    if (who->has_totp) {
        const auto passed = co_await pass_second_factor(name, std::move(request.code));
        if (!passed) {
            // Only asked for its code so far: nobody has guessed.
            if (passed.error().reason == Reason::code_needed) attempts_.undone(name, request.client);
            co_return fail(passed.error());
        }
    }
    attempts_.succeeded(name, request.client);
    co_return co_await open(std::move(*who));
}

/// `code`: nothing when the client has not asked its operator yet.
Operators::Outcome<std::monostate> Operators::pass_second_factor(std::string name, std::optional<std::string> code) {
    if (!code) co_return fail(refused(Reason::code_needed));
    auto checked = co_await second_factor_.check(std::move(name), std::move(*code));
    // Taken away meanwhile: then the password is enough.
    if (!checked && checked.error().reason == SecondFactor::Reason::not_enrolled) co_return std::monostate{};
    co_return told(std::move(checked));
}

Operators::Outcome<Operators::LoggedIn> Operators::open(ports::Operator who) {
    const WallTime now = clock_.wall_now();
    const WallTime expires = now + options_.session_valid;
    const Token token = make_token(random_, 0);
    const auto purged = co_await operators_.purge_sessions(now, kPurgeMax);
    if (!purged) log::warn("operators.sessions.not_purged");
    const std::uint64_t invalidations = invalidations_;
    const auto opened = co_await operators_.add_session(token.key, who.name, who.password_hash, now, expires);
    if (!opened) co_return fail(refused(opened.error()));
    const bool overlapped = invalidations != invalidations_;
    if (!*opened) co_return fail(refused(Reason::wrong));  // The password was changed under way.
    OperatorSession session{
        .name = who.name, .role = who.role, .expires = expires, .csrf_token = csrf_token_for(token.key)};
    if (!overlapped) keep(token.key, session);
    co_return LoggedIn{.token = token.text, .session = std::move(session)};
}

Operators::Outcome<std::monostate> Operators::log_out(std::string token) {
    const auto key = token_key(token);
    if (!key) co_return std::monostate{};
    const auto ended = co_await operators_.end_session(*key);
    ++invalidations_;
    cache_.erase(*key);
    if (!ended) co_return fail(refused(ended.error()));
    co_return std::monostate{};
}

Operators::Outcome<std::string> Operators::hash_new(std::string password) {
    auto checked = domain::check_new_password(password, nullptr);
    if (!checked) {
        Refused bad = refused(Reason::bad_password);
        bad.password = checked.error();
        co_return fail(bad);
    }
    auto hash = co_await passwords_.hash(std::move(*checked));
    if (!hash) co_return fail(refused(hash.error()));
    co_return std::move(*hash);
}

Operators::Outcome<Operators::Added> Operators::add(OperatorSession who, NewOperator request) {
    if (!who.may_manage_operators()) co_return fail(refused(Reason::not_allowed));
    if (!is_name(request.name)) co_return fail(refused(Reason::bad_name));
    std::optional<std::string> made;
    if (!request.password) made = random_password(random_);
    std::string password = made ? *made : *request.password;
    auto hash = co_await hash_new(std::move(password));
    if (!hash) co_return fail(hash.error());
    ports::Operator row{
        .name = request.name, .role = request.role, .password_hash = std::move(*hash), .created_at = clock_.wall_now()};
    const auto added = co_await operators_.add(std::move(row), false);
    if (!added) co_return fail(refused(added.error()));
    switch (*added) {
        case ports::Operators::Added::added:
            log::info("operators.added", {{"role", to_string(request.role)}});
            co_return Added{.name = request.name, .role = request.role, .password = std::move(made)};
        case ports::Operators::Added::name_taken: co_return fail(refused(Reason::name_taken));
        case ports::Operators::Added::too_many:
        case ports::Operators::Added::not_first: co_return fail(refused(Reason::full));
    }
    co_return fail(refused(Reason::unavailable));
}

Operators::Outcome<std::vector<ports::Operator>> Operators::list() {
    auto operators = co_await operators_.list();
    if (!operators) co_return fail(refused(operators.error()));
    co_return std::move(*operators);
}

Operators::Outcome<ports::Operator> Operators::change(OperatorSession who, std::string name,
                                                      ports::Operators::Change change) {
    if (!who.may_manage_operators()) co_return fail(refused(Reason::not_allowed));
    const auto changed = co_await operators_.change(name, change);
    if (!changed) co_return fail(refused(changed.error()));
    switch (*changed) {
        case ports::Operators::Changed::not_found: co_return fail(refused(Reason::not_found));
        case ports::Operators::Changed::last_owner: co_return fail(refused(Reason::last_owner));
        case ports::Operators::Changed::changed: break;
    }
    if (change.disabled.value_or(false)) {
        forget(name);
    } else if (change.role) {
        ++invalidations_;
        for (auto& [key, entry] : cache_) {
            if (entry.session.name == name) entry.session.role = *change.role;
        }
    }
    auto after = co_await operators_.find(std::move(name));
    if (!after) co_return fail(refused(after.error()));
    if (!*after) co_return fail(refused(Reason::not_found));
    co_return std::move(**after);
}

Operators::Outcome<ports::Operator> Operators::preview_change(OperatorSession who, std::string name,
                                                              ports::Operators::Change change) {
    if (!who.may_manage_operators()) co_return fail(refused(Reason::not_allowed));
    auto all = co_await operators_.list();
    if (!all) co_return fail(refused(all.error()));
    const auto found = std::ranges::find(*all, name, &ports::Operator::name);
    if (found == all->end()) co_return fail(refused(Reason::not_found));
    found->role = change.role.value_or(found->role);
    found->disabled = change.disabled.value_or(found->disabled);
    const bool owned = std::ranges::any_of(
        *all, [](const ports::Operator& one) { return one.role == ports::Role::owner && !one.disabled; });
    if (!owned) co_return fail(refused(Reason::last_owner));
    co_return std::move(*found);
}

Operators::Outcome<ports::Operator> Operators::preview_reset_second_factor(OperatorSession who, std::string name) {
    if (!who.may_manage_operators()) co_return fail(refused(Reason::not_allowed));
    auto found = co_await operators_.find(std::move(name));
    if (!found) co_return fail(refused(found.error()));
    if (!*found || !(*found)->has_totp) co_return fail(refused(Reason::not_enrolled));
    (*found)->has_totp = false;
    co_return std::move(**found);
}

Operators::Outcome<SecondFactor::Enrolment> Operators::begin_second_factor(OperatorSession who) {
    co_return told(co_await second_factor_.begin(std::move(who.name)));
}

Operators::Outcome<std::vector<std::string>> Operators::confirm_second_factor(OperatorSession who, std::string code) {
    co_return told(co_await second_factor_.confirm(std::move(who.name), std::move(code)));
}

Operators::Outcome<std::monostate> Operators::end_second_factor(OperatorSession who, std::string code) {
    co_return told(co_await second_factor_.end(std::move(who.name), std::move(code)));
}

Operators::Outcome<std::monostate> Operators::reset_second_factor(OperatorSession who, std::string name) {
    if (!who.may_manage_operators()) co_return fail(refused(Reason::not_allowed));
    co_return told(co_await second_factor_.reset(std::move(name)));
}

Operators::Outcome<SecondFactor::State> Operators::second_factor(OperatorSession who) {
    co_return told(co_await second_factor_.state(std::move(who.name)));
}

Operators::Outcome<std::monostate> Operators::change_password(OperatorSession who, PasswordChange request) {
    const std::string client = "the session of " + who.name;
    auto row = co_await check(who.name, std::move(request.old_password), client);
    if (!row) co_return fail(row.error());
    attempts_.undone(who.name, client);
    auto hash = co_await hash_new(std::move(request.new_password));
    if (!hash) co_return fail(hash.error());
    const auto changed = co_await operators_.set_password(who.name, row->password_hash, std::move(*hash));
    forget(who.name);
    if (!changed) co_return fail(refused(changed.error()));
    if (!*changed) co_return fail(refused(Reason::wrong));
    co_return std::monostate{};
}

bool Operators::allows(std::string_view token, bool changes) {
    const OperatorSession* session = cached(token);
    return session != nullptr && (!changes || session->may_change());
}

void Operators::keep(const Hash256& key, OperatorSession session) {
    if (cache_.size() >= kCachedMax) cache_.clear();
    const WallTime fresh_until = std::min<WallTime>(clock_.wall_now() + options_.fresh_for, session.expires);
    cache_.insert_or_assign(key, Entry{.session = std::move(session), .fresh_until = fresh_until});
}

Operators::Outcome<std::monostate> Operators::load_sessions() {
    const WallTime now = clock_.wall_now();
    auto open = co_await operators_.open_sessions(now, kCachedMax);
    if (!open) co_return fail(refused(open.error()));
    for (const auto& [key, session] : *open)
        keep(key, OperatorSession{.name = session.name,
                                  .role = session.role,
                                  .expires = session.expires_at,
                                  .csrf_token = csrf_token_for(key)});
    co_return std::monostate{};
}

Task<void> Operators::follow(milliseconds every) {
    while (true) {
        const std::uint64_t invalidations = invalidations_;
        const auto open = co_await operators_.open_sessions(clock_.wall_now(), kCachedMax);
        if (open && invalidations == invalidations_) {
            cache_.clear();
            for (const auto& [key, session] : *open)
                keep(key, OperatorSession{.name = session.name,
                                          .role = session.role,
                                          .expires = session.expires_at,
                                          .csrf_token = csrf_token_for(key)});
        }
        co_await sleep_for(every);
    }
}

void Operators::forget(const std::string& name) {
    ++invalidations_;
    std::erase_if(cache_, [&name](const auto& entry) { return entry.second.session.name == name; });
}

Operators::Outcome<std::optional<std::string>> Operators::ensure_first_operator() {
    const auto operators = co_await operators_.list();
    if (!operators) co_return fail(refused(operators.error()));
    if (!operators->empty()) {
        const auto loaded = co_await load_sessions();
        if (!loaded) co_return fail(loaded.error());
        co_return std::optional<std::string>{};
    }
    std::string password = random_password(random_);
    auto hash = co_await hash_new(password);
    if (!hash) co_return fail(hash.error());
    ports::Operator row{
        .name = "admin", .role = Role::owner, .password_hash = std::move(*hash), .created_at = clock_.wall_now()};
    const auto added = co_await operators_.add(std::move(row), true);
    if (!added) co_return fail(refused(added.error()));
    if (*added != ports::Operators::Added::added) co_return std::optional<std::string>{};
    co_return std::optional<std::string>{std::move(password)};
}

}  // namespace marketday::usecases
