/// The value of `Host`: a name or address and a port, RFC 3986 sections 3.2.2 and 3.2.3.
enum Authority {
    /// Whether the bytes are a host with an optional port. Nothing at all is a host too, RFC 9112 section 3.2.
    static func isHost(_ bytes: Bytes) -> Bool {
        guard let end = bytes.first == UInt8(ascii: "[") ? literalEnd(bytes) : nameEnd(bytes) else { return false }
        guard end < bytes.count else { return true }
        guard bytes.at(end) == UInt8(ascii: ":") else { return false }
        for index in (end + 1)..<bytes.count where !ByteClass.isDigit(bytes.at(index)) { return false }
        return true
    }

    /// Where an address in brackets ends: IPv6, or one of a later version.
    private static func literalEnd(_ bytes: Bytes) -> Int? {
        guard let bracket = bytes.offset(of: UInt8(ascii: "]"), from: 1), bracket > 2 else { return nil }
        let inner = bytes[1..<bracket]
        let isAddress = inner.allSatisfy {
            ByteClass.hexadecimal($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
        return isAddress || isLaterVersion(inner) ? bracket + 1 : nil
    }

    /// `v`, a version in hexadecimal digits, a dot, and what that version makes of it.
    private static func isLaterVersion(_ literal: Slice<Bytes>) -> Bool {
        guard literal.first.map(ByteClass.lowercased) == UInt8(ascii: "v"),
            let dot = literal.firstIndex(of: UInt8(ascii: "."))
        else { return false }
        let version = literal[literal.startIndex + 1..<dot]
        let rest = literal[(dot + 1)...]
        return !version.isEmpty && !rest.isEmpty && version.allSatisfy { ByteClass.hexadecimal($0) != nil }
            && rest.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ":") }
    }

    /// Where a registered name ends: at the colon before a port, or with the bytes.
    private static func nameEnd(_ bytes: Bytes) -> Int? {
        var index = 0
        while true {
            while index < bytes.count, isNameByte(bytes.at(index)) { index += 1 }
            guard index < bytes.count, bytes.at(index) != UInt8(ascii: ":") else { return index }
            guard bytes.at(index) == UInt8(ascii: "%"), index + 2 < bytes.count,
                ByteClass.hexadecimal(bytes.at(index + 1)) != nil, ByteClass.hexadecimal(bytes.at(index + 2)) != nil
            else { return nil }
            index += 3
        }
    }

    /// Unreserved characters and sub-delimiters.
    @inline(__always)
    private static func isNameByte(_ byte: UInt8) -> Bool {
        // Letters and digits, and -._~!$&'()*+,;= as well: bit n of the first word is character n, of the second 64 + n.
        if byte < 64 { return (0x2BFF_7FD2_0000_0000 as UInt64) >> UInt64(byte) & 1 == 1 }
        if byte < 128 { return (0x47FF_FFFE_87FF_FFFE as UInt64) >> UInt64(byte - 64) & 1 == 1 }
        return false
    }
}
