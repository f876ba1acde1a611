import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Ids of one call: ours, and those that the caller brought.
package struct RequestIdentifiers: Sendable {
    package var requestID: String
    package var correlationID: String
    /// Returned only when the caller asks for it.
    package var clientRequestID: String?

    package init() {
        requestID = UUID().uuidString.lowercased()
        correlationID = requestID
    }

    init(_ fields: HTTPFields) {
        self.init()
        correlationID = Self.bounded(fields[.correlationRequestID]) ?? requestID
        if fields[.returnClientRequestID]?.lowercased() == "true" {
            clientRequestID = Self.bounded(fields[.clientRequestID])
        }
    }

    /// Ids come from outside: short and printable, or not at all.
    private static func bounded(_ text: String?) -> String? {
        guard let text, (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        return text
    }
}

extension HTTPField.Name {
    static let requestID = constant("x-ms-request-id")
    static let correlationRequestID = constant("x-ms-correlation-request-id")
    static let clientRequestID = constant("x-ms-client-request-id")
    static let returnClientRequestID = constant("x-ms-return-client-request-id")
    static let asyncOperation = constant("Azure-AsyncOperation")
    static let asyncOperationTimeout = constant("x-ms-async-operation-timeout")
    static let retryAfterMilliseconds = constant("retry-after-ms")
    static let microsoftRetryAfterMilliseconds = constant("x-ms-retry-after-ms")
    static let forwardedHost = constant("x-forwarded-host")
    static let forwardedProtocol = constant("x-forwarded-proto")

    /// Names that are written here, in letters and hyphens.
    private static func constant(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
        return name
    }
}
