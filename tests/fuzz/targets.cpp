#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {

std::vector<Target>& targets() {
    static std::vector<Target> all;
    return all;
}

}  // namespace marketday::fuzz
