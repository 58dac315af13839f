#include "crowd/report_files.hpp"
#include "crowd/summary.hpp"

namespace marketday::crowd {
std::string report_page(const Report& report) { return summary_json(report); }
}
