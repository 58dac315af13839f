"""An OpenAPI 3.1 document held against real answers: as much of JSON Schema as the document uses, and a caller."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
}
# A keyword that nobody reads would promise what nobody holds.
READ = {"type", "properties", "required", "items", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength",
        "maxLength", "anyOf", "oneOf", "$ref", "format", "additionalProperties", "description"}


def has_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Schemas:
    def __init__(self, document):
        self.named = document["components"]["schemas"]

    def faults(self, schema, value, at="$", closed=True):
        """What does not fit, as sentences. `closed`: a member that the schema does not name is a fault too."""
        unread = set(schema) - READ
        if unread:
            return [f"{at}: the test does not read {sorted(unread)}"]
        if "$ref" in schema:
            return self.faults(self.named[schema["$ref"].rsplit("/", 1)[-1]], value, at, closed)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                tries = [self.faults(one, value, at, closed) for one in schema[choice]]
                fitting = sum(not faults for faults in tries)
                if fitting == 0 or (choice == "oneOf" and fitting > 1):
                    return [f"{at}: {fitting} of {choice} fit; {min(tries, key=len)}"]
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(has_type(value, one) for one in types):
            return [f"{at}: {str(value)[:60]!r} is no {'/'.join(types)}"]
        faults = []
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{at}: {value!r} is none of {schema['enum']}")
        if isinstance(value, str):
            faults += self.faults_of_text(schema, value, at)
        elif isinstance(value, (int, float)):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                faults.append(f"{at}: {value} is out of range")
        elif isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                faults.append(f"{at}: {len(value)} items")
            for i, item in enumerate(value):
                faults += self.faults(schema.get("items", {}), item, f"{at}[{i}]", closed)
        elif isinstance(value, dict):
            faults += self.faults_of_object(schema, value, at, closed)
        return faults

    @staticmethod
    def faults_of_text(schema, value, at):
        faults = []
        if "pattern" in schema and not re.search(schema["pattern"], value):
            faults.append(f"{at}: {value[:60]!r} does not match {schema['pattern']}")
        if "format" in schema and not FORMATS[schema["format"]].fullmatch(value):
            faults.append(f"{at}: {value[:60]!r} is no {schema['format']}")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            faults.append(f"{at}: {len(value)} characters")
        return faults

    def faults_of_object(self, schema, value, at, closed):
        known = schema.get("properties", {})
        faults = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in known:
                faults += self.faults(known[name], member, f"{at}.{name}", closed)
            elif "additionalProperties" in schema:
                faults += self.faults(schema["additionalProperties"], member, f"{at}.{name}", closed)
            elif closed and known:
                faults.append(f"{at}.{name} is not described")
        return faults


class Escaped(str):
    """A path's segment that is to be sent as it is."""


def escaped(segment):
    return segment if isinstance(segment, Escaped) else urllib.parse.quote(str(segment), safe="")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode()
        self.media_type = headers.get_content_type() if body else None
        self.json = json.loads(self.text) if self.media_type and self.media_type.endswith("json") else None


class Described:
    """One listener with its document. Every call is checked against it; `seen` holds (operation, status)."""

    def __init__(self, url):
        self.url = url
        self.document = json.load(urllib.request.urlopen(url + "/openapi.json"))
        self.schemas = Schemas(self.document)
        self.operations = {operation["operationId"]: (method.upper(), path, operation)
                           for path, methods in self.document["paths"].items() for method, operation in methods.items()}
        self.seen = set()

    def call(self, operation_id, *path, query=None, body=None, media_type="application/json", headers=None, fits=True):
        """`fits`: the input is as described; an input made to be refused says False."""
        method, template, operation = self.operations[operation_id]
        values = iter(path)
        address = re.sub(r"\{\w+\}", lambda _: escaped(next(values)), template)
        parameters = {(one["in"], one["name"]): one for one in operation.get("parameters", [])}
        if fits:
            self.check_input(operation_id, operation, parameters, query or {}, body, media_type)
        if query:
            address += "?" + urllib.parse.urlencode(query)
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + address, data=data, method=method, headers=dict(headers or {}))
        if data is not None:
            request.add_header("Content-Type", media_type)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        self.check_answer(f"{operation_id} {address}", operation, answer)
        self.seen.add((operation_id, answer.status))
        return answer

    def check_input(self, name, operation, parameters, query, body, media_type):
        for one in query:
            assert ("query", one) in parameters, f"{name}: the parameter {one} is not described"
            faults = self.schemas.faults({key: value for key, value in parameters["query", one]["schema"].items() if key != "type"},
                                         query[one], one)
            assert not faults, f"{name}: {faults}"
        described = operation.get("requestBody", {}).get("content", {})
        assert (body is not None) == bool(described), f"{name}: a body is {'not ' if body is not None else ''}described"
        if media_type in described and media_type == "application/json":
            faults = self.schemas.faults(described[media_type]["schema"], body)
            assert not faults, f"{name}: what it takes is not as described: {faults}"

    def check_answer(self, name, operation, answer):
        described = operation["responses"].get(str(answer.status))
        assert described is not None, f"{name} gave {answer.status}, which is not described: {answer.text[:300]}"
        content = described.get("content", {})
        if not content:
            assert answer.text == "", f"{name} {answer.status} has a body that is not described: {answer.text[:100]}"
            return
        assert answer.media_type in content, f"{name} {answer.status} is {answer.media_type}, not {list(content)}"
        if answer.json is not None:
            faults = self.schemas.faults(content[answer.media_type]["schema"], answer.json)
            assert not faults, f"{name} {answer.status}: {faults[:5]}\n{answer.text[:500]}"
