#include "usecases/relay_order_mail.hpp"

#include <algorithm>
#include <array>

#include "base/hash.hpp"
#include "domain/written.hpp"

namespace marketday::usecases {
namespace {

using domain::Locale;

struct Row {
    std::string_view type;
    Locale locale{};
    std::string_view subject;
    std::string_view text;
};

// {shop}, {order} and {total} are filled in.
constexpr std::array kMails{
    Row{"order.paid", Locale::ko, "[{shop}] 결제가 완료되었습니다",
        "안녕하세요, {shop}입니다.\n\n주문 {order}의 결제({total})가 완료되었습니다. 준비되는 대로 보내 "
        "드리겠습니다.\n"},
    Row{"order.paid", Locale::ja, "[{shop}] お支払いが完了しました",
        "{shop}をご利用いただきありがとうございます。\n\nご注文 {order} "
        "のお支払い（{total}）が完了しました。準備ができ次第、発送いたします。\n"},
    Row{"order.paid", Locale::en, "[{shop}] Your payment has arrived",
        "Hello,\n\nyour order {order} is paid ({total}). We send it as soon as it is ready.\n"},

    Row{"order.shipped", Locale::ko, "[{shop}] 상품을 발송했습니다",
        "안녕하세요, {shop}입니다.\n\n주문 {order}의 상품을 발송했습니다. 주문 화면에서 운송장 번호를 확인하실 수 "
        "있습니다.\n"},
    Row{"order.shipped", Locale::ja, "[{shop}] 商品を発送しました",
        "{shop}をご利用いただきありがとうございます。\n\nご注文 {order} "
        "の商品を発送しました。お問い合わせ番号はご注文のページでご確認いただけます。\n"},
    Row{"order.shipped", Locale::en, "[{shop}] Your order is on its way",
        "Hello,\n\nyour order {order} has been sent. Its tracking number is on the order's page.\n"},

    Row{"order.refunded", Locale::ko, "[{shop}] 환불되었습니다",
        "안녕하세요, {shop}입니다.\n\n주문 {order}의 결제 금액({total})이 환불되었습니다. 카드사에 따라 며칠 걸릴 수 "
        "있습니다.\n"},
    Row{"order.refunded", Locale::ja, "[{shop}] 返金いたしました",
        "{shop}をご利用いただきありがとうございます。\n\nご注文 {order} "
        "の代金（{total}）を返金いたしました。カード会社により数日かかることがあります。\n"},
    Row{"order.refunded", Locale::en, "[{shop}] Your money is on its way back",
        "Hello,\n\nwe have refunded your order {order} ({total}). It may take your bank some days to show it.\n"},
};

domain::Language language_of(Locale locale) {
    switch (locale) {
        case Locale::ko: return domain::Language::ko;
        case Locale::ja: return domain::Language::ja;
        case Locale::en: return domain::Language::en;
    }
    return domain::Language::ko;
}

std::string filled(std::string_view pattern, Locale locale, std::string_view shop, const ShopEvent& event) {
    std::string text{pattern};
    const auto put = [&text](std::string_view name, std::string_view value) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
            text.replace(at, name.size(), value);
    };
    // As the pages write them: whoever reads it out, or looks for it there, says the same.
    put("{order}", domain::order_number(*event.order));
    put("{total}", event.total ? domain::shown_money(*event.total, language_of(locale)) : std::string{});
    put("{shop}", shop);
    return text;
}

/// One letter an event, whichever time it is handled.
Uuid letter_id(const ShopEvent& event) {
    const Hash256 hash = blake2b("order-mail " + event.id);
    Uuid id;
    std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x80);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace

ports::EventBus::Group OrderMail::group() {
    ports::EventBus::Group group;
    group.name = "order-mail";
    group.topics = {"orders"};
    return group;
}

Task<bool> OrderMail::handle(ShopEvent event) {
    if (!event.customer || !event.order) co_return true;
    const auto account = co_await accounts_.find(*event.customer);
    if (!account) co_return false;
    if (!*account) co_return true;
    const auto& reader = **account;
    const auto row = std::ranges::find_if(
        kMails, [&](const Row& one) { return one.type == event.type && one.locale == reader.locale; });
    if (row == kMails.end()) co_return true;
    ports::Mail::Letter letter{.id = letter_id(event),
                               .to = reader.email,
                               .subject = filled(row->subject, reader.locale, shop_, event),
                               .text = filled(row->text, reader.locale, shop_, event),
                               .written_at = event.at};
    const auto sent = co_await mail_.send(std::move(letter));
    // What nobody will ever take is dealt with.
    co_return sent.has_value() || sent.error() == ports::Mail::Error::refused;
}

}  // namespace marketday::usecases
