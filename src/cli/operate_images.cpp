#include "cli/operate_images.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/admin_client.hpp"
#include "domain/stock.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;

struct ImagesOptions {
    AdminTarget target;
    std::vector<std::string> paths;
    std::string sku;
};

struct Picture {
    fs::path file;
    std::string sku;
};

bool is_picture(const fs::path& file) {
    const std::string type = file.extension().string();
    return type == ".png" || type == ".jpg" || type == ".jpeg" || type == ".webp";
}

/// "demo-0001.webp" and "demo-0001@2.webp" are pictures of demo-0001.
std::string sku_of(const fs::path& file) {
    const std::string stem = file.stem().string();
    return stem.substr(0, stem.find('@'));
}

std::vector<Picture> pictures_of(const ImagesOptions& options) {
    std::vector<Picture> pictures;
    const auto take = [&](const fs::path& file) {
        std::string sku = options.sku.empty() ? sku_of(file) : options.sku;
        if (!domain::is_sku_code(sku))
            throw CommandError{fmt::format("{}: name the file after its product's SKU", file.string())};
        pictures.push_back({file, std::move(sku)});
    };
    for (const auto& path : options.paths) {
        if (!fs::is_directory(path)) {
            take(path);
            continue;
        }
        for (const auto& entry : fs::directory_iterator(path))
            if (entry.is_regular_file() && is_picture(entry.path())) take(entry.path());
    }
    std::ranges::sort(pictures, {}, &Picture::file);
    return pictures;
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw CommandError{fmt::format("cannot read {}", file.string())};
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{}};
}

int add_images(const ImagesOptions& options) {
    const std::vector<Picture> pictures = pictures_of(options);
    AdminClient client{options.target};
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    std::size_t added = 0;
    std::size_t had = 0;
    std::size_t refused = 0;
    for (const auto& picture : pictures) {
        const auto answer = client.call("POST", fmt::format("/admin/v1/products/{}/images", url_encode(picture.sku)),
                                        read_file(picture.file), "application/octet-stream");
        if (answer.status == 201) {
            ++added;
        } else if (answer.status == 200) {
            ++had;
        } else {
            ++refused;
            fmt::print(stderr, "{}{}: {} {}\n", terminal ? "\r\x1b[K" : "", picture.file.string(), answer.status,
                       answer.body.substr(0, 300));
        }
        if (terminal) fmt::print(stderr, "\r\x1b[K{} of {} pictures", added + had + refused, pictures.size());
    }
    if (terminal) fmt::print(stderr, "\r\x1b[K");
    if (options.target.json)
        fmt::print("{{\"added\":{},\"unchanged\":{},\"refused\":{}}}\n", added, had, refused);
    else
        fmt::print("{} pictures added, {} were there, {} refused\n", added, had, refused);
    if (refused == 0) return 0;
    return added + had > 0 ? 1 : 2;
}

}  // namespace

void add_images_command(CLI::App& group, int& exit_code) {
    auto options = std::make_shared<ImagesOptions>();  // Shared with the callback, which CLI11 keeps.
    CLI::App* command = group.add_subcommand(
        "images", "Add pictures (PNG, JPEG, WebP): files named after their SKUs (SKU.webp, SKU@2.webp), or folders");
    command->add_option("PATH", options->paths)->required()->check(CLI::ExistingPath);
    command->add_option("--sku", options->sku, "All of them are of this product, whatever their names");
    options->target.add_to(*command);
    command->callback([options, &exit_code] { exit_code = run_command([&] { return add_images(*options); }); });
}

}  // namespace marketday::cli
