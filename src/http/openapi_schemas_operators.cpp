#include "http/openapi_schemas_operators.hpp"

namespace marketday::http {
namespace {

constexpr std::string_view kSchemas = R"json(
"OperatorLogIn":{"type":"object","required":["name","password"],"properties":{"name":{"type":"string"},
 "password":{"type":"string"},"totp":{"anyOf":[{"type":"string"},{"type":"null"}],
 "description":"A code of the authenticator app or a recovery code, for who has a second factor."}}},
"OperatorLoggedIn":{"type":"object","required":["token","name","role","expires_at","csrf_token"],
 "properties":{"token":{"type":"string"},"name":{"type":"string"},"role":{"type":"string"},
 "expires_at":{"type":"string","format":"date-time"},"csrf_token":{"type":"string"}}},
"OperatorMe":{"type":"object","required":["name","role","may_change","may_manage_operators","csrf_token",
 "expires_at","totp","recovery_codes"],"properties":{"name":{"type":"string"},"role":{"type":"string",
 "enum":["viewer","manager","owner"]},"may_change":{"type":"boolean"},"may_manage_operators":{"type":"boolean"},
 "csrf_token":{"type":"string"},"expires_at":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]},
 "totp":{"type":"boolean"},"recovery_codes":{"type":"integer"}}},
"Operator":{"type":"object","required":["name","role","disabled","totp","created_at"],
 "properties":{"name":{"type":"string"},"role":{"type":"string","enum":["viewer","manager","owner"]},
 "disabled":{"type":"boolean"},"totp":{"type":"boolean"},"created_at":{"type":"string","format":"date-time"}}},
"OperatorList":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"$ref":"#/components/schemas/Operator"}},"next_cursor":{"anyOf":[{"type":"string"},{"type":"null"}]}}},
"NewOperator":{"type":"object","required":["name","role"],"properties":{"name":{"type":"string"},
 "role":{"type":"string"},"password":{"anyOf":[{"type":"string"},{"type":"null"}]}}},
"AddedOperator":{"type":"object","required":["name","role"],"properties":{"name":{"type":"string"},
 "role":{"type":"string"},"password":{"type":"string"}}},
"OperatorChange":{"type":"object","properties":{"role":{"anyOf":[{"type":"string","enum":["viewer","manager",
 "owner"]},{"type":"null"}]},"disabled":{"anyOf":[{"type":"boolean"},{"type":"null"}]}}},
"OperatorPasswordChange":{"type":"object","required":["old_password","new_password"],
 "properties":{"old_password":{"type":"string"},"new_password":{"type":"string"}}},
"TotpEnrolment":{"type":"object","required":["secret","otpauth_uri"],"properties":{"secret":{"type":"string",
 "pattern":"^[A-Z2-7]{32}$"},"otpauth_uri":{"type":"string"}}},
"TotpCode":{"type":"object","required":["code"],"properties":{"code":{"type":"string"}}},
"TotpRecoveryCodes":{"type":"object","required":["recovery_codes"],"properties":{"recovery_codes":{"type":"array",
 "items":{"type":"string"}}}},
"OperatorsLog":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"type":"object","required":["entry","at","operator","operation","target","outcome","status","problem",
 "trace_id","dry_run","details"],"properties":{"entry":{"type":"integer"},"at":{"type":"string",
 "format":"date-time"},"operator":{"type":"string"},"operation":{"type":"string"},"target":{"type":"string"},
 "outcome":{"type":"string","enum":["done","refused","failed","unknown"]},"status":{"anyOf":[{"type":"integer"},
 {"type":"null"}]},"problem":{"anyOf":[{"type":"string"},{"type":"null"}]},"trace_id":{"type":"string"},
 "dry_run":{"type":"boolean"},"details":{"type":"object"}}}},"next_cursor":{"anyOf":[{"type":"string"},
 {"type":"null"}]}}}
)json";

constexpr std::string_view kParameters = R"json(
"operator":{"in":"query","description":"Only what this operator did.","schema":{"type":"string"}},
"operation":{"in":"query","description":"Only this operation, by its operationId.","schema":{"type":"string"}},
"target":{"in":"query","description":"Only what was done to this order, SKU, sale or operator.",
 "schema":{"type":"string"}},
"from":{"in":"query","description":"From this time or day on (UTC).","schema":{"type":"string"}},
"to":{"in":"query","description":"Before this time or day (UTC).","schema":{"type":"string"}},
"dry_run":{"in":"query","description":"1: only tells what would happen.","schema":{"type":"string"}}
)json";

}  // namespace

std::string_view openapi_operator_schemas() { return kSchemas; }

std::string_view openapi_operator_parameters() { return kParameters; }

}  // namespace marketday::http
