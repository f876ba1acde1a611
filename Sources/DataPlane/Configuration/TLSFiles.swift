import CDispatch
import Foundation

/// Where a server's certificate and its key are.
package struct TLSFiles: Sendable, Equatable {
    package var certificate: String
    package var key: String

    func load() throws(ConfigurationFault) -> TLSContext {
        do {
            return try TLSContext(certificate: certificate, key: key)
        } catch {
            throw ConfigurationFault(key: "tls.certificate", "cannot be used: \(error)")
        }
    }

    /// Changes whenever one of the files is written or replaced.
    var stamp: [FileIdentity?] { [FileIdentity(path: certificate), FileIdentity(path: key)] }
}
