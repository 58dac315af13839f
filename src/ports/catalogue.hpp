#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "domain/product.hpp"
#include "domain/product_image.hpp"
#include "ports/freshness.hpp"

namespace marketday::ports {

/// Holds the products. Contract: tests/contract/catalogue_contract.hpp, run on every adapter.
/// * whole: a product, its offer in the order book and its first stock are written in one transaction or not at all;
/// * repeatable: writing the same product again changes nothing, not even its version;
/// * every change takes a change number of its own, larger than all before, in the order of the writes: whoever follows
///   `changed_after` from 0 sees every product in its newest form. A batch that changed something also leaves one event
///   {"id","type":"products-changed","change":last number} in the outbox, topic "products";
/// * a write that adds a picture leaves one event {"id","type":"image-added","sku","image"} beside it, topic "images".
/// Reads are strict; those that are asked for pages too may be given a Freshness.
/// Thread-safe; tasks resume on their caller's executor.
class Catalogue {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; writing the same again is safe.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kWritesMax = 10'000;

    virtual ~Catalogue() = default;

    struct Write {
        domain::Product product;  // without fault (domain::find_fault); `version` and times are ignored
        /// Units received with it when nothing of this SKU was ever received; otherwise ignored, so that an import can
        /// be run again. 0..kUnitsMax
        std::int64_t first_stock = 0;
        /// 0: whatever is stored. Else written only over this version of the product.
        std::int64_t if_version = 0;
        /// The stored product's pictures stay, whatever `product` says: a record that says nothing of pictures removes
        /// none.
        bool keep_images = false;
        /// One of the shop's own pictures that the product shows from now on and that is begun, not finished
        /// (usecases::ImageForms): an event says so, unless nothing is written.
        std::optional<domain::ImageId> image_added{};
    };
    enum class Written : std::uint8_t { created, updated, unchanged, conflict };
    /// Writes 1..kWritesMax products in order, in one commit, durable when it returns. Outcomes come in the same order.
    virtual Answer<std::vector<Written>> put(std::vector<Write> writes) = 0;

    /// In the order asked, hidden ones too; nothing for an unknown SKU. At most 1000.
    virtual Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                                     Freshness freshness = {}) = 0;

    /// By SKU (byte order), after `after` (empty: from the first), at most `products_max` (1..1000), hidden ones too.
    virtual Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t products_max) = 0;

    /// Every category with at least one product that is not hidden, by path.
    virtual Answer<std::vector<domain::Category>> categories(Freshness freshness = {}) = 0;

    struct Change {
        std::int64_t number = 0;  // 1.., with gaps
        domain::Product product;  // as it is now
    };
    /// Products whose newest change is after `number`, by change number, at most `changes_max` (1..10,000), hidden ones
    /// too. Fewer than asked means that the end has been reached.
    virtual Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) = 0;

    /// The number of the newest change; 0 when there was none.
    virtual Answer<std::int64_t> last_change() = 0;

    /// How many products there are, hidden ones too.
    virtual Answer<std::int64_t> count() = 0;
};

}  // namespace marketday::ports
