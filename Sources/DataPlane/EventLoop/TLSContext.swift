import COpenSSL
import Glibc

/// A certificate with its key, ready for handshakes; connections that began with it go on with it when it is replaced.
final class TLSContext: Sendable {
    /// OpenSSL counts who uses it, and may be called with it from several threads.
    fileprivate nonisolated(unsafe) let pointer: OpaquePointer

    /// - Parameters:
    ///   - certificate: PEM file with the server's certificate, and those that link it to its authority.
    ///   - key: PEM file with its private key.
    init(certificate: String, key: String) throws(TLSFault) {
        guard let pointer = SSL_CTX_new(TLS_server_method()) else { throw TLSFault("making a TLS context") }
        self.pointer = pointer
        // SSL_CTX_set_min_proto_version and SSL_CTX_set_mode are macros in C. A write may go on with other memory than
        // it began with, and an idle connection keeps no buffers.
        SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(
            pointer, SSL_CTRL_MODE,
            Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS), nil)
        SSL_CTX_set_options(pointer, Self.noRenegotiation | Self.serverPreference)
        SSL_CTX_set_alpn_select_cb(pointer, chooseProtocol, nil)
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw TLSFault("reading the certificates in \(certificate)")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
            throw TLSFault("reading the private key in \(key)")
        }
        guard SSL_CTX_check_private_key(pointer) == 1 else {
            throw TLSFault("the private key in \(key) is not that of \(certificate)")
        }
    }

    deinit { SSL_CTX_free(pointer) }

    // SSL_OP_NO_RENEGOTIATION and SSL_OP_CIPHER_SERVER_PREFERENCE, which are macros in C.
    private static let noRenegotiation = UInt64(1) << 30
    private static let serverPreference = UInt64(1) << 22
}

/// Picks HTTP/2, else HTTP/1.1, where the client offers protocols; one that offers only others is refused, RFC 7301
/// section 3.2.
private func chooseProtocol(
    _: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    let spoken: StaticString = "\u{2}h2\u{8}http/1.1"
    var found: UnsafeMutablePointer<UInt8>?
    let result = SSL_select_next_proto(
        &found, chosenCount, spoken.utf8Start, UInt32(spoken.utf8CodeUnitCount), offered, offeredCount)
    chosen?.pointee = UnsafePointer(found)
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
}

/// TLS cannot be had: what was tried, and what OpenSSL says.
package struct TLSFault: Error, CustomStringConvertible {
    package let description: String

    init(_ action: String) {
        let code = ERR_peek_last_error()
        let reason = ERR_reason_error_string(code).map { String(cString: $0) }
        ERR_clear_error()
        description = reason.map { "\(action): \($0)" } ?? action
    }
}

/// TLS on one connection, over its non-blocking socket.
struct TLSSession {
    private let pointer: OpaquePointer

    /// `nil` if there is no memory for it.
    init?(_ context: TLSContext, descriptor: Int32) {
        guard let pointer = SSL_new(context.pointer) else { return nil }
        guard SSL_set_fd(pointer, descriptor) == 1 else {
            SSL_free(pointer)
            return nil
        }
        SSL_set_accept_state(pointer)
        self.pointer = pointer
    }

    enum Handshake: Equatable {
        case done
        case needsInput
        case needsOutput
        case failed
    }

    func shakeHands() -> Handshake {
        ERR_clear_error()
        let result = SSL_do_handshake(pointer)
        if result == 1 { return .done }
        switch SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_WANT_WRITE: return .needsOutput
        default: return .failed
        }
    }

    /// The handshake has agreed on HTTP/2.
    var isHTTP2: Bool {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(pointer, &name, &count)
        return Bytes(start: name, count: Int(count)).equals("h2")
    }

    /// Reads at most one record's content.
    func receive(into space: Space) -> Socket.Outcome {
        ERR_clear_error()
        let count = SSL_read(pointer, space.start, Int32(clamping: space.count))
        return count > 0 ? .moved(Int(count)) : outcome(count)
    }

    func send(_ bytes: Bytes) -> Socket.Outcome {
        ERR_clear_error()
        let count = SSL_write(pointer, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .moved(Int(count)) : outcome(count)
    }

    private func outcome(_ result: Int32) -> Socket.Outcome {
        switch SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .wouldBlock
        case SSL_ERROR_ZERO_RETURN: .endOfStream
        default: .failed(ECONNRESET)
        }
    }

    /// Tells the client that nothing more comes, as far as the socket takes it.
    func sayEnd() {
        ERR_clear_error()
        // Before the handshake is over there is nobody to tell.
        if SSL_in_init(pointer) == 0 { SSL_shutdown(pointer) }
    }

    func free() {
        SSL_free(pointer)
        ERR_clear_error()
    }
}
