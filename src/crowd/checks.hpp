#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crowd/crowd.hpp"

namespace marketday::crowd {

/// What one process left behind.
struct Journal {
    std::span<const Record> records;
    const Names* names = nullptr;
};

/// Collects contradictions; keeps the first 1000 and counts the rest.
class Findings {
public:
    explicit Findings(Report& report) : report_(report) {}
    void add(Contradiction contradiction);

private:
    Report& report_;
};

/// Reads all records once and names what contradicts itself: flaws seen by shoppers; one key with two orders, or
/// granted and refused; one order under two keys; one receipt for two orders; one place for two shoppers; more units
/// for one customer than the limit, or in all than were offered, counting only holds that cannot have ended yet.
void find_contradictions(const Plan& plan, std::span<const Journal> journals, Report& report);

/// Asks the shop for acknowledged orders again, at most options.verify of them, evenly chosen.
void verify_orders(const Plan& plan, std::span<const Journal> journals, Report& report);

}  // namespace marketday::crowd
