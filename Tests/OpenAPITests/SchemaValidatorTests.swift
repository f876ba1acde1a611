import TestSupport
import Testing

@Suite struct SchemaValidatorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var schema: String
        var value: String
        /// Beginning of the only problem, up to its place, and the rule that it ends with; nil for a good value.
        var problem: (place: String, rule: String)?

        init(_ schema: String, _ value: String, _ problem: (place: String, rule: String)? = nil) {
            (self.schema, self.value, self.problem) = (schema, value, problem)
        }

        var testDescription: String { "\(value) against \(schema)" }
    }

    static let types = [
        Case(#"{"type": "string"}"#, #""a""#),
        Case(#"{"type": "string"}"#, "1", ("$", "type")),
        Case(#"{"type": "integer"}"#, "1"),
        Case(#"{"type": "integer"}"#, "1.0"),
        Case(#"{"type": "integer"}"#, "1.5", ("$", "type")),
        Case(#"{"type": "integer"}"#, #""1""#, ("$", "type")),
        Case(#"{"type": "number"}"#, "1"),
        Case(#"{"type": "number"}"#, "0.5"),
        Case(#"{"type": "boolean"}"#, "true"),
        Case(#"{"type": "boolean"}"#, #""true""#, ("$", "type")),
        Case(#"{"type": "object"}"#, "[]", ("$", "type")),
        Case(#"{"type": "array"}"#, "{}", ("$", "type")),
        Case(#"{"type": "string"}"#, "null", ("$", "type")),
        Case(#"{"type": "string", "nullable": true}"#, "null"),
        Case(#"{"type": "object", "nullable": true, "enum": [null]}"#, "null"),
        Case(#"{"type": "object", "nullable": true, "enum": [null]}"#, "{}", ("$", "enum")),
        Case("{}", "null"),
        Case("{}", #"{"a": [1]}"#),
    ]

    static let texts = [
        Case(#"{"type": "string", "enum": ["Key", "AADToken"]}"#, #""Key""#),
        Case(#"{"type": "string", "enum": ["Key", "AADToken"]}"#, #""key""#, ("$", "enum")),
        Case(#"{"type": "string", "minLength": 1}"#, #""""#, ("$", "minLength")),
        Case(#"{"type": "string", "maxLength": 2}"#, #""äö""#),
        Case(#"{"type": "string", "maxLength": 2}"#, #""abc""#, ("$", "maxLength")),
        Case(#"{"type": "string", "pattern": "^[a-z]+$"}"#, #""abc""#),
        Case(#"{"type": "string", "pattern": "^[a-z]+$"}"#, #""ab1""#, ("$", "pattern")),
        Case(#"{"type": "string", "pattern": "b"}"#, #""abc""#),
        Case(#"{"type": "string", "format": "uuid"}"#, #""0d2c7b3e-6f0a-4c8e-9a57-2f3a1b9c4d5e""#),
        Case(#"{"type": "string", "format": "uuid"}"#, #""0d2c7b3e6f0a4c8e9a572f3a1b9c4d5e""#, ("$", "format")),
        Case(#"{"type": "string", "format": "date-time"}"#, #""2026-01-31T12:00:00.123456Z""#),
        Case(#"{"type": "string", "format": "date-time"}"#, #""2024-02-29T00:00:00+02:00""#),
        Case(#"{"type": "string", "format": "date-time"}"#, #""2026-02-29T00:00:00Z""#, ("$", "format")),
        Case(#"{"type": "string", "format": "date-time"}"#, #""2026-01-31 12:00:00Z""#, ("$", "format")),
        Case(#"{"type": "string", "format": "date-time"}"#, #""2026-01-31T12:00:00""#, ("$", "format")),
        Case(#"{"type": "string", "format": "uri"}"#, #""https://127.0.0.1:8443/a?b=c%20d""#),
        Case(#"{"type": "string", "format": "uri"}"#, #""/subscriptions/s""#, ("$", "format")),
        Case(#"{"type": "string", "format": "uri"}"#, #""https://a b/""#, ("$", "format")),
        Case(#"{"type": "string", "format": "password"}"#, #""anything""#),
    ]

    static let numbers = [
        Case(#"{"type": "integer", "minimum": 0, "maximum": 100}"#, "0"),
        Case(#"{"type": "integer", "minimum": 0, "maximum": 100}"#, "100"),
        Case(#"{"type": "integer", "minimum": 0, "maximum": 100}"#, "-1", ("$", "minimum")),
        Case(#"{"type": "number", "maximum": 1}"#, "1.5", ("$", "maximum")),
    ]

    static let containers = [
        Case(#"{"type": "array", "items": {"type": "string"}}"#, #"["a", "b"]"#),
        Case(#"{"type": "array", "items": {"type": "string"}}"#, #"["a", 1]"#, ("$[1]", "type")),
        Case(#"{"type": "array", "minItems": 1}"#, "[]", ("$", "minItems")),
        Case(#"{"type": "array", "maxItems": 1}"#, "[1, 2]", ("$", "maxItems")),
        Case(#"{"type": "object", "required": ["a"]}"#, "{}", ("$.a", "required")),
        Case(#"{"type": "object", "required": ["a"]}"#, #"{"A": 1}"#, ("$.a", "required")),
        Case(#"{"type": "object", "properties": {"a": {"type": "string"}}}"#, #"{"a": "", "b": 1}"#),
        Case(#"{"type": "object", "properties": {"a": {"type": "string"}}}"#, #"{"a": 1}"#, ("$.a", "type")),
        Case(
            #"{"type": "object", "properties": {"a": {}}, "additionalProperties": false}"#, #"{"a": 1, "b": 1}"#,
            ("$.b", "additionalProperties")),
        Case(#"{"type": "object", "additionalProperties": true}"#, #"{"b": 1}"#),
        Case(#"{"type": "object", "additionalProperties": {"type": "integer"}}"#, #"{"blue": 100}"#),
        Case(
            #"{"type": "object", "additionalProperties": {"type": "integer"}}"#, #"{"blue": "100"}"#, ("$.blue", "type")
        ),
        Case(#"{"type": "object", "minProperties": 1}"#, "{}", ("$", "minProperties")),
        Case(#"{"type": "object", "maxProperties": 1}"#, #"{"a": 1, "b": 2}"#, ("$", "maxProperties")),
        Case(
            #"{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "required": ["b"]}}}}"#,
            #"{"a": [{"b": 1}, {}]}"#, ("$.a[1].b", "required")),
    ]

    @Test(arguments: types + texts + numbers + containers)
    func `a value breaks at most the rule that it should`(_ item: Case) throws {
        let problems = try DocumentFixture.problems(item.schema, item.value)
        guard let expected = item.problem else {
            #expect(problems == [])
            return
        }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("\(expected.place): ") == true, "\(problems)")
        #expect(problems.first?.hasSuffix("(\(expected.rule))") == true, "\(problems)")
    }

    private static let components = """
        {"schemas": {
            "Error": {"type": "object", "required": ["code"], "additionalProperties": false, "properties": {
                "code": {"type": "string"}, "details": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}}},
            "Circle": {"$ref": "#/components/schemas/Circle"}
        }}
        """

    @Test func `references are followed, into themselves too`() throws {
        let schema = ##"{"$ref": "#/components/schemas/Error"}"##
        let good = #"{"code": "A", "details": [{"code": "B", "details": []}]}"#
        #expect(try DocumentFixture.problems(schema, good, components: Self.components) == [])
        let bad = #"{"code": "A", "details": [{"code": "B", "details": [{}]}]}"#
        let problems = try DocumentFixture.problems(schema, bad, components: Self.components)
        #expect(problems == ["$.details[0].details[0].code: is missing (required)"])
    }

    @Test(arguments: ["#/components/schemas/None", "#/components/schemas/Circle", "other.json#/a"])
    func `a reference that leads nowhere is a problem`(_ reference: String) throws {
        let problems = try DocumentFixture.problems(#"{"$ref": "\#(reference)"}"#, "1", components: Self.components)
        #expect(problems == ["$: the schema's reference leads nowhere ($ref)"])
    }

    private static let forms = #"[{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]"#

    @Test func `allOf asks for every form`() throws {
        let schema = #"{"allOf": \#(Self.forms)}"#
        #expect(try DocumentFixture.problems(schema, #"{"a": 1, "b": 1}"#) == [])
        #expect(try DocumentFixture.problems(schema, #"{"a": 1}"#) == ["$.b: is missing (required)"])
    }

    @Test func `oneOf asks for exactly one form`() throws {
        let schema = #"{"oneOf": \#(Self.forms)}"#
        #expect(try DocumentFixture.problems(schema, #"{"a": 1}"#) == [])
        #expect(
            try DocumentFixture.problems(schema, #"{"a": 1, "b": 1}"#) == ["$: fits 2 of the forms, not one (oneOf)"])
        #expect(
            try DocumentFixture.problems(schema, "{}") == [
                "$: fits none of 2 forms (oneOf)", "$.a: is missing (required)",
            ])
    }

    @Test func `anyOf asks for one form at least`() throws {
        let schema = #"{"anyOf": \#(Self.forms)}"#
        #expect(try DocumentFixture.problems(schema, #"{"a": 1, "b": 1}"#) == [])
        #expect(try DocumentFixture.problems(schema, "{}").first == "$: fits none of 2 forms (anyOf)")
    }

    @Test func `every problem is told`() throws {
        let schema = """
            {"type": "object", "required": ["a", "b"], "properties": {"c": {"type": "string", "minLength": 3, "pattern": "^z"}}}
            """
        #expect(try DocumentFixture.problems(schema, #"{"c": "x"}"#).count == 4)
    }
}
