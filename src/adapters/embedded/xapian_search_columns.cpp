#include "adapters/embedded/xapian_search_columns.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/assert.hpp"

namespace marketday::adapters {

bool category_path_less(std::string_view a, std::string_view b) {
    const auto weight = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1; };
    return std::ranges::lexicographical_compare(a, b, {}, weight, weight);
}

std::size_t SearchColumns::permutation_of(SearchOrder order) {
    switch (order) {
        case SearchOrder::closeness: return 0;
        case SearchOrder::price_up: return 1;
        case SearchOrder::price_down: return 1;
        case SearchOrder::newest: return 2;
        case SearchOrder::name_en: return 3;
        case SearchOrder::name_ja: return 4;
        case SearchOrder::name_ko: return 5;
    }
    MD_ASSERT(false);
}

SearchDocument SearchColumns::at(SearchOrder order, std::uint32_t place) const {
    return orders_[permutation_of(order)].at[turned(order, place)];
}

const SearchKey& SearchColumns::key_at(SearchOrder order, std::uint32_t place) const {
    return orders_[permutation_of(order)].keys[turned(order, place)];
}

std::uint32_t SearchColumns::place_of(SearchOrder order, SearchDocument document) const {
    return turned(order, orders_[permutation_of(order)].place[document]);
}

SearchColumns::Slice SearchColumns::priced(std::int64_t min_minor, std::int64_t max_minor) const {
    const auto& at = orders_[permutation_of(SearchOrder::price_up)].at;
    const auto price = [this](SearchDocument d) { return rows_[d].price_minor; };
    const auto priced_end = at.begin() + priced_;
    const auto begin = std::ranges::lower_bound(at.begin(), priced_end, min_minor, {}, price);
    const auto end = std::ranges::upper_bound(begin, priced_end, max_minor, {}, price);
    return {static_cast<std::uint32_t>(begin - at.begin()), static_cast<std::uint32_t>(end - at.begin())};
}

SearchColumns::Slice SearchColumns::category(std::string_view path) const {
    const auto found = std::ranges::lower_bound(categories_, path, category_path_less, &Category::path);
    if (found == categories_.end() || found->path != path) return {};
    return {static_cast<std::uint32_t>(found - categories_.begin()), found->end};
}

SearchColumns::Slice SearchColumns::products_of(Slice categories) const {
    const auto first = [this](std::uint32_t index) {
        return index < categories_.size() ? categories_[index].first
                                          : static_cast<std::uint32_t>(by_category_.at.size());
    };
    return {first(categories.begin), first(categories.end)};
}

std::size_t SearchColumns::bytes() const {
    std::size_t bytes =
        rows_.size() * sizeof(SearchRow) + skus_.size() + sku_ends_.size() * 4 + keys_.size() * sizeof(SearchKey);
    const auto of = [](const Permutation& p) {
        return (p.at.size() + p.place.size()) * 4 + p.keys.size() * sizeof(SearchKey);
    };
    bytes += of(by_category_);
    for (const auto& order : orders_) bytes += of(order);
    for (const auto& category : categories_) bytes += sizeof(Category) + category.path.size();
    return bytes;
}

SearchColumnsBuilder::SearchColumnsBuilder(std::uint32_t documents) : columns_(std::make_shared<SearchColumns>()) {
    columns_->rows_.resize(documents);
    columns_->sku_ends_.assign(1, 0);
    columns_->sku_ends_.reserve(documents + 1);
}

void SearchColumnsBuilder::add(SearchDocument document, const SearchRow& row, std::string_view sku,
                               std::string_view category_path) {
    auto& ends = columns_->sku_ends_;
    MD_ASSERT(document < columns_->rows_.size() && document + 1 >= ends.size());
    ends.resize(document + 1, static_cast<std::uint32_t>(columns_->skus_.size()));
    columns_->skus_.append(sku);
    ends.push_back(static_cast<std::uint32_t>(columns_->skus_.size()));

    const auto known = std::ranges::lower_bound(path_numbers_, category_path, {},
                                                [](const auto& p) -> std::string_view { return p.first; });
    std::uint32_t number = 0;
    if (known != path_numbers_.end() && known->first == category_path) {
        number = known->second;
    } else {
        number = static_cast<std::uint32_t>(paths_.size());
        paths_.emplace_back(category_path);
        path_numbers_.insert(known, {std::string{category_path}, number});
    }
    columns_->rows_[document] = row;
    columns_->rows_[document].category = number;
    columns_->rows_[document].live = true;
    live_.push_back(document);
}

template <class Less>
void SearchColumnsBuilder::sort_order(SearchOrder order, Less less) {
    auto& permutation = columns_->orders_[SearchColumns::permutation_of(order)];
    permutation.at = live_;
    std::ranges::sort(permutation.at, [&](SearchDocument a, SearchDocument b) {
        const auto compared = less(a, b);
        return compared == 0 ? columns_->sku(a) < columns_->sku(b) : compared < 0;
    });
    permutation.place.assign(columns_->rows_.size(), 0);
    for (std::uint32_t i = 0; i < permutation.at.size(); ++i) permutation.place[permutation.at[i]] = i;
}

void SearchColumnsBuilder::order_names(SearchOrder order, const std::function<void(const KeySink&)>& keys) {
    std::string bytes;
    std::vector<std::uint32_t> begins(columns_->rows_.size() + 1, 0);
    std::uint32_t next = 0;
    keys([&](SearchDocument document, std::string_view key) {
        if (document >= columns_->rows_.size()) return;
        for (; next <= document; ++next) begins[next] = static_cast<std::uint32_t>(bytes.size());
        bytes.append(key);
    });
    for (; next < begins.size(); ++next) begins[next] = static_cast<std::uint32_t>(bytes.size());
    const auto key = [&](SearchDocument d) {
        return std::string_view{bytes}.substr(begins[d], begins[d + 1] - begins[d]);
    };
    sort_order(order, [&](SearchDocument a, SearchDocument b) { return key(a).compare(key(b)); });
}

void SearchColumnsBuilder::build_categories() {
    auto& table = columns_->categories_;
    // Every path and all above it; "" (no category, and the top of all) is first.
    std::vector<std::string> paths{""};
    for (const auto& path : paths_) {
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (path[i] == '/') paths.push_back(path.substr(0, i));
        }
        paths.push_back(path);
    }
    std::ranges::sort(paths, category_path_less);
    paths.erase(std::ranges::unique(paths).begin(), paths.end());
    for (auto& path : paths) {
        SearchColumns::Category category;
        category.level = path.empty() ? 0 : static_cast<std::uint32_t>(std::ranges::count(path, '/')) + 1;
        category.path = std::move(path);
        table.push_back(std::move(category));
    }
    std::vector<std::uint32_t> above;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        while (!above.empty() && table[above.back()].level >= table[i].level) above.pop_back();
        for (const std::uint32_t ancestor : above) table[ancestor].end = i + 1;
        table[i].end = i + 1;
        above.push_back(i);
    }

    std::vector<std::uint32_t> index_of(paths_.size());
    for (std::size_t i = 0; i < paths_.size(); ++i) {
        const auto found =
            std::ranges::lower_bound(table, paths_[i], category_path_less, &SearchColumns::Category::path);
        index_of[i] = static_cast<std::uint32_t>(found - table.begin());
    }
    std::vector<std::uint32_t> counts(table.size() + 1, 0);
    for (const SearchDocument d : live_) {
        auto& row = columns_->rows_[d];
        row.category = index_of[row.category];
        ++counts[row.category + 1];
    }
    std::partial_sum(counts.begin(), counts.end(), counts.begin());
    for (std::size_t i = 0; i < table.size(); ++i) table[i].first = counts[i];
    columns_->by_category_.at.resize(live_.size());
    const auto& newest_first = columns_->orders_[SearchColumns::permutation_of(SearchOrder::newest)].at;
    for (const SearchDocument d : newest_first) columns_->by_category_.at[counts[columns_->rows_[d].category]++] = d;
}

void SearchColumnsBuilder::build_keys() {
    auto& columns = *columns_;
    columns.keys_.resize(columns.rows_.size());
    for (const SearchDocument d : live_) {
        columns.keys_[d] = {columns.rows_[d].category, columns.place_of(SearchOrder::price_up, d)};
    }
    const auto fill = [&columns](SearchColumns::Permutation& permutation) {
        permutation.keys.reserve(permutation.at.size());
        for (const SearchDocument d : permutation.at) permutation.keys.push_back(columns.keys_[d]);
    };
    fill(columns.by_category_);
    for (auto& order : columns.orders_) fill(order);
}

std::shared_ptr<const SearchColumns> SearchColumnsBuilder::build() {
    auto& columns = *columns_;
    columns.sku_ends_.resize(columns.rows_.size() + 1, static_cast<std::uint32_t>(columns.skus_.size()));
    columns.skus_.shrink_to_fit();
    columns.products_ = static_cast<std::uint32_t>(live_.size());
    const auto& rows = columns.rows_;
    const auto compare = [](std::int64_t a, std::int64_t b) { return a < b ? -1 : (a > b ? 1 : 0); };
    sort_order(SearchOrder::closeness, [&](SearchDocument a, SearchDocument b) {
        return compare(rows[a].name_characters, rows[b].name_characters);
    });
    sort_order(SearchOrder::price_up,
               [&](SearchDocument a, SearchDocument b) { return compare(rows[a].price_minor, rows[b].price_minor); });
    sort_order(SearchOrder::newest,
               [&](SearchDocument a, SearchDocument b) { return compare(rows[b].newness, rows[a].newness); });
    build_categories();
    columns.priced_ = static_cast<std::uint32_t>(
        std::ranges::count_if(live_, [&](SearchDocument d) { return rows[d].price_minor != SearchRow::kNoPrice; }));
    build_keys();
    return std::move(columns_);
}

}  // namespace marketday::adapters
