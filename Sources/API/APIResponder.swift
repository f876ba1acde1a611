import Artifacts
import ControlPlane
import HTTPTypes
package import Hummingbird
import Resources

/// The API of one listener: blobs, and the routes of the table behind what all of them share.
///
/// A request is taken apart once, in this order: its path, the route, the caller, the api-version, the caller's right.
/// Nothing is looked up before, and nothing reaches a handler without.
package struct APIResponder: HTTPResponder {
    package typealias Context = APIRequestContext

    package let table: RouteTable
    private let access: AccessService
    private let signIn: SignInService
    private let storage: BlobRoutes?
    private let site: SiteSettings
    private let identifiers: IdentifiersMiddleware
    private let errors = ErrorMiddleware()

    init(
        _ table: RouteTable, access: AccessService, signIn: SignInService, site: SiteSettings, storage: BlobRoutes?
    ) {
        (self.table, self.access, self.signIn) = (table, access, signIn)
        (self.site, self.storage) = (site, storage)
        identifiers = IdentifiersMiddleware(
            scheme: site.scheme, trustsForwardedHeaders: site.trustsForwardedHeaders)
    }

    @concurrent package func respond(to request: Request, context: APIRequestContext) async throws -> Response {
        // The blob protocol has its own errors, versions and ways to sign in.
        if let storage, storage.isResponsible(for: request) {
            return await storage.respond(to: request, origin: StorageOrigin(isSecure: site.scheme == "https"))
        }
        return try await identifiers.handle(request, context: context) { request, context in
            try await errors.handle(request, context: context) { request, context in
                try await dispatch(request, context)
            }
        }
    }

    @concurrent private func dispatch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        var context = context
        let (path, match) = find(request)
        if let match, match.route.access == .anyone {
            try QueryText.check(request)
            context.names = match.names
            return try await match.route.handler(request, context)
        }
        // What is no public route needs a caller, be it served or not.
        let caller = try await authenticate(request, context)
        try QueryText.check(request)
        _ = try path.get()
        guard let match else {
            throw ARMError(.pathNotFound, "No resource is served at '\(request.uri.path.prefix(500))'.")
        }
        context.names = match.names
        context.authenticatedCaller = caller
        if let versions = match.route.versions { context.apiVersion = try versions.version(of: request) }
        if let right = match.route.right(match.names) {
            do {
                try await access.check(caller, right)
            } catch let error as ARMError where error.code == .authorizationFailed {
                AuditLog(context.logger).refused(right, caller)
                throw error
            }
        }
        var response = try await match.route.handler(request, context)
        if request.method == .head, response.status == .ok {
            // HEAD asks whether a resource is there: 204, as Azure Resource Manager answers for every type.
            response.status = .noContent
            response.headers[.contentLength] = nil
        }
        return response
    }

    private func find(_ request: Request) -> (path: Result<RequestPath, ARMError>, match: RouteTable.Match?) {
        do throws(ARMError) {
            let path = try RequestPath(request.uri.path)
            return (.success(path), table.match(request.method, path))
        } catch {
            return (.failure(error), nil)
        }
    }

    private func authenticate(_ request: Request, _ context: APIRequestContext) async throws -> Caller {
        let scheme = "bearer "
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix(scheme) else {
            throw ARMError(.authenticationFailed, "The call needs an Authorization header with a Bearer token.")
        }
        let token = header.dropFirst(scheme.count).drop { $0 == " " }
        return try await signIn.authenticate(
            bearer: String(token), for: .management, correlationID: context.identifiers.correlationID)
    }
}

extension APIResponder: HTTPResponderBuilder {
    package func buildResponder() -> APIResponder { self }
}

/// Query parameters are text: what they hold is compared with texts of the database.
enum QueryText {
    static func check(_ request: Request) throws(ARMError) {
        for part in request.uri.query?.split(separator: "&") ?? [] {
            guard let text = PercentEncoding.decode(part.utf8), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw ARMError(
                    .invalidRequestContent,
                    "The query parameter '\(part.prefix { $0 != "=" }.prefix(40))' is not UTF-8, or holds control "
                        + "characters.")
            }
        }
    }
}
