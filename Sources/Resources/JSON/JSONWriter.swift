/// Writes a document as JSON without white space: members in their order, only what must be escaped escaped.
package struct JSONWriter {
    private var output: [UInt8] = []
    /// Quotes of names and texts: Azure's `format` function uses single ones.
    private let quote: UInt8

    private init(quote: Unicode.Scalar) {
        self.quote = UInt8(ascii: quote)
    }

    /// The text of a document.
    package static func text(of value: JSONValue, quote: Unicode.Scalar = "\"") -> String {
        var writer = JSONWriter(quote: quote)
        writer.append(value)
        return String(decoding: writer.output, as: UTF8.self)
    }

    /// The same as bytes of UTF-8.
    package static func bytes(of value: JSONValue) -> [UInt8] {
        var writer = JSONWriter(quote: "\"")
        writer.append(value)
        return writer.output
    }

    /// Number of bytes that `text(of:)` makes; nil when more than `limit`, found without writing them.
    package static func size(of value: JSONValue, limit: Int) -> Int? {
        var size = 0
        return measure(value, &size, limit) ? size : nil
    }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .boolean(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .number(let number): append(Self.text(of: number))
        case .string(let text): appendQuoted(text)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(",") }
                append(element)
            }
            append("]")
        case .object(let object):
            append("{")
            for (index, member) in object.members.enumerated() {
                if index > 0 { append(",") }
                appendQuoted(member.name)
                append(":")
                append(member.value)
            }
            append("}")
        }
    }

    private mutating func append(_ text: String) {
        output.append(contentsOf: text.utf8)
    }

    private mutating func appendQuoted(_ text: String) {
        output.append(quote)
        for byte in text.utf8 {
            switch byte {
            case quote, UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x08: append("\\b")
            case 0x0C: append("\\f")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20: append("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: output.append(byte)
            }
        }
        output.append(quote)
    }

    /// The shortest digits that mean the number; whole ones with `.0`.
    package static func text(of number: Double) -> String {
        number.isFinite ? "\(number)" : "null"
    }

    private static func measure(_ value: JSONValue, _ size: inout Int, _ limit: Int) -> Bool {
        switch value {
        case .null, .boolean: size += 5
        case .integer, .number: size += 8
        case .string(let text): size += text.utf8.count + 2
        case .array(let elements):
            size += 2
            for element in elements {
                guard measure(element, &size, limit) else { return false }
                size += 1
            }
        case .object(let object):
            size += 2
            for member in object.members {
                size += member.name.utf8.count + 4
                guard size <= limit, measure(member.value, &size, limit) else { return false }
            }
        }
        return size <= limit
    }
}
