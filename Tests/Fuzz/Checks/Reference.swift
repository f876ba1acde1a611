@testable import DataPlane

/// A second, plain reading of RFC 9112, to hold the router's against: by lines and sets, slow, and without its own limits.
enum Reference {
    private static let tokenBytes = Set(
        latin1("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    private static let digits = Set(latin1("0123456789"))

    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(tokenBytes.contains)
    }

    private static func isText(_ byte: UInt8) -> Bool { byte == 0x09 || (0x20...0x7E).contains(byte) || byte >= 0x80 }

    /// The head that the message starts with and its length; `nil` if it has none that must be accepted.
    static func request(_ message: [UInt8]) -> (reading: RequestReading, length: Int)? {
        guard let (lines, length) = headLines(message) else { return nil }
        let parts = lines[0].split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
        guard parts.count == 3, isToken(parts[0]), parts[0].count <= 32, !parts[1].isEmpty,
            parts[1].allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }),
            let minor = [latin1("HTTP/1.0"), latin1("HTTP/1.1")].firstIndex(of: parts[2]),
            let fields = readFields(lines.dropFirst()), let framing = framing(fields, isOld: minor == 0)
        else { return nil }
        func count(_ name: String) -> Int { values(name, fields).count }
        guard values("host", fields).allSatisfy(isHost) else { return nil }
        guard count("authorization") <= 1, count("azureml-model-deployment") <= 1,
            count("host") == 1 || (minor == 0 && count("host") == 0), let options = connectionOptions(fields)
        else { return nil }
        let closes = options.contains(latin1("close"))
        let expects = values("expect", fields).first.map { lowercased($0) == latin1("100-continue") } ?? false
        let reading = RequestReading(
            method: parts[0], target: parts[1], minorVersion: UInt8(minor), framing: framing,
            keepsAlive: !closes && (minor == 1 || options.contains(latin1("keep-alive"))),
            expectsContinue: minor == 1 && expects, fields: fields)
        return (reading, length)
    }

    /// A host with an optional port: what is left without port, percent-encoded bytes and allowed characters is nothing.
    private static func isHost(_ value: [UInt8]) -> Bool {
        var name = value[...]
        if let colon = name.lastIndex(of: 0x3A), name[(colon + 1)...].allSatisfy(digits.contains),
            !name[(colon + 1)...].contains(0x5D)
        {
            // The last colon may be one of an address's own.
            if name.first != 0x5B || name[..<colon].last == 0x5D { name = name[..<colon] }
        }
        if name.first == 0x5B {
            let inner = name.dropFirst().dropLast()
            guard name.last == 0x5D, inner.count > 1 else { return false }
            if inner.first.map({ $0 | 0x20 }) == 0x76 {
                let parts = inner.dropFirst().split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
                let allowed = Set(latin1("-._~!$&'()*+,;=:"))
                return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
                    && parts[0].allSatisfy { digits.contains($0) || isHexLetter($0) }
                    && parts[1].allSatisfy {
                        digits.contains($0) || (0x61...0x7A).contains($0 | 0x20) || allowed.contains($0)
                    }
            }
            return inner.allSatisfy { digits.contains($0) || isHexLetter($0) || $0 == 0x3A || $0 == 0x2E }
        }
        let allowed = Set(latin1("-._~!$&'()*+,;="))
        while let byte = name.first {
            let isEscape =
                byte == 0x25 && name.count > 2
                && name.dropFirst().prefix(2).allSatisfy { digits.contains($0) || isHexLetter($0) }
            let isLetter = (0x61...0x7A).contains(byte | 0x20)
            guard isEscape || isLetter || digits.contains(byte) || allowed.contains(byte) else { return false }
            name = name.dropFirst(isEscape ? 3 : 1)
        }
        return true
    }

    /// The head of a response.
    static func response(_ message: [UInt8]) -> (reading: ResponseReading, length: Int)? {
        guard let (lines, length) = headLines(message), let line = lines.first, line.count >= 12,
            let minor = [latin1("HTTP/1.0 "), latin1("HTTP/1.1 ")].firstIndex(of: Array(line[..<9])),
            line[9..<12].allSatisfy(digits.contains), let status = Int(text(line[9..<12])),
            (100..<600).contains(status),
            line.count == 12 || line[12] == 0x20, line.dropFirst(13).allSatisfy(isText),
            let fields = readFields(lines.dropFirst()), let announced = framing(fields, isOld: minor == 0),
            let options = connectionOptions(fields)
        else { return nil }
        let hasNoBody = status < 200 || status == 204 || status == 304
        let reading = ResponseReading(
            status: status, reason: Array(line.dropFirst(13)), minorVersion: UInt8(minor),
            framing: hasNoBody ? .none : announced == .none ? .untilClose : announced,
            keepsAlive: !options.contains(latin1("close")) && (minor == 1 || options.contains(latin1("keep-alive"))),
            fields: fields)
        return (reading, length)
    }

    /// The lines of the head that the message starts with, without their ends, and its length.
    private static func headLines(_ message: [UInt8]) -> (lines: [[UInt8]], length: Int)? {
        guard let end = message.firstRange(of: latin1("\r\n\r\n")) else { return nil }
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < end.lowerBound {
            if message[index] == 0x0D, message[index + 1] == 0x0A {
                lines.append([])
                index += 2
                continue
            }
            guard message[index] != 0x0D, message[index] != 0x0A else { return nil }
            lines[lines.count - 1].append(message[index])
            index += 1
        }
        return (lines, end.upperBound)
    }

    private static func readFields(_ lines: some Collection<[UInt8]>) -> [ReadField]? {
        var fields: [ReadField] = []
        for line in lines {
            guard let colon = line.firstIndex(of: 0x3A), isToken(line[..<colon]), line.allSatisfy(isText) else {
                return nil
            }
            fields.append(ReadField(Array(line[..<colon]), trimmed(line[(colon + 1)...])))
        }
        return fields
    }

    private static func framing(_ fields: [ReadField], isOld: Bool) -> BodyFraming? {
        let lengths = values("content-length", fields)
        let encodings = values("transfer-encoding", fields)
        guard lengths.count + encodings.count <= 1 else { return nil }
        if let encoding = encodings.first {
            return lowercased(encoding) == latin1("chunked") && !isOld ? .chunked : nil
        }
        guard let length = lengths.first else { return BodyFraming.none }
        guard !length.isEmpty, length.count <= 18, length.allSatisfy(digits.contains) else { return nil }
        return UInt64(text(length)).map { .length($0) }
    }

    /// What `Connection` lists, in lower case; `nil` if anything there is no token.
    static func connectionOptions(_ fields: [ReadField]) -> [[UInt8]]? {
        let listed = values("connection", fields).flatMap { $0.split(separator: 0x2C) }.map { trimmed($0) }
        let options = listed.filter { !$0.isEmpty }
        return options.allSatisfy(isToken) ? options.map(lowercased) : nil
    }

    static func values(_ name: String, _ fields: [ReadField]) -> [[UInt8]] {
        fields.filter { $0.lowercasedName == latin1(name) }.map(\.value)
    }

    private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let last = bytes.lastIndex(where: { !isBlank($0) }) else { return [] }
        return Array(bytes[...last].drop(while: isBlank))
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension Reference {
    /// How many bytes a chunked body takes and what it carries; `nil` if it is not whole or not well-formed.
    ///
    /// Knows nothing of the router's limits: of digits, extensions and trailers.
    static func chunked(_ message: [UInt8]) -> (payload: [UInt8], length: Int)? {
        var rest = message[...]
        var payload: [UInt8] = []
        while true {
            guard let line = takeLine(&rest) else { return nil }
            let size = line.prefix { $0 != 0x3B }
            guard !size.isEmpty, size.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isHexLetter($0) }),
                let count = Int(text(size), radix: 16), line.allSatisfy(isText)
            else { return nil }
            if count == 0 { break }
            guard rest.count >= 2, count <= rest.count - 2, rest.dropFirst(count).starts(with: [0x0D, 0x0A]) else {
                return nil
            }
            payload += rest.prefix(count)
            rest = rest.dropFirst(count + 2)
        }
        while let line = takeLine(&rest) {
            if line.isEmpty { return (payload, message.count - rest.count) }
            guard let colon = line.firstIndex(of: 0x3A), isToken(line[..<colon]), line.allSatisfy(isText) else {
                return nil
            }
        }
        return nil
    }

    private static func isHexLetter(_ byte: UInt8) -> Bool { (0x61...0x66).contains(byte | 0x20) }

    /// A line, without its end, which a line feed or a carriage return alone does not make.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstRange(of: [0x0D, 0x0A]) else { return nil }
        let line = rest[..<end.lowerBound]
        guard !line.contains(0x0D), !line.contains(0x0A) else { return nil }
        rest = rest[end.upperBound...]
        return line
    }
}
