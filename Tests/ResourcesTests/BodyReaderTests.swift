import Foundation
import Resources
import Testing

/// A body of that JSON text.
func body(_ json: String) throws -> BodyReader {
    BodyReader(root: try JSONParser.parse(json.utf8))
}

/// The JSON paths of an error's problems, in order.
func paths(_ error: ARMError?) -> [String] {
    guard let error else { return [] }
    return error.details?.map { $0.target ?? "" } ?? [error.target ?? ""]
}

enum Colour: String, CaseIterable {
    case red = "Red"
    case darkBlue = "DarkBlue"
}

@Suite struct BodyReaderTests {
    @Test func `every kind of member is read`() throws {
        let reader = try body(
            """
            {"text": "t", "flag": true, "number": 4, "part": 0.5, "colour": "darkBLUE", "list": ["a", "b"], "map": {"k": "v", "n": 1, "f": 1.5,
             "b": false, "gone": null}, "counts": {"x": 1, "y": "2"}, "inner": {"deep": {"text": "d"}}}
            """)
        #expect(reader.string("text") == "t")
        #expect(reader.requiredString("text") == "t")
        #expect(reader.boolean("flag") == true)
        #expect(reader.integer("number", in: 0...9) == 4)
        #expect(reader.fraction("part", in: 0...1) == 0.5)
        #expect(reader.enumeration("colour", of: Colour.self) == .darkBlue)
        #expect(reader.requiredEnumeration("colour", of: Colour.self) == .darkBlue)
        #expect(reader.strings("list") == ["a", "b"])
        #expect(reader.stringMap("map") == ["k": "v", "n": "1", "f": "1.5", "b": "false"])
        #expect(reader.integerMap("counts", in: 0...9) == ["x": 1, "y": 2])
        #expect(reader.object("inner").requiredObject("deep").string("text") == "d")
        #expect(reader.object("inner").memberNames == ["deep"])
        try reader.throwProblems(in: "The body")
    }

    @Test(arguments: ["{}", #"{"a": null}"#])
    func `absent and null are the same and no problem`(json: String) throws {
        let reader = try body(json)
        #expect(reader.string("a") == nil && reader.boolean("a") == nil && reader.integer("a", in: 0...1) == nil)
        #expect(reader.fraction("a", in: 0...1) == nil && reader.enumeration("a", of: Colour.self) == nil)
        #expect(reader.strings("a") == nil && reader.stringMap("a") == nil && reader.integerMap("a", in: 0...1) == nil)
        #expect(!reader["a"].isPresent && !reader.object("a").isPresent && reader.object("a").string("b") == nil)
        try reader.throwProblems(in: "The body")
    }

    @Test func `names are matched without regard to case`() throws {
        let reader = try body(#"{"PROPERTIES": {"authmode": "x"}}"#)
        #expect(reader.object("properties").string("authMode") == "x")
    }

    @Test(arguments: [
        ("4", 4), ("\"4\"", 4), ("4.0", 4), ("\"-3\"", -3), ("-3", -3), ("\"10\"", 10),
    ])
    func `an integer may be written as a text or with a point`(json: String, number: Int) throws {
        let reader = try body("{\"a\": \(json)}")
        #expect(reader.integer("a", in: -10...10) == number)
        try reader.throwProblems(in: "The body")
    }

    @Test(arguments: [
        "4.5", "\"4.5\"", "\"\"", "\"four\"", "true", "[]", "{}", "11", "\"-11\"", "1e30", "99999999999999999999",
    ])
    func `what is no integer in its range is a problem`(json: String) throws {
        let reader = try body("{\"a\": \(json)}")
        #expect(reader.integer("a", in: -10...10) == nil)
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(error?.target == "$.a")
    }

    @Test(arguments: [("true", true), ("false", false), ("\"True\"", true), ("\"FALSE\"", false)])
    func `a truth value may be written as a text`(json: String, flag: Bool) throws {
        #expect(try body("{\"a\": \(json)}").boolean("a") == flag)
    }

    @Test(arguments: ["\"nan\"", "\"inf\"", "-0.1", "1.1", "\"x\"", "true"])
    func `what is no number in its range is a problem`(json: String) throws {
        let reader = try body("{\"a\": \(json)}")
        #expect(reader.fraction("a", in: 0...1) == nil)
        #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
    }

    @Test func `all problems come at once, each with its JSON path`() throws {
        let reader = try body(
            """
            {"text": 1, "flag": "maybe", "number": "x", "part": 2, "colour": "Pink", "list": ["a", 2], "object": [], "map": {"k": []},
             "counts": {"x": 11}, "empty": ""}
            """)
        _ = reader.string("text")
        _ = reader.boolean("flag")
        _ = reader.integer("number", in: 0...9)
        _ = reader.fraction("part", in: 0...1)
        _ = reader.enumeration("colour", of: Colour.self)
        #expect(reader.strings("list") == ["a"])
        _ = reader.object("object")
        _ = reader.stringMap("map")
        _ = reader.integerMap("counts", in: 0...9)
        #expect(reader.requiredString("empty") == "")
        #expect(reader.requiredString("missing") == "")
        _ = reader.requiredObject("nothing")
        _ = reader.requiredEnumeration("none", of: Colour.self)
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(error?.code == .invalidRequestContent)
        #expect(
            paths(error) == [
                "$.text", "$.flag", "$.number", "$.part", "$.colour", "$.list[1]", "$.object", "$.map.k", "$.counts.x",
                "$.empty", "$.missing",
                "$.nothing", "$.none",
            ])
        #expect(error?.message == "The body has 13 problems; see details.")
    }

    @Test func `one problem alone is the error itself`() throws {
        let reader = try body(#"{"colour": "Pink"}"#)
        _ = reader.enumeration("colour", of: Colour.self)
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(error?.target == "$.colour" && error?.details == nil)
        #expect(error?.message == "The body is not valid: $.colour 'Pink' is not one of Red, DarkBlue")
    }

    @Test(arguments: ["[]", "1", "null", "\"{}\""])
    func `a body that is no object is a problem`(json: String) throws {
        let reader = try body(json)
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(error?.target == "$")
    }

    @Test func `no more than fifty problems are listed`() throws {
        let reader = try body("{}")
        for number in 0..<80 { _ = reader.requiredString("m\(number)") }
        let error = #expect(throws: ARMError.self) { try reader.throwProblems(in: "The body") }
        #expect(error?.details?.count == 50)
    }
}
