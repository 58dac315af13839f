#include "http/openapi_schemas_watch.hpp"

namespace marketday::http {

std::string_view openapi_watch_schemas() {
    return R"json(
"BoardSales":{"type":"array","items":{"type":"object","required":["sale","name","state","opens_at","items",
 "line_length","admissions_per_s"],"properties":{"sale":{"type":"string","format":"uuid"},
 "name":{"$ref":"#/components/schemas/LocalText"},"state":{"type":"string"},
 "opens_at":{"type":"string","format":"date-time"},"items":{"type":"array","items":{"type":"object",
 "required":["sku","units","taken","received","available","reserved","sold"],"properties":{"sku":{"type":"string"},
 "units":{"type":"integer","description":"The sale's cap."},"taken":{"type":"integer",
 "description":"What the sale holds and has sold."},"received":{"type":"integer"},"available":{"type":"integer"},
 "reserved":{"type":"integer"},"sold":{"type":"integer"}}}},"line_length":{"type":"integer"},
 "admissions_per_s":{"type":"number"}}}},
"Board":{"type":"object","required":["now","from","interval_ms","series","sales"],"properties":{
 "now":{"type":"string","format":"date-time","description":"The second of the last point."},
 "from":{"type":"string","format":"date-time","description":"The second of the first point."},
 "interval_ms":{"type":"integer"},"series":{"type":"array","items":{"type":"object","required":["name","unit","about",
 "points"],"properties":{"name":{"type":"string"},"unit":{"type":"string"},"about":{"type":"string"},
 "points":{"type":"array","maxItems":3600,"description":"Oldest first; null: no data.",
 "items":{"anyOf":[{"type":"number"},{"type":"null"}]}}}}},"sales":{"$ref":"#/components/schemas/BoardSales"}}},
"BoardStream":{"type":"string","description":"Server-sent events: `id` a second since 1970, BoardSample as `data`."},
"BoardSample":{"type":"object","required":["at","values","sales"],"properties":{"at":{"type":"string",
 "format":"date-time"},"values":{"type":"object","additionalProperties":{"anyOf":[{"type":"number"},
 {"type":"null"}]}},"sales":{"$ref":"#/components/schemas/BoardSales"}}},
"TraceList":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"type":"object","required":["trace_id","at","listener","method","route","status","duration_ms","spans"],
 "properties":{"trace_id":{"type":"string","pattern":"^[0-9a-f]{32}$"},"at":{"type":"string","format":"date-time"},
 "listener":{"type":"string","enum":["shop","operators"]},"method":{"type":"string"},"route":{"type":"string"},
 "status":{"type":"integer"},"duration_ms":{"type":"number"},"spans":{"type":"array","items":{"type":"object",
 "required":["name","start_ms","duration_ms"],"properties":{"name":{"type":"string"},"start_ms":{"type":"number"},
 "duration_ms":{"type":"number"}}}}}}},"next_cursor":{"anyOf":[{"type":"string"},{"type":"null"}]}}},
"LogList":{"type":"object","required":["items","next_cursor"],"properties":{"items":{"type":"array",
 "items":{"type":"object","required":["at","level","event","trace_id","fields"],"properties":{
 "at":{"type":"string","format":"date-time"},"level":{"type":"string","enum":["debug","info","warn","error"]},
 "event":{"type":"string"},"trace_id":{"anyOf":[{"type":"string"},{"type":"null"}]},
 "fields":{"type":"object","additionalProperties":{}}}}},"next_cursor":{"anyOf":[{"type":"string"},{"type":"null"}]}}})json";
}

std::string_view openapi_watch_parameters() {
    return R"json(
"series":{"in":"query","description":"Names of series, between commas; all if absent.","schema":{"type":"string"}},
"seconds":{"in":"query","description":"How far back; an hour if absent.","schema":{"type":"integer","minimum":1,
 "maximum":3600}},
"slow":{"in":"query","description":"1: slow ones; without this and `failed`, both.","schema":{"type":"string"}},
"failed":{"in":"query","description":"1: those answered 500 and above.","schema":{"type":"string"}},
"ordered":{"in":"query","description":"1: a sample of those that placed an order.","schema":{"type":"string"}},
"min_ms":{"in":"query","description":"Only those that took as long.","schema":{"type":"integer","minimum":0}},
"trace_id":{"in":"query","description":"Only of this trace.","schema":{"type":"string"}},
"level":{"in":"query","description":"This level and above.","schema":{"type":"string","enum":["debug","info","warn",
 "error"]}},
"Last-Event-ID":{"in":"header","description":"The id of the last event that was seen; what came since is sent first.",
 "schema":{"type":"string"}})json";
}

}  // namespace marketday::http
