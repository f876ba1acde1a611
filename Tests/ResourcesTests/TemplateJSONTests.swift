import Resources
import Testing

/// The liberties that templates take, and what the writer makes of values.
@Suite struct TemplateJSONTests {
    static let accepted: [(String, JSONValue)] = [
        ("// c\n1", .integer(1)), ("/* c */1/**/", .integer(1)), ("1 // end", .integer(1)),
        ("/* a * b / c\n*/ [1,/**/2,]", .array([.integer(1), .integer(2)])),
        ("{\"a\"/**/:/**/1}", .object(JSONObject([("a", .integer(1))]))), ("\"a\nb\r\n\tc\"", .string("a\nb\r\n\tc")),
        ("\"// no comment /* \"", .string("// no comment /* ")),
        (
            "{template: {$schema: 1, a_1: 2}}",
            .object(JSONObject([("template", .object(JSONObject([("$schema", .integer(1)), ("a_1", .integer(2))])))]))
        ),
        ("{'a': 'b\"c', 'd': 'it\\'s'}", .object(JSONObject([("a", .string("b\"c")), ("d", .string("it's"))]))),
        ("\u{FEFF}// c\n{}", .object(JSONObject())), ("\"it's\"", .string("it's")),
    ]

    @Test(arguments: accepted)
    func `templates take liberties, requests do not`(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text.utf8, as: .template) == value)
        guard text != "\"it's\"", text != "\"// no comment /* \"" else { return }
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text.utf8) }
    }

    @Test(arguments: [
        "/", "/ 1", "/* c", "/* c *", "1 /", "{a-b: 1}", "{a b: 1}", "{: 1}", "'a", "'a\"", "\"a'", "{'a: 1}",
        "\"a\u{0}\"", "\"a\u{B}\"", "[1 2]", "# c\n1",
        "{a}", "a", "\"\\'", "[1,,2]",
    ])
    func `liberties have an end`(text: String) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text.utf8, as: .template) }
    }

    @Test func `a failure behind comments and line breaks names its place`() {
        let failure = #expect(throws: JSONParser.Failure.self) {
            try JSONParser.parse("/* a\n b */ {\n a: \"x\ny\", b: ? }".utf8, as: .template)
        }
        #expect(failure?.line == 4)
        #expect(failure?.column == 8)
    }

    @Test func `templates are nested a hundred levels`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONParser.parse(nested(JSONParser.templateDepthLimit).utf8, as: .template)
        #expect(throws: JSONParser.Failure.self) {
            try JSONParser.parse(nested(JSONParser.templateDepthLimit + 1).utf8, as: .template)
        }
    }

    static let written: [(JSONValue, String)] = [
        (.null, "null"), (.boolean(true), "true"), (.integer(.min), "-9223372036854775808"), (.number(1), "1.0"),
        (.number(-0.5), "-0.5"),
        (.number(1e300), "1e+300"), (.number(0.1), "0.1"), (.string(""), "\"\""),
        (.string("a\"\\/'ü👋"), #""a\"\\/'ü👋""#),
        (.string("\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\u{7F}\""), (.array([]), "[]"),
        (.array([.integer(1), .array([.null])]), "[1,[null]]"), (.object(JSONObject()), "{}"),
        (.object(JSONObject([("b", .integer(1)), ("a\n", .string("x"))])), #"{"b":1,"a\n":"x"}"#),
    ]

    @Test(arguments: written)
    func `what is written can be read again`(value: JSONValue, text: String) throws {
        #expect(JSONWriter.text(of: value) == text)
        #expect(try JSONParser.parse(text.utf8) == value)
        #expect(try JSONParser.parse(text.utf8, as: .template) == value)
    }

    @Test func `other quotes are escaped in their turn`() {
        let value = JSONValue.object(JSONObject([("a'b", .string("c\"d'"))]))
        #expect(JSONWriter.text(of: value, quote: "'") == #"{'a\'b':'c"d\''}"#)
    }

    @Test func `a size is known without writing, and bounded`() {
        let value = JSONValue.array(Array(repeating: .string("abcdefgh"), count: 1_000))
        #expect((9_000...12_000).contains(JSONWriter.size(of: value, limit: 100_000) ?? 0))
        #expect(JSONWriter.size(of: value, limit: 8_000) == nil)
        // Two to the power of sixty of one text, in sixty arrays.
        var shared = JSONValue.string("a")
        for _ in 0..<60 { shared = .array([shared, shared]) }
        #expect(JSONWriter.size(of: shared, limit: 100_000) == nil)
    }
}
