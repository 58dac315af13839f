#include "tests/simulation/chronicle.hpp"

#include <set>

namespace marketday::simulation {
namespace {

constexpr std::size_t kLinesMax = 200'000;
constexpr std::size_t kRelatedMax = 60;
constexpr std::size_t kUuidText = 36;

/// "order 3", "shopper 12", "SKU hot": what a violation is about.
std::set<std::string> subjects(std::string_view text) {
    std::set<std::string> found;
    for (const std::string_view word : {"order ", "shopper ", "payment ", "ticket ", "message "}) {
        for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
            const auto end = text.find_first_not_of("0123456789abcdef", at + word.size());
            const auto subject = text.substr(at, end == std::string_view::npos ? end : end - at);
            if (subject.size() > word.size()) found.emplace(subject);
        }
    }
    return found;
}

bool names(std::string_view line, const std::string& subject) {
    for (auto at = line.find(subject); at != std::string_view::npos; at = line.find(subject, at + 1)) {
        const auto end = at + subject.size();
        if (end == line.size() || std::isalnum(static_cast<unsigned char>(line[end])) == 0) return true;
    }
    return false;
}

}  // namespace

std::string brief(const Uuid& id) { return id.to_string().substr(24, 8); }

std::string Chronicle::readable(std::string text) const {
    if (names_.empty()) return text;
    for (std::size_t at = 0; at + kUuidText <= text.size(); ++at) {
        if (text[at + 8] != '-' || text[at + 13] != '-') continue;
        const auto known = names_.find(text.substr(at, kUuidText));
        if (known == names_.end()) continue;
        // "order order 3" reads badly.
        const auto kind = known->second.substr(0, known->second.find(' ') + 1);
        const bool said = at >= kind.size() && text.compare(at - kind.size(), kind.size(), kind) == 0;
        text.replace(at, kUuidText, said ? known->second.substr(kind.size()) : known->second);
    }
    return text;
}

void Chronicle::keep_line(std::string_view who, std::string text) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(world_.now() - begun_).count();
    lines_.push_back(fmt::format("{:>10.3f} s  {:<12} {}", static_cast<double>(since) / 1e6, who, readable(text)));
    if (lines_.size() > kLinesMax) lines_.pop_front();
}

std::string Chronicle::timeline(std::string_view violation, std::size_t lines_max) const {
    const auto wanted = subjects(violation);
    const std::size_t tail = lines_.size() > lines_max ? lines_.size() - lines_max : 0;
    std::vector<std::size_t> related;
    for (std::size_t i = 0; i < tail; ++i)
        for (const auto& subject : wanted)
            if (names(lines_[i], subject)) {
                related.push_back(i);
                break;
            }
    if (related.size() > kRelatedMax) related.erase(related.begin(), related.end() - kRelatedMax);
    std::string text;
    std::size_t next = 0;
    const auto add = [&](std::size_t i) {
        if (i != next) text += fmt::format("{:>12}  … {} lines about others\n", "", i - next);
        text += lines_[i] + '\n';
        next = i + 1;
    };
    for (const std::size_t i : related) add(i);
    for (std::size_t i = tail; i < lines_.size(); ++i) add(i);
    return text;
}

}  // namespace marketday::simulation
