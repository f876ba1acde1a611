import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Lets a call on only if a role of its caller allows it; decided by the path alone, before anything is looked up.
struct AuthorizationMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    let access: AccessService

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let caller = context.authenticatedCaller,
            let action = RequestedAction(method: request.method.rawValue, path: request.uri.path)
        {
            try await access.check(caller, action)
        }
        return try await next(request, context)
    }
}
