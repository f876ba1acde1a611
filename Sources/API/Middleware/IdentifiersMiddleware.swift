import HTTPTypes
import Hummingbird
import Logging

/// Gives every call its ids, and every response the headers that carry them and the pace that the client reads.
/// Outermost of all.
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
        if readsSecondsFirst(request), response.headers[.retryAfterMilliseconds] != nil {
            response.headers[.retryAfter] = nil
        }
        return response
    }

    /// azure-core for Python prefers `Retry-After`, whole seconds, to the milliseconds beside it: an operation of 20 ms
    /// would take its users a second.
    private func readsSecondsFirst(_ request: Request) -> Bool {
        request.headers[.userAgent]?.contains("azsdk-python") ?? false
    }

    private func baseURL(of request: Request) -> String {
        if trustsForwardedHeaders, let host = request.headers[.forwardedHost] {
            return "\(request.headers[.forwardedProtocol] ?? scheme)://\(host)"
        }
        return "\(scheme)://\(request.head.authority ?? "localhost")"
    }
}
