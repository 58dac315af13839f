#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/customer.hpp"

namespace marketday::ports {

/// A customer's account. Personal data: never logged.
struct Account {
    CustomerId id;
    std::string email;                  // as typed at sign-up, trimmed, NFC: where mail goes
    std::string password_hash;          // PHC text; empty: nobody can log in with a password
    std::int64_t password_version = 0;  // grows with every change of the password
    domain::Locale locale = domain::Locale::en;
    bool verified = false;
    WallTime created_at{};
    bool operator==(const Account&) const = default;
};

/// What a letter is about. The numbers are stored: never reuse one.
enum class LetterKind : std::uint8_t {
    verify = 1,            // to a new account: a link that verifies its address
    already_claimed = 2,   // somebody signed up with the address of an account that exists: a link to a new password
    reset = 3,             // the link to a new password that was asked for
    password_changed = 4,  // tells the owner that it was
};

/// What following a mailed link does. The numbers are stored: never reuse one.
enum class LinkPurpose : std::uint8_t { verify = 1, reset = 2 };

/// The accounts of one site: who has claimed which address, and the letters that are still to be written to them.
/// Contract: tests/contract/accounts_contract.hpp, run on every adapter.
/// * an address is claimed by one customer at most, for ever, whatever arrives in one instant;
/// * an account and the letter that tells of it are written together or not at all;
/// * the work done for a known and for an unknown address is the same up to the rows themselves: each writes and
///   commits, so an answer's time tells nothing;
/// * links are kept as hashes, work once, and not after their expiry.
/// Reads are strict. Tasks resume on their caller's executor.
class Accounts {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened. A repeated sign_up finds its own account and answers address_taken.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kBatchMax = 5000;
    static constexpr std::int64_t kFirstPasswordVersion = 1;

    virtual ~Accounts() = default;

    struct NewAccount {
        CustomerId id;
        domain::EmailAddress email;
        std::string password_hash;
        domain::Locale locale = domain::Locale::en;
        WallTime created_at{};
    };
    enum class SignedUp : std::uint8_t { created, address_taken };
    /// Claims the address (pending) for a new account and asks for letter `letter`: `verify` to the new account, or
    /// `already_claimed` to the one that has the address, if `may_tell_owner`.
    virtual Answer<SignedUp> sign_up(NewAccount account, Uuid letter, bool may_tell_owner) = 0;
    /// Adds verified accounts (1..kBatchMax) without letters, in one commit; those whose address is taken are left out.
    /// For rehearsals. How many were added.
    virtual Answer<std::size_t> add_verified(std::vector<NewAccount> accounts) = 0;

    /// `claim` as EmailAddress::claim gives it.
    virtual Answer<std::optional<Account>> find_by_claim(std::string claim) = 0;
    virtual Answer<std::optional<Account>> find(CustomerId customer) = 0;

    /// The newest first, below `before` when it is given; 1..1000.
    virtual Answer<std::vector<Account>> list(std::optional<CustomerId> before, std::size_t accounts_max) = 0;

    /// Replaces a hash by one of the same password at another cost; nothing happens unless `version` is still current.
    /// Ends no session and leaves the version as it is.
    virtual Answer<std::monostate> rehash(CustomerId customer, std::int64_t version, std::string password_hash) = 0;

    /// Asks for a `reset` letter to whoever has the address, which is found out when the letter is written.
    virtual Answer<std::monostate> ask_reset(std::string claim, Uuid letter, WallTime now) = 0;

    struct Link {
        Hash256 key{};  // of the token in the link
        LinkPurpose purpose{};
        CustomerId customer;
        WallTime expires_at{};
    };
    virtual Answer<std::monostate> add_link(Link link) = 0;
    /// The purpose `verify`: makes the claim active. Whose account it is; nothing for a link that is unknown, used or
    /// expired.
    virtual Answer<std::optional<CustomerId>> verify(Hash256 key, WallTime now) = 0;
    /// The purpose `reset`: the account that the link is for, without using it up.
    virtual Answer<std::optional<Account>> find_reset(Hash256 key, WallTime now) = 0;
    /// The purpose `reset`: sets the password, makes the claim active (whoever reads its mail owns it), ends every
    /// session and link of the customer, and asks for letter `letter` (password_changed). In one commit.
    virtual Answer<std::optional<CustomerId>> complete_reset(Hash256 key, std::string password_hash, Uuid letter,
                                                             WallTime now) = 0;

    /// A letter that was asked for. `account` is nothing when nobody has the address: there is nothing to send.
    struct Letter {
        Uuid id;  // the same at every attempt
        LetterKind kind{};
        std::int64_t attempt = 1;
        std::optional<Account> account;
    };
    /// At most `letters_max` letters that are due at `now`, oldest first. They are due again at `hidden_until` unless
    /// `letter_done` says that they were sent, so that a writer's death loses none.
    virtual Answer<std::vector<Letter>> take_letters(WallTime now, WallTime hidden_until, std::size_t letters_max) = 0;
    virtual Answer<std::monostate> letter_done(Uuid letter) = 0;

    /// Forgets at most `accounts_max` accounts that were made before `before` and never verified, oldest first, with
    /// their claims, links and sessions: their addresses are free again. How many. Only verified accounts can have
    /// ordered.
    virtual Answer<std::size_t> purge_unverified(WallTime before, std::size_t accounts_max) = 0;

    /// Removes at most `links_max` links that expired at or before `now`. How many.
    virtual Answer<std::size_t> purge_links(WallTime now, std::size_t links_max) = 0;
};

}  // namespace marketday::ports
