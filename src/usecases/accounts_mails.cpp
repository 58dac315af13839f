#include "usecases/accounts_mails.hpp"

#include <array>

#include "base/assert.hpp"

namespace marketday::usecases {
namespace {

using domain::Locale;
using ports::LetterKind;

struct Row {
    LetterKind kind{};
    Locale locale{};
    std::string_view subject;
    std::string_view text;
};

// {shop} and {link} are filled in. Keep the languages of a kind together.
constexpr std::array kMails{
    Row{LetterKind::verify, Locale::ko, "[{shop}] 이메일 주소를 확인해 주세요",
        "안녕하세요.\n\n{shop}에 가입해 주셔서 감사합니다. 아래 링크를 열면 이메일 주소가 확인되고 주문할 수 "
        "있습니다.\n\n"
        "{link}\n\n이 링크는 48시간 동안 한 번만 쓸 수 있습니다. 직접 가입하지 않으셨다면 이 메일을 무시해 주세요.\n"},
    Row{LetterKind::verify, Locale::ja, "[{shop}] メールアドレスの確認",
        "{shop}にご登録いただきありがとうございます。次のリンクを開くとメールアドレスが確認され、"
        "注文できるようになります。\n\n{link}\n\nこのリンクは48時間以内に一度だけ使えます。"
        "お心当たりがない場合は、このメールを無視してください。\n"},
    Row{LetterKind::verify, Locale::en, "[{shop}] Confirm your e-mail address",
        "Hello,\n\nthank you for signing up at {shop}. Open this link to confirm your address; then you can order.\n\n"
        "{link}\n\nThe link works once, within 48 hours. If you did not sign up, please ignore this mail.\n"},

    Row{LetterKind::already_claimed, Locale::ko, "[{shop}] 이미 가입된 이메일 주소입니다",
        "안녕하세요.\n\n방금 누군가 이 이메일 주소로 {shop}에 가입하려고 했습니다. 이 주소에는 이미 계정이 있어서 새 "
        "계정은 "
        "만들어지지 않았습니다.\n\n본인이시라면 기존 비밀번호로 로그인하시거나, 아래 링크에서 새 비밀번호를 정해 "
        "주세요.\n\n"
        "{link}\n\n이 링크는 1시간 동안 한 번만 쓸 수 있습니다. 본인이 아니라면 아무것도 하지 않으셔도 됩니다.\n"},
    Row{LetterKind::already_claimed, Locale::ja, "[{shop}] このメールアドレスは登録済みです",
        "このメールアドレスで{shop}"
        "への新規登録が試みられました。このアドレスのアカウントはすでにあるため、"
        "新しいアカウントは作られていません。\n\nご本人の場合は、これまでのパスワードでログインするか、"
        "次のリンクから新しいパスワードを設定してください。\n\n{link}\n\nこのリンクは1時間以内に一度だけ使えます。"
        "お心当たりがない場合は、何もする必要はありません。\n"},
    Row{LetterKind::already_claimed, Locale::en, "[{shop}] You already have an account",
        "Hello,\n\nsomebody has just tried to sign up at {shop} with this address. It has an account already, so no "
        "new "
        "one was made.\n\nIf it was you, log in with the password you have, or choose a new one here:\n\n{link}\n\n"
        "The link works once, within an hour. If it was not you, there is nothing to do.\n"},

    Row{LetterKind::reset, Locale::ko, "[{shop}] 새 비밀번호 정하기",
        "안녕하세요.\n\n{shop}의 비밀번호를 새로 정하려면 아래 링크를 열어 주세요.\n\n{link}\n\n"
        "이 링크는 1시간 동안 한 번만 쓸 수 있습니다. 요청하지 않으셨다면 이 메일을 무시해 주세요. 비밀번호는 "
        "그대로입니다.\n"},
    Row{LetterKind::reset, Locale::ja, "[{shop}] 新しいパスワードの設定",
        "いつもご利用いただきありがとうございます。\n\n{shop}"
        "のパスワードを新しく設定するには、次のリンクを開いてください。\n\n{link}\n\n"
        "このリンクは1時間以内に一度だけ使えます。お心当たりがない場合は、このメールを無視してください。"
        "パスワードは変わりません。\n"},
    Row{LetterKind::reset, Locale::en, "[{shop}] Choose a new password",
        "Hello,\n\nopen this link to choose a new password for {shop}:\n\n{link}\n\nThe link works once, within an "
        "hour. "
        "If you did not ask for it, please ignore this mail; your password stays as it is.\n"},

    Row{LetterKind::password_changed, Locale::ko, "[{shop}] 비밀번호가 변경되었습니다",
        "안녕하세요.\n\n{shop} 계정의 비밀번호가 변경되었고, 모든 기기에서 로그아웃되었습니다.\n\n"
        "본인이 변경하지 않으셨다면 바로 비밀번호를 다시 설정해 주세요.\n"},
    Row{LetterKind::password_changed, Locale::ja, "[{shop}] パスワードが変更されました",
        "いつもご利用いただきありがとうございます。\n\n{shop}"
        "のアカウントのパスワードが変更され、すべての端末からログアウトしました。\n\n"
        "お心当たりがない場合は、すぐにパスワードを再設定してください。\n"},
    Row{LetterKind::password_changed, Locale::en, "[{shop}] Your password was changed",
        "Hello,\n\nthe password of your account at {shop} was changed, and every device has been logged out.\n\n"
        "If it was not you, please reset your password now.\n"},
};

std::string fill(std::string_view form, std::string_view shop, std::string_view link) {
    std::string text;
    while (!form.empty()) {
        const std::size_t brace = form.find('{');
        text += form.substr(0, brace);
        if (brace == std::string_view::npos) break;
        form.remove_prefix(brace);
        const bool is_shop = form.starts_with("{shop}");
        text += is_shop ? shop : link;
        form.remove_prefix(is_shop ? std::string_view{"{shop}"}.size() : std::string_view{"{link}"}.size());
    }
    return text;
}

}  // namespace

MailText account_mail(LetterKind kind, Locale locale, std::string_view shop, std::string_view link) {
    for (const Row& row : kMails) {
        if (row.kind == kind && row.locale == locale)
            return {fill(row.subject, shop, link), fill(row.text, shop, link)};
    }
    MD_ASSERT(false && "every kind has every language");
    return {};
}

}  // namespace marketday::usecases
