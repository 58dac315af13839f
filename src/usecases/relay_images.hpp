#pragma once

#include <atomic>
#include <cstdint>

#include "ports/catalogue.hpp"
#include "usecases/image_forms.hpp"
#include "usecases/relay_consumer.hpp"

namespace marketday::usecases {

/// Finishes the pictures that were begun, by the events that a product shows them. One executor.
class FinishImages {
public:
    FinishImages(ImageForms& forms, ports::Catalogue& catalogue) : forms_(forms), catalogue_(catalogue) {}

    /// What it wants of the bus.
    static ports::EventBus::Group group();
    static std::vector<std::string> types() { return {"image-added"}; }
    Task<bool> handle(ShopEvent event);

    struct Figures {
        std::atomic<std::uint64_t> finished_total{0};
        std::atomic<std::uint64_t> failures_total{0};  // tries that are to be repeated
    };
    const Figures& figures() const { return figures_; }

private:
    ImageForms& forms_;
    ports::Catalogue& catalogue_;
    Figures figures_;
};

}  // namespace marketday::usecases
