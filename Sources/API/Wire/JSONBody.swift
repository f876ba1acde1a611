import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Resources

/// A value that is answered as JSON; dates as ISO 8601 with fractions of seconds in UTC.
struct JSONBody<Value: Encodable> {
    /// How members are named: as the type has them, or as OAuth spells its own.
    enum Names {
        case asWritten
        case snakeCase
    }

    let value: Value
    let names: Names

    init(_ value: Value, names: Names = .asWritten) {
        (self.value, self.names) = (value, names)
    }

    func response(status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()) throws -> Response {
        Response(json: ByteBuffer(bytes: try encoded()), status: status, headers: headers)
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
        self.init(json: ByteBuffer(bytes: JSONWriter.bytes(of: document)), status: status, headers: headers)
    }

    fileprivate init(json: ByteBuffer, status: HTTPResponse.Status, headers: HTTPFields) {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: json))
    }
}
