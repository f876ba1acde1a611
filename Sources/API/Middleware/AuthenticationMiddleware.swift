import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Asks for an access token on every path below `/subscriptions`, `/providers` and `/tenants`, before anything is
/// looked up.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    let signIn: SignInService

    /// Audiences beside our own URL that clients ask tokens for.
    static let knownAudiences = [
        "https://management.azure.com", "https://management.core.windows.net", "https://ml.azure.com",
    ]

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.needsToken(request.uri.path) else { return try await next(request, context) }
        let scheme = "bearer "
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix(scheme) else {
            throw ARMError(
                .authenticationFailed, "The call needs an Authorization header with a Bearer token.")
        }
        var context = context
        context.authenticatedCaller = try signIn.authenticate(
            bearer: header.dropFirst(scheme.count).trimmingPrefix { $0 == " " }.description,
            audiences: [context.baseURL] + Self.knownAudiences, correlationID: context.identifiers.correlationID)
        return try await next(request, context)
    }

    static func needsToken(_ path: String) -> Bool {
        let first = path.split(separator: "/", maxSplits: 1).first?.lowercased()
        return ["subscriptions", "providers", "tenants"].contains(first)
    }
}
