import Foundation
package import Logging
package import Resources

/// What an owner wants to find later: who was refused what, and who was shown a secret. Written to the log.
package struct AuditLog: Sendable {
    private let logger: Logger

    /// - Parameter logger: carries the ids of the call.
    package init(_ logger: Logger) {
        self.logger = logger
    }

    package func refused(_ right: Right, _ caller: Caller) {
        logger.notice("a call was refused", metadata: Self.metadata(right, caller))
    }

    package func showedSecret(_ right: Right, _ caller: Caller) {
        logger.notice("a secret was shown", metadata: Self.metadata(right, caller))
    }

    private static func metadata(_ right: Right, _ caller: Caller) -> Logger.Metadata {
        [
            "audit.caller": "\(caller.objectID.uuidString.lowercased())", "audit.action": "\(right.action)",
            "audit.scope": "\(right.scope)",
        ]
    }
}
