import Foundation
import Resources

/// Base64, URIs and data URIs.
enum EncodingFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .base64: return try call.made(Data(try call.text(0).utf8).base64EncodedString())
        case .base64ToString: return try call.made(try decoded(try call.text(0), call))
        case .base64ToJSON: return try ObjectFunctions.parse(try decoded(try call.text(0), call), call)
        case .uriComponent: return try call.made(escaped(try call.text(0)))
        case .uriComponentToString:
            let text = try call.text(0)
            return try call.made(try withoutNull(text.removingPercentEncoding ?? text, call))
        case .dataURI:
            let content = Data(try call.text(0).utf8).base64EncodedString()
            return try call.made("data:text/plain;charset=utf8;base64,\(content)")
        case .dataURIToString: return try call.made(try dataURIContent(try call.text(0), call))
        case .uri: return try resolve(call)
        case .buildURI: return try build(call)
        case .parseURI: return try take(apart: try call.text(0), call)
        default: throw call.isOfAnotherGroup
        }
    }

    private static func decoded(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> String {
        guard let data = Data(base64Encoded: text), let content = String(data: data, encoding: .utf8) else {
            throw call.fail("is given a text that is not Base64 of UTF-8")
        }
        return try withoutNull(content, call)
    }

    /// U+0000 has no place in a document, nor in the database.
    private static func withoutNull(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> String {
        guard !text.utf8.contains(0) else { throw call.fail("would make a text with the character U+0000") }
        return text
    }

    /// All but unreserved characters (RFC 3986 §2.3) as escapes in upper case.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `data:[type][;parameter]…[;base64],content` (RFC 2397).
    private static func dataURIContent(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> String {
        guard text.lowercased().hasPrefix("data:"), let comma = text.firstIndex(of: ",") else {
            throw call.fail("is given a text that is no data URI")
        }
        let content = String(text[text.index(after: comma)...])
        guard text[..<comma].lowercased().hasSuffix(";base64") else {
            return try withoutNull(content.removingPercentEncoding ?? content, call)
        }
        return try decoded(content, call)
    }

    /// RFC 3986 §5.2.
    private static func resolve(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let (base, relative) = (try call.text(0), try call.text(1))
        guard let url = URL(string: base), url.scheme != nil, url.host != nil else {
            throw call.fail("needs an absolute URI to begin with, not '\(base.prefix(100))'")
        }
        guard !relative.isEmpty else { return try call.made(url.absoluteString) }
        let escaped = relative.replacingOccurrences(of: " ", with: "%20")
        guard let resolved = URL(string: escaped, relativeTo: url) else {
            throw call.fail("can't resolve '\(relative.prefix(100))'")
        }
        return try call.made(resolved.absoluteString)
    }

    private static func build(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let parts = try call.object(0)
        var components = URLComponents()
        components.scheme = parts["scheme"]?.text
        components.host = parts["host"]?.text
        components.port = parts["port"]?.number.map { Int(clamping: $0) }
        if let path = parts["path"]?.text { components.path = path.hasPrefix("/") ? path : "/\(path)" }
        if let query = parts["query"]?.text {
            components.query = query.hasPrefix("?") ? String(query.dropFirst()) : query
        }
        guard components.scheme != nil, components.host != nil, let text = components.string else {
            throw call.fail("needs an object with at least scheme and host")
        }
        return try call.made(text)
    }

    private static func take(apart text: String, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        guard let components = URLComponents(string: text), let scheme = components.scheme, let host = components.host
        else { throw call.fail("needs an absolute URI, not '\(text.prefix(100))'") }
        return try call.made([
            ("scheme", .string(scheme)), ("host", .string(host)),
            ("port", components.port.map { .integer(Int64($0)) } ?? .null),
            ("path", .string(components.path)),
            ("query", components.percentEncodedQuery.map { .string("?\($0)") } ?? .null),
        ])
    }
}
