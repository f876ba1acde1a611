import Foundation
import Logging

extension Router {
    /// Looks for another certificate once a second. Connections that are there go on with the one that they have.
    func renewCertificates() async {
        guard let files = configuration.tls else { return }
        var served = files.stamp
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            let present = files.stamp
            guard present != served else { continue }
            do {
                let renewed = try files.load()
                for mailbox in shared.mailboxes { mailbox.post(renewed) }
                logger.info("certificate renewed", metadata: ["tls.certificate": "\(files.certificate)"])
                served = present
            } catch {
                // One of the two may still be the old one: looked at again in a second.
                logger.warning("the new certificate is not used", metadata: ["error": "\(error)"])
            }
        }
    }
}
