// Every target without libFuzzer, in seconds: each kept input as it is, then mutations of them from a fixed seed until
// the time is over. `./dev fuzz` searches with coverage, for minutes; what it finds is kept in corpus/NAME/ and runs
// here.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/random.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

constexpr std::chrono::milliseconds kMutationsFor{2000};
constexpr std::size_t kInputBytesMax = 16 * 1024;

std::string input_under_way;
const Target* target_under_way = nullptr;

/// Keeps what the process dies of, so that it can be looked at and run again.
void keep_input() {
    if (target_under_way == nullptr) return;
    const auto file =
        std::filesystem::temp_directory_path() / ("marketday-fuzz-" + std::string{target_under_way->name});
    std::ofstream(file, std::ios::binary) << input_under_way;
    std::fprintf(stderr, "the input is kept in %s\n", file.c_str());
    target_under_way = nullptr;
}

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

void run(const Target& target, std::string input) {
    input_under_way = std::move(input);
    target.run(input_under_way);
}

std::vector<std::string> seeds_of(const Target& target) {
    std::vector<std::string> seeds;
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path{MARKETDAY_FUZZ_CORPUS} / target.name))
        files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return seeds;
}

std::string mutated(std::string bytes, const std::vector<std::string>& seeds, SeededRandom& random) {
    for (std::uint64_t edits = 1 + random.below(5); edits > 0; --edits) {
        const std::size_t at = random.below(bytes.size() + 1);
        const std::string& other = seeds[random.below(seeds.size())];
        switch (random.below(6)) {
            case 0: bytes.insert(at, 1, static_cast<char>(random.below(256))); break;
            case 1: bytes.erase(at, 1 + random.below(8)); break;
            case 2:
                if (at < bytes.size()) bytes[at] = static_cast<char>(random.below(256));
                break;
            case 3:
                if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
                break;
            case 4: bytes.insert(at, other.substr(random.below(other.size() + 1), 1 + random.below(40))); break;
            case 5: bytes.resize(at); break;
        }
    }
    bytes.resize(std::min(bytes.size(), kInputBytesMax));
    return bytes;
}

class Fuzz : public testing::TestWithParam<Target> {};

TEST_P(Fuzz, kept_inputs_and_mutations_of_them_do_no_harm) {
    std::signal(SIGABRT, [](int) {
        keep_input();
        std::signal(SIGABRT, SIG_DFL);
        std::raise(SIGABRT);
    });
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_input);
    const Target target = GetParam();
    target_under_way = &target;
    const auto seeds = seeds_of(target);
    ASSERT_FALSE(seeds.empty()) << "no inputs are kept for " << target.name;
    for (const std::string& seed : seeds) run(target, seed);
    run(target, {});

    SeededRandom random(20'261'121);
    const auto end = std::chrono::steady_clock::now() + kMutationsFor;
    int tried = 0;
    for (; std::chrono::steady_clock::now() < end; ++tried) {
        run(target, mutated(seeds[random.below(seeds.size())], seeds, random));
    }
    target_under_way = nullptr;
    RecordProperty("tried", tried);
    std::printf("%d inputs kept, %d mutations tried\n", static_cast<int>(seeds.size()), tried);
    EXPECT_GT(tried, 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(targets()),
                         [](const auto& param) { return std::string{param.param.name}; });

}  // namespace
}  // namespace marketday::fuzz
