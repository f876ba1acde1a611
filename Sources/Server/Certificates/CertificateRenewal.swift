import Foundation
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Shows the certificate that is in force now: one that the user replaced, or that was made anew, counts from the next
/// connection on.
final class CertificateRenewal: Service {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let shown: Mutex<ServerCertificates.Identity>

    private static let lookInterval = Duration.seconds(1)
    /// How often our own certificate is looked at for its end.
    private static let ensureInterval: TimeInterval = 3_600

    init(_ configuration: ServerConfiguration, logger: Logger) throws {
        (self.configuration, self.logger) = (configuration, logger)
        try ServerCertificates.ensure(configuration, logger: logger)
        shown = Mutex(try ServerCertificates.read(configuration))
    }

    /// For the API's listener.
    var tls: TLSConfiguration {
        let first = shown.withLock { $0 }
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: first.chain, privateKey: first.key)
        tls.minimumTLSVersion = .tlsv12
        tls.sslContextCallback = { [weak self] _, promise in
            var present = NIOSSLContextConfigurationOverride()
            if let identity = self?.shown.withLock({ $0 }) {
                present.certificateChain = identity.chain
                present.privateKey = identity.key
            }
            promise.succeed(present)
        }
        return tls
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.watch() }
    }

    private func watch() async {
        var stamp = stamp()
        var ensuredAt = Date()
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.lookInterval)  // only cancellation throws, and the loop sees it
            do {
                if Date().timeIntervalSince(ensuredAt) > Self.ensureInterval {
                    ensuredAt = Date()
                    try ServerCertificates.ensure(configuration, logger: logger)
                }
                let present = self.stamp()
                guard present != stamp else { continue }
                let identity = try ServerCertificates.read(configuration)
                shown.withLock { $0 = identity }
                stamp = present
                logger.info("certificate renewed")
            } catch {
                // One of the two files may still be the old one: looked at again in a second.
                logger.warning("the new certificate is not used", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Changes whenever one of the files is written or replaced; an absent file has no time.
    private func stamp() -> [Date?] {
        let (certificate, key) = ServerCertificates.files(configuration)
        return [certificate, key].map {
            try? FileManager.default.attributesOfItem(atPath: $0.path)[.modificationDate] as? Date
        }
    }
}
