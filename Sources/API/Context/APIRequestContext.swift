package import ControlPlane
import Foundation
package import Hummingbird
package import Logging
package import Resources

/// What the middleware has found out about a request.
package struct APIRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Carries the ids of the call.
    package var logger: Logger
    /// Ids of this call, for the answer and the log.
    package var identifiers: RequestIdentifiers
    /// Set for every path that needs a token.
    package var authenticatedCaller: Caller?
    /// Set for every path that needs an `api-version`.
    package var apiVersion: APIVersion
    /// `https://host:port`, as the caller reached us.
    package var baseURL: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        logger = source.logger
        identifiers = RequestIdentifiers()
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

    /// A path parameter; its absence is our mistake.
    func parameter(_ name: String) throws(ARMError) -> String {
        guard let value = parameters.get(name) else {
            throw ARMError(.internalServerError, "The path has no part '\(name)'.")
        }
        guard let decoded = value.removingPercentEncoding, decoded.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ARMError(.invalidResourceName, "A part of the path holds characters that no name has.", target: name)
        }
        return decoded
    }

    /// The workspace that the path names.
    func workspaceID() throws(ARMError) -> ResourceID {
        .workspace(
            subscription: try parameter("subscription"), resourceGroup: try parameter("resourceGroup"),
            name: try parameter("workspace"))
    }

    /// The online endpoint that the path names.
    func endpointID() throws(ARMError) -> ResourceID {
        try workspaceID().child("onlineEndpoints", try parameter("endpoint"))
    }
}
