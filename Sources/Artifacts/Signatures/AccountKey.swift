import COpenSSL
import Foundation

/// A storage account's shared key. Never logged: its description is a placeholder.
package struct AccountKey: Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// - Parameter base64: as listed to the account's owner; `nil` unless it holds 16 bytes or more.
    package init?(base64: String) {
        guard let data = Data(base64Encoded: base64), data.count >= 16 else { return nil }
        bytes = Array(data)
    }

    package var base64: String { Data(bytes).base64EncodedString() }
    package var description: String { "(account key)" }

    /// HMAC-SHA256 of the text's UTF-8.
    func authenticationCode(of text: String) -> [UInt8] {
        let message = Array(text.utf8)
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let result = HMAC(EVP_sha256(), bytes, Int32(bytes.count), message, message.count, &code, &length)
        // Only a lack of memory makes HMAC fail. An empty code equals no signature.
        return result == nil ? [] : Array(code.prefix(Int(length)))
    }

    func signature(of text: String) -> String { Data(authenticationCode(of: text)).base64EncodedString() }

    /// Whether `signature` is Base64 of the text's code, in time that tells nothing about the difference.
    func verify(_ signature: String, of text: String) -> Bool {
        let expected = authenticationCode(of: text)
        guard let given = Data(base64Encoded: signature), given.count == expected.count, !expected.isEmpty else {
            return false
        }
        return CRYPTO_memcmp(expected, Array(given), expected.count) == 0
    }
}

/// A storage account: its name and the keys that are valid for it (two, so that one can be replaced at a time).
package struct StorageAccount: Sendable {
    package var name: String
    package var keys: [AccountKey]

    package init(name: String, keys: [AccountKey]) {
        (self.name, self.keys) = (name, keys)
    }

    func verify(_ signature: String, ofAny texts: [String]) -> Bool {
        var isValid = false
        for key in keys {
            for text in texts where key.verify(signature, of: text) { isValid = true }
        }
        return isValid
    }
}
