import Foundation
import Resources
import Testing

/// `JSONValue(encoding:)` beside Foundation's encoder, whose bytes clients know.
@Suite struct JSONEncodingTests {
    private struct Part: Codable {
        var name: String
        var note: String?
        var numbers: [Int]
    }

    private enum Mode: String, Codable {
        case on = "On"
    }

    private struct Whole: Codable {
        var zebra = "last"
        var apple = true
        var mode = Mode.on
        var id = UUID(uuidString: "0A1B2C3D-0000-4000-8000-00000000000F")
        var shares = ["blue": 90, "Green": 10, "a/b": 0]
        var texts = ["quote\"": "back\\slash", "line": "\n\r\t\u{8}\u{c}\u{1f}", "letters": "\u{e9}\u{1F600}/\u{7f}"]
        var parts = [Part(name: "one", note: nil, numbers: []), Part(name: "two", note: "x", numbers: [1, -2])]
        var nested: [String: [String: Part]] = ["k": ["inner": Part(name: "", note: "", numbers: [0])]]
        var missing: String?
        var interval = ISODuration(milliseconds: 90_500)
        var error = ARMError(.conflict, "in the way", target: "$.a", details: [ARMError(.badArgument, "b")])
    }

    private struct Listed: Encodable {
        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encodeNil()
            try list.encode(1)
            var inner = list.nestedUnkeyedContainer()
            try inner.encode("deep")
        }
    }

    private static func expect(_ value: some Encodable, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let theirs = String(decoding: try encoder.encode(value), as: UTF8.self)
        let ours = JSONWriter.text(of: try JSONValue(encoding: value))
        #expect(ours == theirs, sourceLocation: sourceLocation)
    }

    @Test func `values of all kinds look as they do from Foundation`() throws {
        try Self.expect(Whole())
        try Self.expect([Whole(), Whole()])
        try Self.expect(Listed())
        try Self.expect([String: String]())
        try Self.expect([Part]())
    }

    @Test(arguments: [
        0, 1, -1, 0.1, 1.5, 70, 1e15, 9_007_199_254_740_991, 9_007_199_254_740_992, 1e16, 1.5e300, 1e-7, -0.25,
    ]) func `numbers look as they do from Foundation`(_ number: Double) throws {
        try Self.expect(["number": number])
    }

    @Test func `whole numbers keep every digit`() throws {
        try Self.expect([Int64.max, Int64.min, 0])
        try Self.expect([UInt8.max])
    }

    @Test func `times have microseconds`() throws {
        let document = try JSONValue(encoding: ["at": Date(timeIntervalSince1970: 1_800_000_000.25)])
        #expect(JSONWriter.text(of: document) == #"{"at":"2027-01-15T08:00:00.250000Z"}"#)
    }
}
