import Hummingbird
import Resources

/// Reads `api-version` on every path that needs a token, and refuses versions that the provider does not have.
struct APIVersionMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard AuthenticationMiddleware.needsToken(request.uri.path) else { return try await next(request, context) }
        var context = context
        context.apiVersion = try Self.version(of: request)
        return try await next(request, context)
    }

    private static func version(of request: Request) throws(ARMError) -> APIVersion {
        guard let text = request.query("api-version"), !text.isEmpty else {
            throw ARMError(
                .missingApiVersionParameter,
                "The api-version query parameter (?api-version=) is required for all requests.")
        }
        let isMachineLearning = isMachineLearning(request.uri.path.lowercased())
        let known = isMachineLearning ? APIVersion.machineLearning : APIVersion.resources
        if let version = APIVersion(text), known.contains(version) { return version }
        // Clients ask for resource groups with any version that their provider ever had: the shape did not change.
        if !isMachineLearning, let version = APIVersion(text) { return version }
        let list = known.map(\.description).joined(separator: ", ")
        throw ARMError(
            .invalidApiVersionParameter,
            "The api-version '\(text.prefix(64))' is invalid. The supported versions are '\(list)'.")
    }

    /// A path whose last provider is machine learning's; the provider itself is one of Azure's own resources.
    private static func isMachineLearning(_ path: String) -> Bool {
        guard let provider = path.ranges(of: "/providers/").last else { return false }
        let parts = path[provider.upperBound...].split(separator: "/")
        return parts.first == "microsoft.machinelearningservices" && parts.count > 1
            && !["register", "resourcetypes"].contains(parts[1])
    }
}
