import HTTPTypes
import Hummingbird

/// HEAD asks whether a resource is there: 204, as Azure Resource Manager answers for every type.
struct ExistenceMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if request.method == .head, response.status == .ok, context.parameters.get("subscription") != nil {
            response.status = .noContent
            response.headers[.contentLength] = nil
        }
        return response
    }
}
