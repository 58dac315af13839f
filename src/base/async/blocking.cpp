#include "base/async/blocking.hpp"

#include <pthread.h>

#include "base/memory_reserve.hpp"

namespace marketday {

ThreadPool::ThreadPool(Options options) : options_(std::move(options)) {
    for (std::size_t i = 0; i < options_.threads; ++i) {
        threads_.emplace_back([this] { run(); });
        pthread_setname_np(threads_.back().native_handle(), options_.name.substr(0, 15).c_str());
    }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

bool ThreadPool::submit(Job job) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || jobs_.size() >= options_.waiting_max) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

std::size_t ThreadPool::waiting() const {
    const std::scoped_lock lock(mutex_);
    return jobs_.size();
}

void ThreadPool::run() {
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
        job = {};
        MemoryReserve::refill();
    }
}

}  // namespace marketday
