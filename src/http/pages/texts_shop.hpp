#pragma once

#include "http/pages/text_row.hpp"

namespace marketday::http::pages {

/// Looking at goods, searching, sales, the line, and what is said when something fails.
inline constexpr TextRow kShopTexts[] = {
    // Every page.
    {"shop.tagline", "하루하루 곁에 두고 싶은 것들", "毎日のそばに置きたいもの", "Good things for every day"},
    {"nav.skip", "본문으로 바로가기", "本文へ移動", "Skip to content"},
    {"nav.label", "주요 메뉴", "メインメニュー", "Main"},
    {"nav.categories", "카테고리", "カテゴリー", "Categories"},
    {"nav.account", "내 주문", "注文履歴", "My orders"},
    {"nav.log_in", "로그인", "ログイン", "Log in"},
    {"nav.log_out", "로그아웃", "ログアウト", "Log out"},
    {"nav.sign_up", "회원가입", "会員登録", "Sign up"},
    {"nav.basket", "장바구니", "カート", "Basket"},
    {"nav.basket_count", "장바구니, {n}개", "カート、{n}点", "Basket, {n} items"},
    {"nav.language", "언어", "言語", "Language"},
    {"nav.trail", "현재 위치", "現在位置", "You are here"},
    {"nav.home", "홈", "ホーム", "Home"},
    {"search.label", "상품 검색", "商品を検索", "Search the shop"},
    {"search.placeholder", "무엇을 찾으세요?", "何をお探しですか?", "What are you looking for?"},
    {"search.button", "검색", "検索", "Search"},
    {"footer.about", "여기 있는 상품은 모두 지어낸 것입니다.", "掲載している商品はすべて架空のものです。",
     "Every product shown here is invented."},
    {"footer.prices", "모든 가격에는 세금이 포함되어 있습니다.", "価格はすべて税込みです。", "All prices include tax."},
    {"footer.fair", "한정 세일은 먼저 온 순서가 아니라 추첨과 줄 서기로 공정하게 판매합니다.",
     "限定セールは抽選と順番待ちで公平に販売します。", "Limited sales are sold fairly, by lot and in line."},

    // Home.
    {"home.title", "홈", "ホーム", "Home"},
    {"home.lead", "천천히 고른 문구와 그릇, 옷과 간식. 한정 세일은 누구에게나 같은 순서로 열립니다.",
     "ゆっくり選んだ文具と器、衣類とおやつ。限定セールはどなたにも同じ順番でひらきます。",
     "Stationery, tableware, clothes and treats, slowly chosen. Limited sales open in the same order for everybody."},
    {"home.sales", "진행 중이거나 곧 열리는 세일", "開催中・まもなく開始のセール", "Sales now and soon"},
    {"home.popular_goods", "지금 많이 보는 상품", "いま人気の商品", "Popular right now"},
    {"home.popular_searches", "인기 검색어", "人気の検索", "Popular searches"},
    {"home.categories", "카테고리 둘러보기", "カテゴリーから探す", "Shop by category"},
    {"home.new_goods", "새로 들어온 상품", "新着商品", "New in"},
    {"home.all_new", "신상품 모두 보기", "新着をすべて見る", "See all new goods"},
    {"home.empty", "아직 진열된 상품이 없습니다. 곧 채워 놓겠습니다.", "まだ商品がありません。まもなく並びます。",
     "The shelves are still empty. They will be filled soon."},

    // Sales.
    {"sale.days", "{n}일", "{n}日", "{n} days"},
    {"sale.days_one", "{n}일", "{n}日", "{n} day"},

    // Goods.
    {"goods.count", "상품 {n}개", "商品{n}点", "{n} products"},
    {"goods.count_one", "상품 {n}개", "商品{n}点", "{n} product"},
    {"goods.count_about", "상품 약 {n}개", "商品 約{n}点", "About {n} products"},
    {"goods.no_price", "판매 준비 중", "販売準備中", "Not on sale yet"},
    {"goods.no_picture", "사진 준비 중", "写真準備中", "No picture yet"},
    {"goods.rank", "{n}위", "{n}位", "No. {n}"},
};

}  // namespace marketday::http::pages
