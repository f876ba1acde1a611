import Foundation
import Identity
import Logging
import NIOSSL

/// The certificate that the API shows: the user's own, or one of the local authority, made on the first start and anew in
/// good time.
enum ServerCertificates {
    /// A certificate is made anew when it has less than this left.
    private static let renewalMargin: TimeInterval = 30 * 86_400

    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// What a server shows of itself.
    struct Identity: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
    }

    /// Makes the files that are missing or about to end, where they are ours to make.
    static func ensure(_ configuration: ServerConfiguration, logger: Logger) throws {
        let (certificateFile, keyFile) = files(configuration)
        guard configuration.certificateFile == nil else {
            return try writeBundle(configuration.data, authority: nil)
        }
        let hosts = hosts(configuration)
        let hostsFile = configuration.data.certificates.appending(path: "server-hosts.txt")
        // An unreadable file is one that has to be made.
        let existing = try? String(contentsOf: certificateFile, encoding: .utf8)
        let recorded = try? String(contentsOf: hostsFile, encoding: .utf8)
        let expiry = existing.flatMap { CertificateAuthority.expiry(ofPEM: $0) }
        let authority = try loadAuthority(configuration.data, logger: logger)
        try writeBundle(configuration.data, authority: authority)
        let isCurrent = (expiry ?? .distantPast).timeIntervalSinceNow > renewalMargin
        if !isCurrent || recorded != hosts.joined(separator: "\n") {
            let issued = try authority.issue(hosts: hosts)
            try DataDirectory.writeSecret(Data(issued.privateKeyPEM.utf8), to: keyFile)
            try Data((issued.certificatePEM + authority.certificatePEM).utf8).write(
                to: certificateFile, options: .atomic)
            try Data(hosts.joined(separator: "\n").utf8).write(to: hostsFile, options: .atomic)
            logger.info("server certificate made", metadata: ["tls.hosts": "\(hosts.joined(separator: ","))"])
        }
    }

    /// Where the certificate and its key are; ``ensure(_:logger:)`` makes them where they are ours to make.
    static func files(_ configuration: ServerConfiguration) -> (certificate: URL, key: URL) {
        if let certificate = configuration.certificateFile, let key = configuration.keyFile {
            return (URL(filePath: certificate), URL(filePath: key))
        }
        let directory = configuration.data.serverCertificate
        return (directory.appending(path: "server.pem"), directory.appending(path: "server-key.pem"))
    }

    /// One file for clients that take no second authority: `REQUESTS_CA_BUNDLE` replaces the system's own.
    private static func writeBundle(_ data: DataDirectory, authority: CertificateAuthority?) throws {
        // A system without that file has no authorities of its own to offer.
        let system = try? String(contentsOfFile: systemAuthorities, encoding: .utf8)
        let bundle = (authority?.certificatePEM ?? "") + (system ?? "")
        try Data(bundle.utf8).write(to: data.authorityBundle, options: .atomic)
    }

    private static func scoringHosts(_ configuration: ServerConfiguration) -> [String] {
        let address = configuration.scoringPublicAddress ?? configuration.scoring
        // Endpoints of other regions need a certificate of the operator's own.
        let wildcard = configuration.scoringDomain.map { "*.\(configuration.bootstrapLocation).\($0)" }
        return (["0.0.0.0", "::"].contains(address.host) ? [] : [address.host]) + (wildcard.map { [$0] } ?? [])
    }

    private static func hosts(_ configuration: ServerConfiguration) -> [String] {
        var hosts = ["localhost", "127.0.0.1", "::1", ProcessInfo.processInfo.hostName]
        if !["0.0.0.0", "::"].contains(configuration.https.host) { hosts.append(configuration.https.host) }
        if let address = configuration.httpsPublicAddress { hosts.append(address.host) }
        hosts += configuration.httpsHosts
        if configuration.scoringUsesTLS { hosts += scoringHosts(configuration) }
        var seen: Set<String> = []
        return hosts.filter { seen.insert($0.lowercased()).inserted }
    }

    /// `https://host:port` of every name that the certificate of the API is made for, on every port that it is reached
    /// by; and of the loopback listener.
    static func apiAddresses(_ configuration: ServerConfiguration) -> [String] {
        let ports = [configuration.https.port, configuration.httpsPublicAddress?.port ?? configuration.https.port, 443]
        func address(_ scheme: String, _ host: String, _ port: Int) -> String {
            "\(scheme)://\(SocketAddressText(host: host, port: port))"
        }
        var found: [String] = []
        for host in hosts(configuration) {
            for port in ports {
                found.append(address("https", host, port))
                if port == 443 { found.append("https://\(host.contains(":") ? "[\(host)]" : host)") }
            }
        }
        if let http = configuration.http {
            found += ["localhost", "127.0.0.1", "::1", http.host].map { address("http", $0, http.port) }
        }
        return Array(Set(found)).sorted()
    }

    private static func loadAuthority(_ data: DataDirectory, logger: Logger) throws -> CertificateAuthority {
        let keyFile = data.certificates.appending(path: "ca-key.pem")
        // Without both files there is no authority yet.
        if let certificate = try? String(contentsOf: data.authorityCertificate, encoding: .utf8),
            let key = try? String(contentsOf: keyFile, encoding: .utf8)
        {
            return CertificateAuthority(certificatePEM: certificate, privateKeyPEM: key)
        }
        let authority = try CertificateAuthority.create(name: "Sluice local CA")
        try DataDirectory.writeSecret(Data(authority.privateKeyPEM.utf8), to: keyFile)
        try Data(authority.certificatePEM.utf8).write(to: data.authorityCertificate, options: .atomic)
        logger.info("local certificate authority made", metadata: ["tls.ca": "\(data.authorityCertificate.path)"])
        return authority
    }

    static func read(_ configuration: ServerConfiguration) throws -> Identity {
        let (certificate, key) = files(configuration)
        return Identity(
            chain: try NIOSSLCertificate.fromPEMFile(certificate.path).map { NIOSSLCertificateSource.certificate($0) },
            key: .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem)))
    }
}
