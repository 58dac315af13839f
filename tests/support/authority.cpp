#include "tests/support/authority.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace marketday {

namespace fs = std::filesystem;

Authority::Authority() {
    fs::permissions(directory_.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Authority of a test'"
        " -keyout ca.key -out ca.pem");
}

Authority::Server Authority::vouch_for(const std::string& names) {
    const std::string name = "server" + std::to_string(++servers_);
    openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" + name + "' -keyout " + name +
            ".key -out " + name + ".csr");
    std::ofstream{directory_.path() / (name + ".ext")} << "subjectAltName=" << names << "\n";
    openssl("x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile " + name + ".ext -in " + name +
            ".csr -out " + name + ".pem");
    const Server made{directory_.path() / (name + ".pem"), directory_.path() / (name + ".key")};
    fs::permissions(made.key, fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
    return made;
}

void Authority::openssl(const std::string& arguments) const {
    const std::string command = "cd " + directory_.path().string() + " && openssl " + arguments + " >openssl.log 2>&1";
    if (std::system(command.c_str()) != 0)  // NOLINT(concurrency-mt-unsafe): a test's one thread
        throw std::runtime_error("openssl failed: openssl " + arguments);
}

}  // namespace marketday
