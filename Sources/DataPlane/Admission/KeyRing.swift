/// The keys that open an endpoint, as digests.
package final class KeyRing: Sendable {
    private let digests: [Digest]

    /// Reads digests of 64 hexadecimal digits; `nil` if one is anything else.
    package init?(hexadecimalDigests: [String]) {
        var digests: [Digest] = []
        for text in hexadecimalDigests {
            guard let digest = Digest(hexadecimal: text) else { return nil }
            digests.append(digest)
        }
        self.digests = digests
    }

    /// Whether `key` is one of them; looks at all of them, whichever it is.
    package func admits(_ key: Bytes) -> Bool {
        let presented = Digest(of: key)
        var isAdmitted = false
        for digest in digests {
            let isEqual = digest.isEqualInConstantTime(to: presented)
            isAdmitted = isAdmitted || isEqual
        }
        return isAdmitted
    }
}
