import COpenSSL
import Foundation

/// Owner of one X.509 certificate.
final class Certificate {
    private let pointer: OpaquePointer
    /// Borrowed while extensions are added, which refer to the issuer's key.
    private var issuer: Certificate?

    /// A new version 3 certificate, valid from an hour ago, with a random serial number.
    init(subject: String, days: Int, publicKey: PrivateKey) throws(IdentityError) {
        guard let pointer = X509_new() else { throw .fromOpenSSL(.certificateFailed, "making a certificate") }
        self.pointer = pointer
        var serial = Array(try Digests.random(count: 16))
        serial[0] &= 0x7F  // a serial number is positive
        let number = BN_bin2bn(serial, Int32(serial.count), nil)
        defer { BN_free(number) }
        let name = X509_get_subject_name(pointer)
        let text = Array(subject.utf8.prefix(64))
        let isMade =
            X509_set_version(pointer, 2) == 1
            && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil
            && X509_gmtime_adj(X509_getm_notBefore(pointer), -3_600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(pointer), days * 86_400) != nil
            && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
            && X509_set_pubkey(pointer, publicKey.pointer) == 1
        guard isMade else { throw .fromOpenSSL(.certificateFailed, "filling a certificate") }
    }

    init(pem: String) throws(IdentityError) {
        guard let pointer = PrivateKey.read(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) else {
            throw .fromOpenSSL(.certificateFailed, "reading a certificate")
        }
        self.pointer = pointer
    }

    deinit {
        X509_free(pointer)
    }

    var expiry: Date? {
        var parts = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(pointer), &parts) == 1 else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }

    func setIssuer(_ issuer: Certificate) throws(IdentityError) {
        guard X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer)) == 1 else {
            throw .fromOpenSSL(.certificateFailed, "naming the issuer")
        }
        if issuer !== self { self.issuer = issuer }
    }

    /// Adds an extension in OpenSSL's text form.
    func add(_ extensionID: Int32, _ value: String) throws(IdentityError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer?.pointer ?? pointer, pointer, nil, nil, 0)
        guard let made = X509V3_EXT_conf_nid(nil, &context, extensionID, value) else {
            throw .fromOpenSSL(.certificateFailed, "making the extension \(value)")
        }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(pointer, made, -1) == 1 else {
            throw .fromOpenSSL(.certificateFailed, "adding the extension \(value)")
        }
    }

    func sign(with key: PrivateKey) throws(IdentityError) {
        guard X509_sign(pointer, key.pointer, EVP_sha256()) > 0 else {
            throw .fromOpenSSL(.certificateFailed, "signing a certificate")
        }
    }

    func pem() throws(IdentityError) -> String {
        try PrivateKey.text { PEM_write_bio_X509($0, self.pointer) == 1 }
    }
}
