#include "http/assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/problems.hpp"
#include "http/ready.hpp"

namespace marketday::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kEarlierInMemoryMax = 256;
constexpr std::size_t kNameBytesMax = 100;

struct Type {
    std::string_view extension;
    std::string_view content_type;
};
constexpr Type kTypes[] = {
    {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"}};

std::string_view content_type_of(std::string_view file) {
    for (const auto& type : kTypes) {
        if (file.ends_with(type.extension)) return type.content_type;
    }
    return {};
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// name.hash.ext of a known type and nothing else: such a name cannot leave the directory.
bool is_asset_name(std::string_view file) {
    if (file.size() > kNameBytesMax || content_type_of(file).empty()) return false;
    if (std::ranges::count(file, '.') != 2 || file.starts_with('.') || file.find("..") != std::string_view::npos)
        return false;
    return std::ranges::all_of(file, [](char c) { return c == '.' || is_plain(c); });
}

std::optional<std::string> read_whole(const fs::path& path) {
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error || bytes > kFileBytesMax || !fs::is_regular_file(path, error)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file || content.size() != bytes) return std::nullopt;
    return content;
}

/// Whole or not there: another process may be reading it.
bool write_whole(const fs::path& path, std::string_view content) {
    std::error_code error;
    if (const auto bytes = fs::file_size(path, error); !error && bytes == content.size()) return true;
    fs::path made = path;
    made += ".new";
    std::ofstream file(made, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (file) fs::rename(made, path, error);
    if (file && !error) return true;
    fs::remove(made, error);
    return false;
}

Assets::Ready make_asset(std::string_view file, std::string_view content_type, const PreparedBodies& bodies,
                         std::string_view cache_control) {
    const HeaderLines headers{{"Cache-Control", std::string{cache_control}},
                              {"ETag", fmt::format("\"{}\"", file)},
                              // An asset host passes these on: pages of the shop check what it gave by its hash.
                              {"Access-Control-Allow-Origin", "*"},
                              {"Cross-Origin-Resource-Policy", "cross-origin"}};
    return make_ready(content_type, headers, bodies);
}

constexpr std::string_view kForEver = "public, max-age=31536000, immutable";
constexpr std::string_view kForADay = "public, max-age=86400";

}  // namespace

std::string integrity_of(std::string_view content) {
    std::string text = to_base64url(sha256(content));
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return "sha256-" + text;
}

Assets::Assets(Options options, std::span<const EmbeddedAsset> embedded)
    : options_(std::move(options)), embedded_(embedded) {
    for (const auto& asset : embedded) {
        urls_.emplace(asset.name, fmt::format("/assets/{}", asset.file));
        integrity_.emplace(asset.name, integrity_of(asset.identity));
        ready_.emplace(asset.file, make_asset(asset.file, asset.content_type,
                                              {asset.identity, asset.gzip, asset.brotli}, kForEver));
    }
    if (options_.directory.empty()) return;
    copy_embedded(embedded);
    forget_earlier(embedded);
}

void Assets::copy_embedded(std::span<const EmbeddedAsset> embedded) const {
    std::error_code error;
    fs::create_directories(options_.directory, error);
    bool whole = !error;
    for (const auto& asset : embedded) {
        const std::string path = (options_.directory / asset.file).string();
        whole = whole && write_whole(path, asset.identity);
        if (!asset.gzip.empty()) whole = whole && write_whole(path + ".gz", asset.gzip);
        if (!asset.brotli.empty()) whole = whole && write_whole(path + ".br", asset.brotli);
    }
    // The shop can serve without the copy; only the next version would miss it.
    if (!whole) log::warn("assets.not_copied", {{"directory", options_.directory.string()}});
}

void Assets::forget_earlier(std::span<const EmbeddedAsset> embedded) const {
    struct Earlier {
        fs::path path;
        fs::file_time_type written;
        std::size_t bytes = 0;
    };
    std::vector<Earlier> earlier;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(options_.directory, error)) {
        std::string file = entry.path().filename().string();
        if (file.ends_with(".gz") || file.ends_with(".br")) file.resize(file.size() - 3);
        if (!is_asset_name(file)) continue;
        const bool ours = std::ranges::any_of(embedded, [&](const EmbeddedAsset& asset) { return asset.file == file; });
        std::error_code gone;
        const auto bytes = entry.file_size(gone);
        const auto written = entry.last_write_time(gone);
        if (!ours && !gone) earlier.push_back({entry.path(), written, static_cast<std::size_t>(bytes)});
    }
    std::ranges::sort(earlier, std::ranges::greater{}, &Earlier::written);
    std::size_t bytes = 0;
    for (const auto& file : earlier) {
        bytes += file.bytes;
        if (bytes > options_.earlier_bytes_max) fs::remove(file.path, error);
    }
}

std::string_view Assets::url(std::string_view name) const {
    const auto found = urls_.find(name);
    MD_ASSERT(found != urls_.end());
    return found->second;
}

std::string_view Assets::integrity(std::string_view name) const {
    const auto found = integrity_.find(name);
    MD_ASSERT(found != integrity_.end());
    return found->second;
}

Assets::Ready Assets::find(std::string_view file) {
    if (const auto found = ready_.find(file); found != ready_.end()) return found->second;
    if (options_.directory.empty() || !is_asset_name(file)) return nullptr;
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = earlier_.find(file); found != earlier_.end()) return found->second;
    }
    Ready ready = read_earlier(file);
    if (ready == nullptr) return nullptr;
    const std::scoped_lock lock(mutex_);
    if (earlier_.size() >= kEarlierInMemoryMax) earlier_.clear();
    earlier_.emplace(file, ready);
    return ready;
}

Assets::Ready Assets::read_earlier(std::string_view file) const {
    const std::string path = (options_.directory / file).string();
    const auto identity = read_whole(path);
    if (!identity) return nullptr;
    const std::string gzip = read_whole(path + ".gz").value_or("");
    const std::string brotli = read_whole(path + ".br").value_or("");
    return make_asset(file, content_type_of(file), {*identity, gzip, brotli}, kForEver);
}

Assets::Ready Assets::unversioned(std::string_view name) const {
    const auto found = std::ranges::find(embedded_, name, &EmbeddedAsset::name);
    if (found == embedded_.end()) return nullptr;
    return make_asset(found->file, found->content_type, {found->identity, found->gzip, found->brotli}, kForADay);
}

std::vector<Route> asset_routes(Assets& assets) {
    static constexpr int kStatuses[] = {200, 304, 404};
    const auto answer = [](Assets::Ready ready) {
        if (ready == nullptr) return problem(not_found("asset"));
        Response response;
        response.ready = std::move(ready);
        return response;
    };
    std::vector<Route> routes;
    routes.push_back({.method = Method::get,
                      .pattern = "/assets/{file}",
                      .operation_id = "getAsset",
                      .summary = "A script, style or picture of the pages; its name changes with its content",
                      .request_schema = {},
                      .response_schema = "Asset",
                      .statuses = kStatuses,
                      .handle = {},
                      .handle_now = [&assets, answer](const Request& request) -> std::optional<Response> {
                          return answer(assets.find(request.param(0)));
                      }});
    const auto favicon = assets.unversioned("favicon.svg");
    routes.push_back(
        {.method = Method::get,
         .pattern = "/favicon.ico",
         .operation_id = "getFavicon",
         .summary = "The shop's sign",
         .request_schema = {},
         .response_schema = "Asset",
         .statuses = kStatuses,
         .handle = {},
         .handle_now = [favicon, answer](const Request&) -> std::optional<Response> { return answer(favicon); }});
    return routes;
}

}  // namespace marketday::http
