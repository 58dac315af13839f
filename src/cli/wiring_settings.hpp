#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "adapters/embedded/sqlite_database.hpp"
#include "adapters/embedded/sqlite_order_writes.hpp"
#include "base/hash.hpp"
#include "cli/addresses.hpp"
#include "cli/config.hpp"
#include "domain/customer_password.hpp"
#include "http/routes_configuration.hpp"
#include "http/server.hpp"
#include "usecases/operators.hpp"
#include "usecases/selling.hpp"
#include "usecases/sessions_cache.hpp"

namespace marketday::cli {

// What the parts of a shop are told by its configuration. Each throws std::runtime_error with one line that names the
// key and says what it takes.

std::filesystem::path make_data_directory(const std::string& path);
std::set<std::string> roles_of(const Config& config);
adapters::ShopTerms terms_of(const Config& config);
adapters::SqliteDatabase::Options database_options(const Config& config, const std::filesystem::path& data);
/// Whether other processes may serve the same shop.
bool shared_store(const Config& config);
usecases::Operators::Options operators_options(const Config& config, const Hash256& second_factor_key);
/// The file in which the sandbox bank keeps its books.
std::filesystem::path sandbox_books(const Config& config, const std::filesystem::path& data);
/// What one password hash costs; another cost applies to a stored hash when its owner next logs in.
domain::PasswordCost password_cost(const Config& config);
/// `process`: its name among those that share a database, another one at each start.
usecases::Selling::Options selling_options(const Config& config, const Hash256& admission_key,
                                           const std::string& process);
/// The shoppers' listener, but for what it asks of the use cases.
usecases::SessionCache::Options session_cache_options(const Config& config);
http::ServerOptions shop_server_options(const Config& config, const ListenAddress& listen);
/// Every setting as operators are shown it; what may hold a secret is masked.
std::vector<http::Setting> settings_to_show(const Config& config);
/// Whether shoppers come by TLS, to this process or to what stands in front of it (`public_url` is https).
bool shoppers_use_tls(const Config& config);
/// Another host of the storefront's own files: an address without a last '/', or empty.
std::string other_host(const Config& config, std::string_view key);
/// The address that shoppers see: `public_url`, or else where the process listens.
std::string public_url(const Config& config, const ListenAddress& listen);

}  // namespace marketday::cli
