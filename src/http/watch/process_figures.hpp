#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace marketday::http {

/// What the kernel says of this process (proc(5)). A handful of small reads; from any thread.
struct ProcessFigures {
    double cpu_seconds = 0;  // since its start, of all threads
    double resident_bytes = 0;
    double disk_read_bytes = 0;     // since its start; what reached the disk, not the page cache
    double disk_written_bytes = 0;  // the same
};
ProcessFigures read_process_figures();

/// One interface of the machine, the loopback too.
struct NetworkDevice {
    std::string name;
    double received_bytes = 0;
    double sent_bytes = 0;
};
std::vector<NetworkDevice> read_network_devices();

/// Open descriptors of this process; costs a walk over all of them.
double count_descriptors();

}  // namespace marketday::http
