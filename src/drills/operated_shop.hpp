#pragma once

#include <string>

namespace marketday::drills {

/// A shop that we may operate: where shoppers go, and where operators do.
class OperatedShop {
public:
    OperatedShop() = default;
    OperatedShop(std::string shop_url, std::string admin_url, std::string token)
        : shop_url_(std::move(shop_url)), admin_url_(std::move(admin_url)), token_(std::move(token)) {}
    virtual ~OperatedShop() = default;

    /// Throws when it has ended by itself.
    virtual void check_running() {}
    /// One call of the operators' API; throws unless the answer is 2xx. The body of the answer.
    std::string operate(const std::string& method, const std::string& path, const std::string& body);

    const std::string& shop_url() const { return shop_url_; }
    const std::string& admin_url() const { return admin_url_; }
    const std::string& token() const { return token_; }

protected:
    std::string shop_url_;
    std::string admin_url_;
    std::string token_;
};

}  // namespace marketday::drills
