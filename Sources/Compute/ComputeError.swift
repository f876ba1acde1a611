/// Why a replica can't be run: a code for the caller to switch over, a message for the owner of the deployment,
/// and the log lines that show the cause.
package struct ComputeError: Error, Sendable, Equatable {
    package enum Code: String, Sendable {
        /// This backend can never run such a specification.
        case unsupported
        /// The environment could not be built; `log` holds the installer's words.
        case environmentBuildFailed
        /// Code or model files are missing or unreadable.
        case artifactMissing
        /// The scoring script raised while it was imported or in `init()`; `log` holds the traceback.
        case startFailed
        /// The host lacks memory, disk, ports or processes; worth another try.
        case exhausted
    }

    package var code: Code
    package var message: String
    /// Last lines of the log that shows the cause; may be empty.
    package var log: String

    package init(_ code: Code, _ message: String, log: String = "") {
        (self.code, self.message, self.log) = (code, message, log)
    }

    /// Whether the same call may succeed later without a change of the specification.
    package var isWorthRetrying: Bool {
        switch code {
        case .exhausted: true
        case .unsupported, .environmentBuildFailed, .artifactMissing, .startFailed: false
        }
    }
}
