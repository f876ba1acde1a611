import Foundation
package import Hummingbird
package import Logging
package import Resources

/// What the middleware has found out about a request.
package struct APIRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Carries the ids of the call.
    package var logger: Logger
    /// Ids of this call, for the response and the log.
    package var identifiers: RequestIdentifiers
    /// The names in the path, by the words of the route's template for them. Decoded.
    package var names: [String: String]
    /// Set for every route but those for everybody.
    package var authenticatedCaller: Caller?
    /// Set for every route that takes an `api-version`.
    package var apiVersion: APIVersion
    /// `https://host:port`, as the caller reached us.
    package var baseURL: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        logger = source.logger
        identifiers = RequestIdentifiers()
        names = [:]
        apiVersion = .reference
        baseURL = ""
    }

    /// The caller; a route without authentication that asks for one is our mistake.
    package var caller: Caller {
        get throws(ARMError) {
            guard let authenticatedCaller else {
                throw ARMError(.authenticationFailed, "The call carries no access token.")
            }
            return authenticatedCaller
        }
    }

    /// A name in the path; its absence is our mistake.
    func parameter(_ name: String) throws(ARMError) -> String {
        guard let value = names[name] else {
            throw ARMError(.internalServerError, "The path has no part '\(name)'.")
        }
        return value
    }
}
