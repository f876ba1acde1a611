import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Responses of the control address.
enum ControlAnswer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return body(ByteBuffer(bytes: try encoder.encode(value)), type: "application/json", status: status)
    }

    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        body(ByteBuffer(string: text), type: type, status: status)
    }

    /// `{"error":{"code":…,"message":…}}`.
    static func error(_ status: HTTPResponse.Status, code: String, _ message: String) -> Response {
        struct Body: Encodable {
            struct Detail: Encodable {
                var code: String
                var message: String
            }
            var error: Detail
        }
        do {
            return try json(Body(error: .init(code: code, message: message)), status: status)
        } catch {
            return text(message, type: "text/plain", status: status)
        }
    }

    private static func body(_ buffer: ByteBuffer, type: String, status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: buffer))
    }
}

/// Gives errors that Hummingbird raises, such as an unknown path, the shape of all others.
struct ControlErrors: RouterMiddleware {
    @concurrent
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            return ControlAnswer.error(error.status, code: "RequestFailed", error.status.reasonPhrase)
        }
    }
}

/// Lets through what carries the control token.
struct ControlToken: RouterMiddleware {
    private let digest: Digest

    init(token: String) {
        digest = Digest(of: "Bearer \(token)")
    }

    @concurrent
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let presented = Digest(of: request.headers[.authorization] ?? "")
        guard presented.isEqualInConstantTime(to: digest) else {
            return ControlAnswer.error(.unauthorized, code: "Unauthorized", "the control token is missing or wrong")
        }
        return try await next(request, context)
    }
}
