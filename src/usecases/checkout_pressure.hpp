#pragma once

#include "base/ids.hpp"
#include "domain/admission_rate.hpp"

namespace marketday::usecases {

/// What the line asks checkout before it lets more shoppers in. Called on the shop's executor; must not block.
class CheckoutPressure {
public:
    virtual ~CheckoutPressure() = default;
    virtual domain::Pressure pressure(SaleId sale) const = 0;
};

/// What checkout tells the line about those who were let in. Called on the shop's executor; does not block.
class AdmissionFeedback {
public:
    virtual ~AdmissionFeedback() = default;
    /// An order of this customer was granted `units` of the sale.
    virtual void used(SaleId sale, CustomerId customer, std::int64_t units) = 0;
    /// An order of this customer was refused: the leave to order stays valid, but no unit is kept for it.
    virtual void refused(SaleId sale, CustomerId customer) = 0;
};

}  // namespace marketday::usecases
