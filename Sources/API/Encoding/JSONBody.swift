import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Resources

/// A body that is answered as JSON; dates as ISO 8601 with fractions of seconds in UTC.
struct JSONBody<Value: Encodable> {
    /// How members are named: as the type has them, or as OAuth spells its own.
    enum Names {
        case asWritten
        case snakeCase
    }

    let value: Value
    let names: Names

    init(_ value: Value, names: Names = .asWritten) {
        self.value = value
        self.names = names
    }

    func response(status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()) throws -> Response {
        Response(json: try encoded(), status: status, headers: headers)
    }

    /// The body as a document.
    func document() throws -> JSONValue {
        try JSONParser.parse(try encoded(), as: .template)
    }

    private func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if names == .snakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(WireDate.text(date))
        }
        return try encoder.encode(value)
    }
}

extension Response {
    /// A document whose members keep their order.
    init(_ document: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()) {
        self.init(json: Data(JSONWriter.text(of: document).utf8), status: status, headers: headers)
    }

    fileprivate init(json: Data, status: HTTPResponse.Status, headers: HTTPFields) {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

/// Times on the wire: `2026-01-31T12:00:00.123456Z`.
enum WireDate {
    static func text(_ date: Date) -> String { date.digits(separator: "T", zone: "Z") }
}

/// A field that is written as null when it has no value, for members that clients expect to be there.
struct Nullable<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
