import COpenSSL
package import Foundation

/// A certificate and its private key, both PEM. The key is a secret.
package struct IssuedCertificate: Sendable {
    package var certificatePEM: String
    package var privateKeyPEM: String
}

/// The local certificate authority that an installation makes on its first start (ECDSA P-256, X.509 v3).
package struct CertificateAuthority: Sendable {
    package let certificatePEM: String
    package let privateKeyPEM: String

    /// Days that an authority and a server certificate are valid.
    private static let authorityDays = 3_650
    private static let serverDays = 397

    package init(certificatePEM: String, privateKeyPEM: String) {
        (self.certificatePEM, self.privateKeyPEM) = (certificatePEM, privateKeyPEM)
    }

    /// Makes a new authority.
    package static func create(name: String) throws(IdentityError) -> CertificateAuthority {
        guard let key = PrivateKey.ellipticCurve() else {
            throw .fromOpenSSL(.keyGenerationFailed, "making the authority's key")
        }
        let certificate = try Certificate(subject: name, days: authorityDays, publicKey: key)
        try certificate.setIssuer(certificate)
        try certificate.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        try certificate.add(NID_key_usage, "critical,keyCertSign,cRLSign")
        try certificate.add(NID_subject_key_identifier, "hash")
        try certificate.sign(with: key)
        return CertificateAuthority(certificatePEM: try certificate.pem(), privateKeyPEM: try key.privatePEM())
    }

    /// Issues a server certificate for host names and IP addresses.
    package func issue(hosts: [String]) throws(IdentityError) -> IssuedCertificate {
        guard let key = PrivateKey.ellipticCurve() else {
            throw .fromOpenSSL(.keyGenerationFailed, "making a server key")
        }
        let issuer = try Certificate(pem: certificatePEM)
        let certificate = try Certificate(subject: hosts.first ?? "sluice", days: Self.serverDays, publicKey: key)
        try certificate.setIssuer(issuer)
        try certificate.add(NID_basic_constraints, "critical,CA:FALSE")
        try certificate.add(NID_key_usage, "critical,digitalSignature")
        try certificate.add(NID_ext_key_usage, "serverAuth")
        try certificate.add(NID_subject_key_identifier, "hash")
        try certificate.add(NID_authority_key_identifier, "keyid")
        let names = hosts.map { Self.isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
        try certificate.add(NID_subject_alt_name, names.joined(separator: ","))
        try certificate.sign(with: try PrivateKey(pem: privateKeyPEM))
        return IssuedCertificate(certificatePEM: try certificate.pem(), privateKeyPEM: try key.privatePEM())
    }

    /// When a certificate stops to be valid; nil when the text is none.
    package static func expiry(ofPEM pem: String) -> Date? {
        guard let certificate = try? Certificate(pem: pem) else { return nil }  // not a certificate, no expiry
        return certificate.expiry
    }

    private static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
}
