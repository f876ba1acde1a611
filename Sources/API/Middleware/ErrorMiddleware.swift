import ControlPlane
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Resources

/// Turns every error into ARM's error body.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await answer(request, context: context, next: next)
        // A body after the head of a response to HEAD would be taken for the next response.
        if request.method == .head { response.body = ResponseBody() }
        return response
    }

    @concurrent private func answer(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as ARMError {
            return try Self.response(error, context)
        } catch  where Outage.explains(error) {
            context.logger.warning("the database is not available", metadata: ["error": "\(error)"])
            let answer = ARMError(.serviceUnavailable, "The service can't reach its database right now; try again.")
            return try Self.response(answer, context)
        } catch let error as HTTPError where error.status == .notFound {
            let answer = ARMError(.pathNotFound, "No resource is served at '\(request.uri.path.prefix(500))'.")
            return try Self.response(answer, context)
        } catch is NIOTooManyBytesError {
            return try Self.response(ARMError(.requestTooLarge, "The request body is too large."), context)
        } catch let error as any HTTPResponseError {
            return try error.response(from: request, context: context)
        } catch {
            context.logger.error("a request failed unexpectedly", metadata: ["error": "\(error)"])
            let answer = ARMError(
                .internalServerError, "The request failed. Correlation id: \(context.identifiers.correlationID).")
            return try Self.response(answer, context)
        }
    }

    private static func response(_ error: ARMError, _ context: Context) throws -> Response {
        var headers = HTTPFields()
        switch error.code {
        case .authenticationFailed, .expiredAuthenticationToken:
            headers[.wwwAuthenticate] = "Bearer authorization_uri=\"\(context.baseURL)/\", error=\"invalid_token\""
        case .serviceUnavailable: headers[.retryAfter] = "1"
        case .tooManyRequests: headers[.retryAfter] = "1"
        default: break
        }
        var body = Document()
        try body.set("error", encoding: error)
        return Response(body.value, status: error.code.httpStatus, headers: headers)
    }
}

extension ARMErrorCode {
    /// The HTTP status of an error that responds to a request.
    var httpStatus: HTTPResponse.Status { HTTPResponse.Status(code: status.code) }
}
