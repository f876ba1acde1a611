import Hummingbird
import Resources

/// Refuses query parameters that are no text: what they hold is compared with texts of the database.
struct QueryTextMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        for part in request.uri.query?.split(separator: "&") ?? [] {
            guard let text = PercentEncoding.decode(part.utf8), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw ARMError(
                    .invalidRequestContent,
                    "The query parameter '\(part.prefix { $0 != "=" }.prefix(40))' is not UTF-8, or holds control "
                        + "characters.")
            }
        }
        return try await next(request, context)
    }
}
