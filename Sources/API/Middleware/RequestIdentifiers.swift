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

/// Gives every call its ids, and every answer the headers that carry them. Outermost of all.
struct IdentifiersMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    /// `https` or `http`: how this listener is reached.
    let scheme: String
    /// Whether `x-forwarded-host` and `-proto` are believed.
    let trustsForwardedHeaders: Bool

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var context = context
        let identifiers = RequestIdentifiers(request.headers)
        context.identifiers = identifiers
        context.baseURL = baseURL(of: request)
        context.logger[metadataKey: "request.id"] = "\(identifiers.requestID)"
        context.logger[metadataKey: "correlation.id"] = "\(identifiers.correlationID)"
        var response = try await next(request, context)
        if response.headers[.requestID] == nil { response.headers[.requestID] = identifiers.requestID }
        response.headers[.correlationRequestID] = identifiers.correlationID
        if let id = identifiers.clientRequestID { response.headers[.clientRequestID] = id }
        return response
    }

    private func baseURL(of request: Request) -> String {
        if trustsForwardedHeaders, let host = request.headers[.forwardedHost] {
            return "\(request.headers[.forwardedProtocol] ?? scheme)://\(host)"
        }
        return "\(scheme)://\(request.head.authority ?? "localhost")"
    }
}
