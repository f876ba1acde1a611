import COpenSSL
import Foundation

/// A failure of the cryptographic libraries, or of what was given to them. Never holds a secret.
package struct IdentityError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case keyGenerationFailed
        case malformedKey
        case signingFailed
        case certificateFailed
        case sealedDataCorrupt
        case malformedMasterKey
    }

    package var code: Code
    package var message: String

    package var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String) {
        (self.code, self.message) = (code, message)
    }

    /// The newest message on OpenSSL's error queue of this thread, which is emptied.
    static func fromOpenSSL(_ code: Code, _ doing: String) -> IdentityError {
        var text = [CChar](repeating: 0, count: 256)
        let error = ERR_peek_last_error()
        ERR_clear_error()
        guard error != 0 else { return IdentityError(code, doing) }
        ERR_error_string_n(error, &text, text.count)
        let detail = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return IdentityError(code, "\(doing): \(detail)")
    }
}
