import COpenSSL
import Foundation

/// Owner of one OpenSSL key.
final class PrivateKey {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    static func rsa(bits: Int32) -> PrivateKey? {
        generate(context: EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)) { EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) == 1 }
    }

    /// P-256, for certificates.
    static func ellipticCurve() -> PrivateKey? {
        generate(context: EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)) {
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid($0, NID_X9_62_prime256v1) == 1
        }
    }

    private static func generate(context: OpaquePointer?, configure: (OpaquePointer) -> Bool) -> PrivateKey? {
        guard let context else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, configure(context), EVP_PKEY_keygen(context, &key) == 1, let key
        else {
            return nil
        }
        return PrivateKey(key)
    }

    init(pem: String) throws(IdentityError) {
        let key = Self.read(pem) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        guard let key else { throw .fromOpenSSL(.malformedKey, "reading a private key") }
        pointer = key
    }

    func privatePEM() throws(IdentityError) -> String {
        try Self.text { PEM_write_bio_PKCS8PrivateKey($0, self.pointer, nil, nil, 0, nil, nil) == 1 }
    }

    func publicPEM() throws(IdentityError) -> String {
        try Self.text { PEM_write_bio_PUBKEY($0, self.pointer) == 1 }
    }

    /// A number of the key, big-endian.
    func parameter(_ name: String) throws(IdentityError) -> Data {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number else {
            throw .fromOpenSSL(.malformedKey, "reading the number \(name) of a key")
        }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return Data(bytes)
    }

    /// What `parse` makes of a text. The buffer object does not copy, so the bytes must outlive it.
    static func read<Value>(_ pem: String, _ parse: (OpaquePointer?) -> Value) -> Value {
        Array(pem.utf8).withUnsafeBytes { bytes in
            let source = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { BIO_free(source) }
            return parse(source)
        }
    }

    /// What `write` puts into a memory buffer.
    static func text(_ write: (OpaquePointer) -> Bool) throws(IdentityError) -> String {
        guard let sink = BIO_new(BIO_s_mem()) else { throw .fromOpenSSL(.malformedKey, "making a buffer") }
        defer { BIO_free(sink) }
        guard write(sink) else { throw .fromOpenSSL(.malformedKey, "writing PEM") }
        var output = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(sink)))
        let count = BIO_read(sink, &output, Int32(output.count))
        return String(decoding: output.prefix(Int(max(0, count))), as: UTF8.self)
    }
}
