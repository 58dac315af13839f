#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "crowd/options.hpp"
#include "drills/child.hpp"
#include "drills/operated_shop.hpp"
#include "drills/rehearse.hpp"

namespace marketday::drills {

// What every rehearsal is made of, whatever the shop that it is held in stands on.

/// A hold that nobody pays ends after this; a rehearsal waits for it.
inline constexpr int kRehearsalHoldSeconds = 12;

/// One product, its stock, and a sale of all of it that opens when the crowd has its accounts.
void plan_rehearsal(OperatedShop& shop, const RehearsalOptions& options);

/// `across_faults`: a lost connection is retried with the same key.
crowd::Options crowd_options(const OperatedShop& shop, const RehearsalOptions& options, bool across_faults,
                             const std::filesystem::path& report_dir);
Child start_crowd(const crowd::Options& options, const std::function<void(const std::string&)>& say);
/// Takes over what the crowd wrote down; throws std::runtime_error when there is nothing.
void read_summary(const std::filesystem::path& report_dir, Rehearsal& result);

/// Waits until nothing is under way any more; `check` is called in between and may throw.
bool wait_until_settled(const std::string& database, const std::function<void()>& check);
/// What is stored against what shoppers were told.
void audit_all(const std::string& database, const std::filesystem::path& report_dir, Rehearsal& result);
/// Writes down why it does not pass.
void judge(const RehearsalOptions& options, int crowd_exit_code, Rehearsal& result);

}  // namespace marketday::drills
