#pragma once

#include <string>

#include "fleet/layout.hpp"
#include "fleet/machine.hpp"

namespace marketday::fleet {

/// Makes the data directory's cluster when there is none; whole or not at all.
void make_cluster(const Layout& layout, const Part& postgres);
/// psql as the superuser, over the socket in the server's data directory; it reads statements.
Launch sql_of(const Layout& layout, const Part& postgres, const std::string& database);
/// The shop's role, with this password, and its database, when they are missing.
void make_database(const Layout& layout, const Part& postgres, const std::string& password);
/// A checkpoint: what is written until now need not be done again after a crash. One that takes long is left to its
/// time.
void write_down(const Layout& layout, const Part& postgres);

}  // namespace marketday::fleet
