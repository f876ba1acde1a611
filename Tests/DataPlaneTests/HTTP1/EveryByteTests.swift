import FuzzChecks
import Testing

@testable import DataPlane

/// Every byte at every kind of place, against the sets that RFC 9110 and RFC 9112 name.
@Suite(.ownThread) struct EveryByteTests {
    /// `tchar`, RFC 9110 section 5.6.2.
    private static let token = Set(
        latin1("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    /// `field-vchar`, SP and HTAB, RFC 9110 section 5.5: visible, blank, or `obs-text`.
    private static let text = Set<UInt8>(0x20...0x7E).union(0x80...0xFF).union([0x09])
    /// What targets may be made of: visible ASCII, of which RFC 9112 section 3.2 allows most, but no fragment.
    private static let visible = Set<UInt8>(0x21...0x7E).subtracting([0x23])
    private static let digits = Set(latin1("0123456789"))
    private static let blank: Set<UInt8> = [0x20, 0x09]

    /// Expects that the bytes of `allowed`, and no others, can stand between `before` and `after`.
    private func expect(
        _ allowed: Set<UInt8>, between before: String, and after: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        isAccepted: ([UInt8], Arrival) -> Bool
    ) {
        for byte in 0...255 as ClosedRange<UInt8> {
            let message = latin1(before) + [byte] + latin1(after)
            let split = Arrival.split(at: before.utf8.count)
            for arrival in [Arrival.whole, .byteByByte(message.count), split] {
                let outcome = isAccepted(message, arrival)
                #expect(
                    outcome == allowed.contains(byte), "byte \(byte) in \"\(spelt(message))\"",
                    sourceLocation: sourceLocation)
            }
        }
    }

    private func isRequest(_ message: [UInt8], _ arrival: Arrival) -> Bool {
        if case .read(_, message.count) = RequestReading.read(message, arrival) { return true }
        return false
    }

    private func isAnswer(_ message: [UInt8], _ arrival: Arrival) -> Bool {
        if case .read(_, message.count) = ResponseReading.read(message, arrival) { return true }
        return false
    }

    private func isBody(_ message: [UInt8], _ arrival: Arrival) -> Bool {
        let reading = BodyReading.read(.chunked, message, arrival)
        return reading.state == .finished && reading.consumed == message.count
    }

    @Test(arguments: ["", "G", "GE", "GETGETGETGET"])
    func `methods are made of token characters`(before: String) {
        for after in ["", "T"] where !(before + after).isEmpty {
            // A blank where the method could end: what follows is a target then, and no version.
            expect(Self.token, between: before, and: "\(after) / HTTP/1.1\r\nHost: a\r\n\r\n", isAccepted: isRequest)
        }
    }

    @Test(arguments: ["/", "/abcdefg", "/?", "http://a/"])
    func `targets are made of visible ASCII`(before: String) {
        for after in ["", "b"] {
            expect(
                Self.visible, between: "GET \(before)", and: "\(after) HTTP/1.1\r\nHost: a\r\n\r\n",
                isAccepted: isRequest)
        }
    }

    @Test func `versions are made of their own characters`() {
        let line = "GET / HTTP/1.1"
        for index in 6..<line.utf8.count {
            let allowed: Set<UInt8> = index == 13 ? Set(latin1("01")) : [Array(line.utf8)[index]]
            expect(
                allowed, between: String(line.prefix(index)), and: "\(line.dropFirst(index + 1))\r\nHost: a\r\n\r\n",
                isAccepted: isRequest)
        }
    }

    /// At every place of a name, since names are read several bytes at a time.
    @Test(arguments: 0...18)
    func `names of fields are made of token characters`(place: Int) {
        let before = String(repeating: "n", count: place)
        let after = "\(String(repeating: "m", count: 18 - place)): a\r\n\r\n"
        // A colon ends the name, and the rest is value; before the first character it leaves no name.
        let allowed = place == 0 ? Self.token : Self.token.union([0x3A])
        expect(allowed, between: "GET / HTTP/1.1\r\nHost: a\r\n\(before)", and: after, isAccepted: isRequest)
        expect(allowed, between: "HTTP/1.1 200 OK\r\n\(before)", and: after, isAccepted: isAnswer)
    }

    /// At every place of a value, since values are read several bytes at a time.
    @Test(arguments: 0...18)
    func `values of fields are made of text`(place: Int) {
        let before = String(repeating: "v", count: place)
        for rest in [18 - place, 0] {
            let after = "\(String(repeating: "w", count: rest))\r\n\r\n"
            expect(Self.text, between: "GET / HTTP/1.1\r\nHost: a\r\nX:\(before)", and: after, isAccepted: isRequest)
            expect(Self.text, between: "HTTP/1.1 200 OK\r\nX:\(before)", and: after, isAccepted: isAnswer)
        }
    }

    @Test func `a byte in a value is kept as it is`() {
        for byte in Self.text.subtracting(Self.blank) {
            let value = [0x61, byte, byte, 0x62]
            let message = latin1("GET / HTTP/1.1\r\nHost: a\r\nX: ") + value + latin1("\r\n\r\n")
            guard case .read(let reading, message.count) = RequestReading.read(message) else {
                Issue.record("byte \(byte) is refused")
                continue
            }
            #expect(reading.fields.last?.value == value)
        }
    }

    @Test func `nothing but blanks stands around a length, and nothing but digits in it`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:"
        expect(Self.digits.union(Self.blank), between: start, and: "5\r\n\r\n", isAccepted: isRequest)
        expect(Self.digits.union(Self.blank), between: start + "5", and: "\r\n\r\n", isAccepted: isRequest)
        expect(Self.digits, between: start + "5", and: "5\r\n\r\n", isAccepted: isRequest)
    }

    @Test func `nothing but blanks stands around an encoding`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:"
        expect(Self.blank, between: start, and: "chunked\r\n\r\n", isAccepted: isRequest)
        expect(Self.blank, between: start + "chunked", and: "\r\n\r\n", isAccepted: isRequest)
        expect([], between: start + "chun", and: "ked\r\n\r\n", isAccepted: isRequest)
        for (index, letter) in "chunked".enumerated() {
            let both = Set(latin1(letter.uppercased() + letter.lowercased()))
            let (before, after) = ("chunked".prefix(index), "chunked".dropFirst(index + 1))
            expect(both, between: start + before, and: "\(after)\r\n\r\n", isAccepted: isRequest)
        }
    }

    @Test func `nothing stands between a framing field's name and its colon`() {
        for field in ["Content-Length", "Transfer-Encoding", "Host"] {
            for byte in 0...255 as ClosedRange<UInt8> {
                let message =
                    latin1("GET / HTTP/1.1\r\nHost: a\r\n\(field)") + [byte]
                    + latin1(": \(field == "Transfer-Encoding" ? "chunked" : "5")\r\n\r\n")
                let outcome = RequestReading.read(message)
                guard case .read(let reading, _) = outcome else { continue }
                // Another name, which frames nothing. After a colon of its own the value is no length or encoding.
                #expect(Self.token.contains(byte), "\(spelt(message))")
                #expect(reading.framing == .none)
            }
        }
    }

    @Test func `statuses are three digits, and reasons are made of text`() {
        expect(Self.digits, between: "HTTP/1.1 2", and: "0 OK\r\n\r\n", isAccepted: isAnswer)
        expect(Self.digits, between: "HTTP/1.1 20", and: " OK\r\n\r\n", isAccepted: isAnswer)
        expect(Set(latin1("12345")), between: "HTTP/1.1 ", and: "00 OK\r\n\r\n", isAccepted: isAnswer)
        expect([0x20], between: "HTTP/1.1", and: "200 OK\r\n\r\n", isAccepted: isAnswer)
        expect([0x20], between: "HTTP/1.1 200", and: "OK\r\n\r\n", isAccepted: isAnswer)
        expect(Set(latin1("01")), between: "HTTP/1.", and: " 200 OK\r\n\r\n", isAccepted: isAnswer)
        for place in 0...9 {
            let before = "HTTP/1.1 200 \(String(repeating: "r", count: place))"
            expect(
                Self.text, between: before, and: "\(String(repeating: "s", count: 9 - place))\r\n\r\n",
                isAccepted: isAnswer)
        }
    }

    @Test func `chunks are made of hexadecimal digits, text and line ends`() {
        for digit in 1...15 {
            let data = String(repeating: "a", count: digit)
            let letters = String(digit, radix: 16) + String(digit, radix: 16, uppercase: true)
            expect(Set(latin1(letters)), between: "0", and: "\r\n\(data)\r\n0\r\n\r\n", isAccepted: isBody)
        }
        let ten = String(repeating: "a", count: 0x10)
        expect([0x31], between: "", and: "0\r\n\(ten)\r\n0\r\n\r\n", isAccepted: isBody)
        expect([0x30], between: "1", and: "\r\n\(ten)\r\n0\r\n\r\n", isAccepted: isBody)
        expect([0x3B], between: "10", and: "x\r\n\(ten)\r\n0\r\n\r\n", isAccepted: isBody)
        for extensionStart in ["1;", "1;a=", "1;abcdefgh"] {
            expect(Self.text, between: extensionStart, and: "\r\na\r\n0\r\n\r\n", isAccepted: isBody)
            expect(Self.text, between: extensionStart, and: "x\r\na\r\n0\r\n\r\n", isAccepted: isBody)
        }
        expect([0x0D], between: "1", and: "\na\r\n0\r\n\r\n", isAccepted: isBody)
        expect([0x0A], between: "1\r", and: "a\r\n0\r\n\r\n", isAccepted: isBody)
        expect(Set(0...255), between: "1\r\n", and: "\r\n0\r\n\r\n", isAccepted: isBody)
        expect([0x0D], between: "1\r\na", and: "\n0\r\n\r\n", isAccepted: isBody)
        expect([0x0A], between: "1\r\na\r", and: "0\r\n\r\n", isAccepted: isBody)
        expect([0x0D], between: "0", and: "\n\r\n", isAccepted: isBody)
        expect([0x0A], between: "0\r", and: "\r\n", isAccepted: isBody)
        expect([0x0A], between: "0\r\n\r", and: "", isAccepted: isBody)
    }

    @Test func `trailers are made like fields`() {
        expect(Self.token, between: "0\r\n", and: "X: a\r\n\r\n", isAccepted: isBody)
        expect(Self.token.union([0x3A]), between: "0\r\nX", and: "X: a\r\n\r\n", isAccepted: isBody)
        expect(Self.token.union([0x3A]), between: "0\r\nX", and: ": a\r\n\r\n", isAccepted: isBody)
        expect(Self.text, between: "0\r\nX:", and: "a\r\n\r\n", isAccepted: isBody)
        expect(Self.text, between: "0\r\nX:a", and: "\r\n\r\n", isAccepted: isBody)
        expect(Self.token, between: "0\r\nX:a\r\n", and: ":\r\n\r\n", isAccepted: isBody)
        expect([0x0A], between: "0\r\nX:a\r", and: "\r\n", isAccepted: isBody)
    }
}
