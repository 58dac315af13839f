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
 "dry_run":{"type":"boolean"},"details":{"type":"object","additionalProperties":{}}}}},"next_cursor":{"anyOf":[{"type":"string"},
 {"type":"null"}]}}},
"Would":{"type":"object","required":["would"],"properties":{"would":{"type":"object","additionalProperties":{}}},
 "description":"What would happen; given instead of the usual answer when dry_run is asked for."},
"OrderDetail":{"type":"object","required":["order","number","customer","state","sale","total","shipping","lines"
 ,"address","placed_at","updated_at","hold_until","receipt","ledger","payments","trace_id"],"properties":{
 "trace_id":{"anyOf":[{"type":"string"},{"type":"null"}],"description":"Of the request that placed it; null when that was before the last start, or 65,536 orders ago."},"order":{"type":
 "string","format":"uuid"},"number":{"type":"string"},"customer":{"type":"string","format":"uuid"},"state":{
 "type":"string"},"sale":{"anyOf":[{"type":"string","format":"uuid"},{"type":"null"}]},"total":{"$ref":
 "#/components/schemas/Money"},"shipping":{"$ref":"#/components/schemas/Money"},"lines":{"type":"array","items":
 {"type":"object","required":["sku","quantity","unit_price_minor","price_version"],"properties":{"sku":{"type":
 "string"},"quantity":{"type":"integer"},"unit_price_minor":{"type":"integer"},"price_version":{"type":"integer"
 }}}},"address":{"$ref":"#/components/schemas/Address"},"placed_at":{"type":"string","format":"date-time"},
 "updated_at":{"type":"string","format":"date-time"},"hold_until":{"type":"string","format":"date-time"},
 "receipt":{"$ref":"#/components/schemas/Receipt"},"captured_at":{"anyOf":[{"type":"string","format":"date-time"
 },{"type":"null"}]},"refunded_at":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]},"payment":
 {"anyOf":[{"type":"string","format":"uuid"},{"type":"null"}]},"tracking":{"type":"string"},"ledger":{"type":
 "array","items":{"type":"object","required":["sequence","epoch","at","movement","sku","units","hash"],
 "properties":{"sequence":{"type":"integer"},"epoch":{"type":"integer"},"at":{"type":"string","format":
 "date-time"},"movement":{"type":"string"},"sku":{"type":"string"},"units":{"type":"integer"},"hash":{"type":
 "string"}}}},"payments":{"type":"array","items":{"type":"object","required":["payment","state","at","refund"],
 "properties":{"payment":{"type":"string","format":"uuid"},"state":{"type":"string","enum":["open","captured",
 "declined","voided"]},"at":{"type":"string","format":"date-time"},"refund":{"anyOf":[{"type":"null"},{"type":
 "object","required":["restock","tries","intended_at","done_at"],"properties":{"restock":{"type":"boolean"},
 "tries":{"type":"integer"},"intended_at":{"type":"string","format":"date-time"},"done_at":{"anyOf":[{"type":
 "string","format":"date-time"},{"type":"null"}]}}}]}}}}}},
"Customer":{"type":"object","required":["customer","email","email_masked","locale","verified","created_at"],
 "properties":{"customer":{"type":"string","format":"uuid"},"email":{"type":"string"},
 "email_masked":{"type":"boolean"},"locale":{"type":"string"},"verified":{"type":"boolean"},
 "created_at":{"type":"string","format":"date-time"}}},
"CustomerList":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"$ref":"#/components/schemas/Customer"}},"next_cursor":{"anyOf":[{"type":"string"},{"type":"null"}]}}},
"EventList":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"type":"object","required":["id","state","position","deliveries","group","message","topic","reason",
 "at","body_bytes","body"],"properties":{"id":{"type":"string"},"state":{"type":"string","enum":["dead",
 "pending"]},"position":{"type":"integer"},"deliveries":{"type":"integer"},"group":{"type":"string"},
 "message":{"type":"string"},"topic":{"type":"string"},"reason":{"type":"string"},
 "at":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}],
 "description":"When it died, or when it is given out again."},"body_bytes":{"type":"integer"},
 "body":{"type":"string","description":"Its first 4,000 bytes."}}}},
 "next_cursor":{"anyOf":[{"type":"string"},{"type":"null"}]}}},
"ForecastRequest":{"type":"object","required":["shoppers","arrive_s","units"],
 "properties":{"shoppers":{"type":"integer","minimum":1},"arrive_s":{"type":"integer","minimum":1},
 "units":{"type":"integer","minimum":1},"line":{"anyOf":[{"type":"boolean"},{"type":"null"}]},
 "admissions_per_s_max":{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}}},
"Forecast":{"type":"object","required":["line_length_max","sold_out_s","orders_per_s","units_sold","declined",
 "line_length","basis"],"properties":{"line_length_max":{"type":"integer"},"sold_out_s":{"anyOf":[
 {"type":"number"},{"type":"null"}],"description":"From the opening to the last unit paid."},
 "orders_per_s":{"type":"number"},"units_sold":{"type":"integer"},"declined":{"type":"integer"},
 "line_length":{"type":"array","description":"At each second.","items":{"type":"integer"}},
 "basis":{"type":"object","required":["store_orders_per_s","store","commit_ms","requests_per_s","request_us",
 "requests"],"properties":{"store_orders_per_s":{"type":"number"},"store":{"type":"string","enum":["own_orders",
 "trial"]},"commit_ms":{"type":"integer"},"requests_per_s":{"type":"number"},"request_us":{"type":"number"},
 "requests":{"type":"string","enum":["own_requests","assumed"]}}}}},
"Configuration":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"type":"object","required":["key","value","default","source","help"],
 "properties":{"key":{"type":"string"},"value":{"type":"string"},"default":{"type":"string"},
 "source":{"type":"string"},"help":{"type":"string"}}}},"next_cursor":{"type":"null"}}},
"StatisticsCheck":{"type":"object","required":["checked_at","days","differences","items"],
 "properties":{"checked_at":{"type":"string","format":"date-time"},"days":{"type":"integer"},
 "differences":{"type":"integer"},"items":{"type":"array","items":{"type":"object","required":["day","figure",
 "kept","counted"],"properties":{"day":{"type":"string"},"figure":{"type":"string"},"kept":{"type":"integer"},
 "counted":{"type":"integer"}}}}}},
"Statistics":{"type":"object","required":["days","months","retention","best_goods","drift"],
 "description":"Days and months are those of the shop's clock. A day's visitors are people, signed in or not; a month's are customers who were signed in.","properties":{"days":{"type":"array","items":{"type":"object",
 "required":["day","visitors","customers","signed_up","orders","paid","refunded","conversion","revenue",
 "refunds"],"properties":{"day":{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},"visitors":{"type":"integer"},
 "customers":{"type":"integer"},"signed_up":{"type":"integer"},"orders":{"type":"integer"},
 "paid":{"type":"integer"},"refunded":{"type":"integer"},"conversion":{"anyOf":[{"type":"number"},
 {"type":"null"}]},"revenue":{"type":"array","items":{"$ref":"#/components/schemas/Money"}},
 "refunds":{"type":"array","items":{"$ref":"#/components/schemas/Money"}}}}},"months":{"type":"array",
 "items":{"type":"object","required":["month","visitors"],"properties":{"month":{"type":"string"},
 "visitors":{"type":"integer"}}}},"retention":{"type":"array","items":{"type":"object","required":["cohort",
 "months_later","customers","share"],"properties":{"cohort":{"type":"string"},"months_later":{"type":"integer"},
 "customers":{"type":"integer"},"share":{"anyOf":[{"type":"number"},{"type":"null"}]}}}},
 "best_goods":{"type":"array","items":{"type":"object","required":["sku","units","revenue"],
 "properties":{"sku":{"type":"string"},"units":{"type":"integer"},
 "revenue":{"$ref":"#/components/schemas/Money"}}}},
 "drift":{"anyOf":[{"$ref":"#/components/schemas/StatisticsCheck"},{"type":"null"}]}}}
)json";

constexpr std::string_view kParameters = R"json(
"operator":{"in":"query","description":"Only what this operator did.","schema":{"type":"string"}},
"operation":{"in":"query","description":"Only this operation, by its operationId.","schema":{"type":"string"}},
"target":{"in":"query","description":"Only what was done to this order, SKU, sale or operator.",
 "schema":{"type":"string"}},
"from":{"in":"query","description":"From this time or day on (UTC).","schema":{"type":"string"}},
"to":{"in":"query","description":"Before this time or day (UTC).","schema":{"type":"string"}},
"email":{"in":"query","description":"The whole address, in any case.","schema":{"type":"string"}},
"customer":{"in":"query","description":"Only orders of this customer.","schema":{"type":"string",
 "format":"uuid"}},
"number":{"in":"query","description":"Only the order of this number or id.","schema":{"type":"string"}},
"topic":{"in":"query","description":"Only events of this topic.","schema":{"type":"string"}},
"event-state":{"name":"state","in":"query","description":"dead (the default): a consumer could not take it; pending: on its way.","schema":{"type":"string","enum":["dead","pending"]}},
"dry_run":{"in":"query","description":"1: only tells what would happen.","schema":{"type":"string"}}
)json";

}  // namespace

std::string_view openapi_operator_schemas() { return kSchemas; }

std::string_view openapi_operator_parameters() { return kParameters; }

}  // namespace marketday::http
