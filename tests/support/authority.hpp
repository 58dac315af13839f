#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// Who vouches for servers, made by openssl for one test: everybody may read its files.
class Authority {
public:
    /// Throws std::runtime_error when openssl does not do it.
    Authority();

    std::filesystem::path certificate() const { return directory_.path() / "ca.pem"; }
    struct Server {
        std::filesystem::path certificate;
        std::filesystem::path key;
    };
    /// `names`: as openssl has them, such as "DNS:localhost,IP:127.0.0.1".
    Server vouch_for(const std::string& names);

private:
    void openssl(const std::string& arguments) const;

    TemporaryDirectory directory_;
    int servers_ = 0;
};

}  // namespace marketday
