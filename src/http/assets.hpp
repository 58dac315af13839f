#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// A script, style or picture of the program's own, in the program itself.
struct EmbeddedAsset {
    std::string_view name;  // "line.js"
    std::string_view file;  // "line.Ab3dEf6hIj.js": the hash changes with the content
    std::string_view content_type;
    std::string_view identity;
    std::string_view gzip;    // empty when not worth it
    std::string_view brotli;  // empty when not worth it
};
/// What web/dist held when the program was built.
std::span<const EmbeddedAsset> embedded_assets();
/// "sha256-…" of a text, as pages and their policy name it (https://www.w3.org/TR/SRI/).
std::string integrity_of(std::string_view content);

/// Serves scripts and styles under names that change with their content, so that browsers may keep them for ever. The
/// embedded ones are copied into a directory at the start, and those that earlier versions left there are served on:
/// a page from before an upgrade, or from a process not upgraded yet, never misses its scripts.
/// Any thread may call.
class Assets {
public:
    struct Options {
        std::filesystem::path directory;  // Empty: nothing is kept, only the embedded ones are served.
        /// Of earlier versions; past it the oldest are deleted at the start.
        std::size_t earlier_bytes_max = std::size_t{64} * 1024 * 1024;
    };
    explicit Assets(Options options, std::span<const EmbeddedAsset> embedded = embedded_assets());

    /// "line.js" → "/assets/line.Ab3dEf6hIj.js". An unknown name is a programmer's error.
    std::string_view url(std::string_view name) const;
    /// "line.js" → "sha256-…": what a browser compares the bytes with that another host gave it.
    std::string_view integrity(std::string_view name) const;

    using Ready = std::shared_ptr<const ReadyResponse>;
    /// By file name; null when there is no such asset.
    Ready find(std::string_view file);
    /// The same bytes for an address that stays when the content changes: kept for a day only. Null when unknown.
    Ready unversioned(std::string_view name) const;

private:
    void copy_embedded(std::span<const EmbeddedAsset> embedded) const;
    void forget_earlier(std::span<const EmbeddedAsset> embedded) const;
    Ready read_earlier(std::string_view file) const;

    Options options_;
    std::span<const EmbeddedAsset> embedded_;
    std::map<std::string, std::string, std::less<>> urls_;       // name → URL
    std::map<std::string, std::string, std::less<>> integrity_;  // name → hash
    std::map<std::string, Ready, std::less<>> ready_;            // of this version, by file; never changes
    std::mutex mutex_;
    std::map<std::string, Ready, std::less<>> earlier_;  // read from the directory when first asked for
};

/// GET /assets/{file}: 200, 304, 404; GET /favicon.ico.
std::vector<Route> asset_routes(Assets& assets);

}  // namespace marketday::http
