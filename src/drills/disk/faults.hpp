#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "drills/disk/disk_model.hpp"

namespace marketday::drills {

/// What the disk does wrong at present, the counts of what it did, and the model of what it holds. Everything under
/// `mutex`: file system calls come on many threads.
struct Faults {
    /// Fails calls of one kind: the next one after `after` further ones, and `times` in all.
    struct Failing {
        std::int64_t after = 0;
        std::int64_t times = 0;
        int error = 0;
        std::string ending = {};  // of the name of the file; empty: any
        /// 0, or the errno with which this call on an open file fails.
        int next(int descriptor);
    };

    std::mutex mutex;
    DiskModel model;
    bool full = false;         // nothing may grow
    bool lying = false;        // says that it has synced and has not
    std::int64_t slow_us = 0;  // each sync takes so much longer
    Failing writes;
    Failing syncs;
    std::int64_t write_count = 0;
    std::int64_t sync_count = 0;
    std::int64_t failed_count = 0;  // calls that a fault made fail

    Faults(std::filesystem::path root, std::filesystem::path graveyard)
        : model(std::move(root), std::move(graveyard)) {}

    /// One command of the drill, one line each; the answer is one line too.
    ///   full 0|1 · lie 0|1 · slow US · fail write|sync AFTER TIMES ERRNO [ENDING] · counts · cut random|everything
    ///   SEED
    std::string obey(const std::string& command);
};

}  // namespace marketday::drills
