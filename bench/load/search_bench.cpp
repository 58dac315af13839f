// Searches with two filters (category and price) over the real catalogue and over ten times as much, half of them with
// a text besides, in every order. Latency is that of the port: from the call to the page, through the reader pool.
//   search_bench CATALOGUE.jsonl.gz [--copies 10] [--queries 4000] [--runs 5] [--json FILE] [--keep DIR] [--smoke]
// --keep leaves the indexes in DIR and takes them from there the next time.

#include <fmt/format.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/embedded/xapian_search_index.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "domain/search_text.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"
#include "usecases/import_row.hpp"

namespace marketday {
namespace {

using domain::Product;
using ports::SearchIndex;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
    std::string catalogue;
    int copies = 10;
    int queries = 4000;
    int runs = 5;
    std::string json;
    std::string keep;
    bool smoke = false;
};

std::vector<Product> read_catalogue(const Options& options) {
    std::vector<Product> products;
    gzFile file = gzopen(options.catalogue.c_str(), "rb");
    if (file == nullptr) throw std::runtime_error("cannot read " + options.catalogue);
    const Currency krw = *Currency::parse("KRW");
    usecases::ImportPolicy policy{.currency = krw, .no_price = {usecases::NoPrice::set, Money{1000, krw}}};
    SeededRandom random{7};
    std::string line(1 << 20, '\0');
    while (gzgets(file, line.data(), static_cast<int>(line.size())) != nullptr) {
        auto row = usecases::read_json_row(std::string_view{line.data()}, policy);
        if (row.kind != usecases::ImportRow::Kind::product) continue;
        // Most goods have no price: from 500 to 500,000 won, evenly on a logarithmic scale.
        const double exponent = static_cast<double>(random.below(3'000'000)) / 1e6;
        row.write.product.price = Money{std::llround(500.0 * std::pow(10.0, exponent) / 100.0) * 100, krw};
        products.push_back(std::move(row.write.product));
        if (options.smoke && products.size() == 2000) break;
    }
    gzclose(file);
    return products;
}

/// The n-th variation of a product: another SKU, price and name.
Product varied(const Product& original, int n, SeededRandom& random) {
    static constexpr std::array kEnglish{"Blue", "Gift Box", "Mini",   "Large", "Second Edition",
                                         "Gold", "Winter",   "Bundle", "Plus"};
    static constexpr std::array kJapanese{"青", "ギフト箱", "ミニ", "大", "第二版", "金", "冬", "セット", "プラス"};
    static constexpr std::array kKorean{"파랑", "선물상자", "미니", "대형",  "두번째판",
                                        "금색", "겨울",     "묶음", "플러스"};
    Product copy = original;
    const auto word = static_cast<std::size_t>(random.below(kEnglish.size()));
    copy.sku += fmt::format("-v{}", n);
    for (auto* names : {&copy.name, &copy.name_derived}) {
        const auto add = [&](domain::Language language, const char* text) {
            if (!names->in(language).empty()) names->in(language) += std::string{" "} + text;
        };
        add(domain::Language::en, kEnglish[word]);
        add(domain::Language::ja, kJapanese[word]);
        add(domain::Language::ko, kKorean[word]);
    }
    copy.price->amount_minor =
        std::max<std::int64_t>(100, copy.price->amount_minor * static_cast<std::int64_t>(50 + random.below(150)) / 100);
    return copy;
}

Task<bool> fill(SearchIndex& index, const std::vector<Product>& products, int copies) {
    SeededRandom random{11};
    std::int64_t number = 0;
    for (int n = 0; n < copies; ++n) {
        std::vector<ports::Catalogue::Change> batch;
        for (std::size_t i = 0; i < products.size(); ++i) {
            batch.push_back({++number, n == 0 ? products[i] : varied(products[i], n, random)});
            const bool end = i + 1 == products.size();
            if (batch.size() < 2000 && !end) continue;
            const bool last = end && n + 1 == copies;
            auto applied =
                co_await index.apply(std::move(batch), last ? SearchIndex::Visible::now : SearchIndex::Visible::later);
            if (!applied) co_return false;
            batch = {};
        }
    }
    co_return true;
}

std::string text_from(const Product& product, SeededRandom& random) {
    const std::string& name = product.name_in(domain::kLanguages[random.below(3)]);
    if (random.below(2) == 0) return name.substr(0, name.size() <= SearchIndex::kTextBytesMax ? std::string::npos : 0);
    const auto words = domain::vocabulary_words(name);
    return words.empty() ? std::string{} : words[random.below(words.size())];
}

std::vector<SearchIndex::Query> make_queries(const std::vector<Product>& products, int count, std::uint64_t seed) {
    SeededRandom random{seed};
    std::vector<SearchIndex::Query> queries;
    while (static_cast<int>(queries.size()) < count) {
        const Product& product = products[random.below(products.size())];
        if (product.category.empty()) continue;
        SearchIndex::Query query;
        query.category = domain::category_path(product.category, 1 + random.below(product.category.size()));
        query.price_min_minor = product.price->amount_minor / static_cast<std::int64_t>(2 + random.below(10));
        query.price_max_minor = product.price->amount_minor * static_cast<std::int64_t>(2 + random.below(10));
        if (random.below(2) == 0) query.text = text_from(product, random);
        query.sort = static_cast<SearchIndex::Sort>(random.below(5));
        query.language = domain::kLanguages[random.below(3)];
        query.products_max = 24;
        queries.push_back(std::move(query));
    }
    return queries;
}

/// Processor time of this process: what a search costs when nothing else runs.
double cpu_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Measured {
    std::vector<double> latencies_ms;
    std::vector<double> cpu_ms;
    std::int64_t found = 0;
    SearchIndex::Query slowest;
};

Task<Measured> ask(SearchIndex& index, std::vector<SearchIndex::Query> queries) {
    Measured measured;
    double worst = 0;
    for (auto& query : queries) {
        auto copy = query;
        const double cpu_before = cpu_ms();
        const auto began = std::chrono::steady_clock::now();
        auto page = co_await index.search(std::move(copy));
        const double ms = Milliseconds{std::chrono::steady_clock::now() - began}.count();
        measured.latencies_ms.push_back(ms);
        measured.cpu_ms.push_back(cpu_ms() - cpu_before);
        if (page && !page->skus.empty()) ++measured.found;
        if (ms > worst) {
            worst = ms;
            measured.slowest = query;
        }
    }
    co_return measured;
}

double percentile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Figure {
    double middle = 0;
    double low = 0;
    double high = 0;
};

Figure figure(const std::vector<double>& runs) {
    return {percentile(runs, 0.5), std::ranges::min(runs), std::ranges::max(runs)};
}

/// One index in a directory of its own.
class Stand {
public:
    Stand(const Options& options, const std::vector<Product>& products, int copies)
        : options_(options),
          products_(products),
          directory_(options.keep.empty() ? temporary_.path() / "search"
                                          : std::filesystem::path{options.keep} / fmt::format("search-{}", copies)),
          index_({.directory = directory_}, readers_, writer_) {
        fmt::print("opened in {:.3f} s; ", Milliseconds{std::chrono::steady_clock::now() - began_}.count() / 1000);
        const auto began = std::chrono::steady_clock::now();
        if (index_.figures().products == 0 && !run_task(fill(index_, products, copies)))
            throw std::runtime_error("the index could not be filled");
        const double built_s = Milliseconds{std::chrono::steady_clock::now() - began}.count() / 1000;
        const auto figures = index_.figures();
        std::uintmax_t disk = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator{directory_}) {
            if (file.is_regular_file()) disk += file.file_size();
        }
        fmt::print("{} products: built in {:.1f} s, {:.1f} MB in memory, {:.1f} MB on disk\n", figures.products,
                   built_s, static_cast<double>(figures.memory_bytes) / 1e6, static_cast<double>(disk) / 1e6);
        run_task(ask(index_, make_queries(products_, options_.queries, 1)));  // warm
    }

    void run(int number) {
        const auto queries = make_queries(products_, options_.queries, 100 + static_cast<std::uint64_t>(number));
        const auto measured = run_task(ask(index_, queries));
        p50s.push_back(percentile(measured.latencies_ms, 0.5));
        p99s.push_back(percentile(measured.latencies_ms, 0.99));
        fmt::print(
            "  {} products, run {}: p50 {:.3f} ms, p99 {:.3f} ms (processor {:.3f}), max {:.3f} ms (\"{}\" in {}, "
            "order {}); {} of {} found something\n",
            index_.figures().products, number + 1, p50s.back(), p99s.back(), percentile(measured.cpu_ms, 0.99),
            percentile(measured.latencies_ms, 1.0), measured.slowest.text, measured.slowest.category,
            static_cast<int>(measured.slowest.sort), measured.found, options_.queries);
    }
    std::vector<double> p50s;
    std::vector<double> p99s;

private:
    const Options& options_;
    const std::vector<Product>& products_;
    TemporaryDirectory temporary_;
    std::filesystem::path directory_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    ThreadPool readers_{{.name = "search", .threads = 2}};
    ThreadPool writer_{{.name = "index", .threads = 1}};
    adapters::XapianSearchIndex index_;
};

std::string output_of(const char* command) {
    std::string out;
    if (FILE* pipe = ::popen(command, "r"); pipe != nullptr) {
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
        ::pclose(pipe);
    }
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

void write_json(const std::string& file, const Figure& one, const Figure& ten, const Figure& growth,
                std::size_t products, int copies) {
    struct utsname system{};
    ::uname(&system);
    const std::string machine =
        fmt::format("{} cores, {} {}, {}", std::thread::hardware_concurrency(), system.sysname, system.release,
                    output_of("sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1"));
    const std::string commit = output_of("git rev-parse --short HEAD 2>/dev/null");
    const auto entry = [&](const std::string& name, const Figure& figure, std::string_view unit, std::string_view must,
                           std::string_view aim) {
        return fmt::format(
            "  {{\"name\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"must\":{},\"aim\":{},"
            "\"spread\":[{:.3f},{:.3f}],\"machine\":\"{}\",\"commit\":\"{}\"}}",
            name, figure.middle, unit, must, aim, figure.low, figure.high, machine, commit);
    };
    std::ofstream out{file};
    out << "[\n"
        << entry("search", one, "ms p99", "10", "3") << ",\n"
        << entry(fmt::format("search_{}", products * static_cast<std::size_t>(copies)), ten, "ms p99", "null", "null")
        << ",\n"
        << entry("search_growth", growth, "times", "3", "1.5") << "\n]\n";
}

}  // namespace
}  // namespace marketday

int main(int argc, char** argv) {
    using namespace marketday;
    log::set_level(log::Level::error);
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--smoke")
            options.smoke = true;
        else if (argument == "--copies" && has_value)
            options.copies = std::stoi(argv[++i]);
        else if (argument == "--queries" && has_value)
            options.queries = std::stoi(argv[++i]);
        else if (argument == "--runs" && has_value)
            options.runs = std::stoi(argv[++i]);
        else if (argument == "--keep" && has_value)
            options.keep = argv[++i];
        else if (argument == "--json" && has_value)
            options.json = argv[++i];
        else
            options.catalogue = argument;
    }
    if (options.smoke) options.queries = 200, options.runs = 2, options.copies = 2;
    try {
        const auto products = read_catalogue(options);
        Stand one{options, products, 1};
        Stand ten{options, products, options.copies};
        // By turns, so that what else the machine does meets both.
        std::vector<double> growth;
        for (int run = 0; run < options.runs; ++run) {
            one.run(run);
            ten.run(run);
            growth.push_back(ten.p99s.back() / one.p99s.back());
        }
        const Figure one_p99 = figure(one.p99s);
        const Figure ten_p99 = figure(ten.p99s);
        const Figure times = figure(growth);
        fmt::print("search: p50 {:.3f} ms, p99 {:.3f} ms (must 10, aim 3)\n", figure(one.p50s).middle, one_p99.middle);
        fmt::print("search, {} times the goods: p50 {:.3f} ms, p99 {:.3f} ms; {:.2f} times (must 3, aim 1.5)\n",
                   options.copies, figure(ten.p50s).middle, ten_p99.middle, times.middle);
        if (!options.json.empty()) write_json(options.json, one_p99, ten_p99, times, products.size(), options.copies);
    } catch (const std::exception& error) {
        fmt::print(stderr, "search_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
