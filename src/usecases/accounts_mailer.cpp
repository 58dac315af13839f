#include "usecases/accounts_mailer.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "usecases/accounts_mails.hpp"
#include "usecases/sessions_token.hpp"

namespace marketday::usecases {
namespace {

constexpr seconds kPurgeEvery{30};
constexpr seconds kHiddenFor{60};  // longer than one round of sending takes
constexpr std::size_t kRoundLettersMax = 100;
constexpr std::int64_t kAttemptsMax = 1000;  // every kHiddenFor: more than half a day
constexpr std::size_t kPurgeMax = 1000;

bool has_link(ports::LetterKind kind) { return kind != ports::LetterKind::password_changed; }

}  // namespace

AccountsMailer::AccountsMailer(ports::Accounts& accounts, ports::Mail& mail, const Clock& clock, Random& random,
                               Options options)
    : accounts_(accounts), mail_(mail), clock_(clock), random_(random), options_(std::move(options)) {}

Task<void> AccountsMailer::run() {
    Instant purge_at = clock_.now();
    while (true) {
        asked_.reset();
        co_await send_due();
        if (clock_.now() >= purge_at) {
            purge_at = clock_.now() + kPurgeEvery;
            const auto purged = co_await accounts_.purge_links(clock_.wall_now(), kPurgeMax);
            if (!purged) log::warn("accounts.links.not_purged");
        }
        co_await asked_.wait(clock_.now() + options_.look_every);
    }
}

Task<std::size_t> AccountsMailer::send_due() {
    std::size_t sent = 0;
    while (true) {
        const WallTime now = clock_.wall_now();
        auto letters = co_await accounts_.take_letters(now, now + kHiddenFor, kRoundLettersMax);
        if (!letters) {
            log::warn("accounts.letters.unavailable");
            co_return sent;
        }
        for (auto& letter : *letters) {
            const bool handed_over = co_await send(std::move(letter));
            sent += handed_over ? 1 : 0;
        }
        if (letters->size() < kRoundLettersMax) co_return sent;
    }
}

Task<bool> AccountsMailer::send(ports::Accounts::Letter letter) {
    bool handed_over = false;
    if (letter.account) {
        const ports::Account& account = *letter.account;
        std::string link;
        if (has_link(letter.kind)) {
            auto made = co_await make_link(letter.kind, account.id);
            if (!made) co_return false;  // Due again soon.
            link = std::move(*made);
        }
        auto text = account_mail(letter.kind, account.locale, options_.shop, link);
        ports::Mail::Letter mail{.id = letter.id,
                                 .to = account.email,
                                 .subject = std::move(text.subject),
                                 .text = std::move(text.text),
                                 .written_at = clock_.wall_now()};
        const auto sent = co_await mail_.send(std::move(mail));
        handed_over = sent.has_value();
        const bool refused = !handed_over && sent.error() == ports::Mail::Error::refused;
        if (!handed_over && !refused && letter.attempt < kAttemptsMax) {
            log::warn("accounts.letter.delayed", {{"attempt", letter.attempt}});
            co_return false;
        }
        if (!handed_over && !refused) log::error("accounts.letter.given_up", {{"letter", letter.id.to_string()}});
    }
    const auto done = co_await accounts_.letter_done(letter.id);
    if (!done) log::warn("accounts.letter.not_marked");  // It is sent once more, under the same id.
    co_return handed_over;
}

Task<Result<std::string, ports::Accounts::Error>> AccountsMailer::make_link(ports::LetterKind kind,
                                                                            CustomerId customer) {
    const bool verifies = kind == ports::LetterKind::verify;
    const Token token = make_token(random_, customer.bucket());
    ports::Accounts::Link link{
        .key = token.key,
        .purpose = verifies ? ports::LinkPurpose::verify : ports::LinkPurpose::reset,
        .customer = customer,
        .expires_at = clock_.wall_now() + (verifies ? options_.verify_valid : options_.reset_valid)};
    const auto added = co_await accounts_.add_link(std::move(link));
    if (!added) co_return fail(added.error());
    co_return options_.base_url + (verifies ? "/verify?token=" : "/reset?token=") + token.text;
}

}  // namespace marketday::usecases
