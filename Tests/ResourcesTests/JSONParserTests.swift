import Foundation
import Resources
import Testing

@Suite struct JSONParserTests {
    static func object(_ members: (String, JSONValue)...) -> JSONValue {
        .object(JSONObject(members.map { (name: $0.0, value: $0.1) }))
    }

    static let accepted: [(String, JSONValue)] = [
        ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), (" \t\r\n1 \n", .integer(1)),
        ("\u{FEFF}1", .integer(1)),
        ("0", .integer(0)), ("-0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1.0", .number(1)), ("-0.5", .number(-0.5)), ("1e3", .number(1_000)), ("1E+3", .number(1_000)),
        ("25e-1", .number(2.5)),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("1e-999", .number(0)),
        ("\"\"", .string("")), ("\"a b\"", .string("a b")), ("\"ü日👋\"", .string("ü日👋")),
        ("\"\u{7F}\"", .string("\u{7F}")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")), (#""\u0041\u00fc\u00FC""#, .string("Aüü")),
        (#""\uD83D\uDC4B""#, .string("👋")), (#""\ud834\udd1e""#, .string("\u{1D11E}")),
        (#""\uDBFF\uDFFF""#, .string("\u{10FFFF}")),
        (#""\u001f""#, .string("\u{1F}")), (#""\uFFFF""#, .string("\u{FFFF}")),
        ("[]", .array([])), ("[ ]", .array([])), ("[1,2]", .array([.integer(1), .integer(2)])),
        ("[[],{}]", .array([.array([]), object()])), ("{}", object()),
        (#"{"a":1,"b":{"c":null}}"#, object(("a", .integer(1)), ("b", object(("c", .null))))),
        (#"{"":1}"#, object(("", .integer(1)))),
        // Published bodies have these.
        ("[1,]", .array([.integer(1)])), ("[1 , ]", .array([.integer(1)])), (#"{"a":1,}"#, object(("a", .integer(1)))),
        (#"{"a":[1,],}"#, object(("a", .array([.integer(1)])))),
    ]

    @Test(arguments: accepted)
    func `what is JSON is read`(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text.utf8) == value)
    }

    static let refused = [
        "", " ", "\u{FEFF}", "nul", "nulll", "True", "undefined", "NaN", "Infinity", "-", "+1", "01", "-01", "00", "1.",
        ".5", "1.e1", "1e",
        "1e+", "0x10", "1_000", "1 2", "1,", "--1", "1e400", "-1e400", "'a'", "\"", "\"a", "\"\\\"", "\"\\x41\"",
        "\"\\u12\"", "\"\\u12G4\"",
        "\"\\u+123\"", "\"\\u-001\"", "\"\\uD83D\"", "\"\\uDC4B\"", "\"\\uD83D\\u0041\"", "\"\\uD83Dx\"",
        "\"\\uD83D\\n\"", "\"\\u0000\"", "\"a\nb\"",
        "\"a\tb\"", "\"\u{0}\"", "[", "]", "[1", "[1,", "[,]", "[,1]", "[1,,2]", "[1,,]", "[1 2]", "[1}", "{", "}",
        "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1",
        "{\"a\":1,,}", "{\"a\" 1}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "// c\n1",
        "/* c */1", "\u{A0}1", "\u{B}1",
    ]

    @Test(arguments: refused)
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text.utf8) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22],
            [0xEF, 0xBB],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(bytes) }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func `nesting is bounded`(opening: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth - 1) + "[]"
                + String(repeating: opening == "[" ? "]" : "}", count: depth - 1)
        }
        _ = try JSONParser.parse(nested(JSONParser.depthLimit).utf8)
        let failure = #expect(throws: JSONParser.Failure.self) {
            try JSONParser.parse(nested(JSONParser.depthLimit + 1).utf8)
        }
        #expect(failure?.reason.contains("64") == true)
        #expect(throws: JSONParser.Failure.self) {
            try JSONParser.parse(String(repeating: opening, count: 1_000_000).utf8)
        }
    }

    @Test(arguments: [
        ("x", 1, 1), ("  x", 1, 3), ("{\n  \"a\": x\n}", 2, 8), ("[1,\n2,\n3 4]", 3, 3), ("{\"a\":1} x", 1, 9),
        ("[1\r\n,\r\nx]", 3, 1),
        ("[01]", 1, 2), ("[1,\n", 2, 1),
    ])
    func `a failure names line and column`(text: String, line: Int, column: Int) {
        let failure = #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text.utf8) }
        #expect(failure?.line == line)
        #expect(failure?.column == column)
        #expect(failure?.description.hasSuffix(" at line \(line), column \(column)") == true)
    }

    @Test func `of equal names the last value counts, at the first place`() throws {
        guard case .object(let object) = try JSONParser.parse(#"{"a":1,"b":2,"a":3}"#.utf8) else {
            Issue.record("no object")
            return
        }
        #expect(object.members.map(\.name) == ["a", "b"])
        #expect(object["a"] == .integer(3))
    }

    @Test func `a member is found by its exact name before one of another case`() throws {
        guard case .object(let object) = try JSONParser.parse(#"{"NAME":1,"name":2}"#.utf8) else {
            Issue.record("no object")
            return
        }
        #expect(object["name"] == .integer(2))
        #expect(object["NAME"] == .integer(1))
        #expect(object["nAmE"] == .integer(1))
        #expect(object["other"] == nil)
    }
}
