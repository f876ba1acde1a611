@testable import DataPlane

/// What must hold of any bytes that a client can send instead of a request head.
package enum RequestCheck {
    private static let scoringPath = latin1("/predict")
    /// Fields that stay between neighbours or that the router writes itself; every other one goes through.
    private static let dropped = Set(
        (ReadField.notPassedOn + ["authorization", "expect", "x-forwarded-for"]).map(latin1))

    /// What does not hold of `message`, if anything; `seed` decides in which pieces it arrives.
    package static func complaint(about message: [UInt8], seed: UInt64) -> String? {
        var random = RandomSource(seed: seed)
        let outcome = RequestReading.read(message)
        let inPieces = Arrival.complaint(about: message, outcome, &random) { RequestReading.read(message, $0) }
        if let inPieces { return inPieces }
        let reference = Reference.request(message)
        guard case .read(let reading, let length) = outcome else {
            return reference == nil || outcome.isOverLimit ? nil : "\(outcome), though it is well-formed"
        }
        guard length <= message.count else { return "\(length) of \(message.count) bytes consumed" }
        guard let reference else { return "accepted, though it is malformed: \(reading)" }
        guard reference.reading == reading, reference.length == length else {
            return "read as \(reading) with \(length) bytes, is \(reference.reading) with \(reference.length)"
        }
        return framingComplaint(reading, Array(message[..<length])) ?? forwardingComplaint(Array(message[..<length]))
    }

    /// A careless reader, who takes any line end and any bytes around a name, finds the same framing and no other.
    private static func framingComplaint(_ reading: RequestReading, _ head: [UInt8]) -> String? {
        let lines = head.split { $0 == 0x0D || $0 == 0x0A }
        func carelessValues(_ name: String) -> [[UInt8]] {
            lines.compactMap { line in
                guard let colon = line.firstIndex(of: 0x3A) else { return nil }
                let isNoise = { (byte: UInt8) in byte <= 0x20 || byte >= 0x7F }
                let found = line[..<colon].filter { !isNoise($0) }
                return lowercased(found) == latin1(name) ? line[(colon + 1)...].filter { !isNoise($0) } : nil
            }
        }
        let lengths = carelessValues("content-length")
        let encodings = carelessValues("transfer-encoding").map(lowercased)
        let isAgreed =
            switch reading.framing {
            case .none: lengths.isEmpty && encodings.isEmpty
            case .length(let length):
                lengths.count == 1 && encodings.isEmpty
                    && lengths[0].trimmingZeros == latin1(String(length)).trimmingZeros
            case .chunked: lengths.isEmpty && encodings == [latin1("chunked")]
            case .untilClose: false
            }
        return isAgreed ? nil : "framing \(reading.framing) beside lengths \(lengths) and encodings \(encodings)"
    }

    /// The head as the replica gets it says the same.
    private static func forwardingComplaint(_ head: [UInt8]) -> String? {
        guard let (original, forwarded, target) = forward(head) else { return nil }
        var limits = HeadLimits()
        limits.headSize += ForwardedHead.growth
        limits.fieldCount += 8
        guard forwarded.count <= head.count + ForwardedHead.growth else { return "grew to \(forwarded.count) bytes" }
        guard case .read(let reading, forwarded.count) = RequestReading.read(forwarded, limits: limits) else {
            return "forwarded as what is no head: \(spelt(forwarded))"
        }
        guard reading.method == original.method, reading.framing == original.framing, reading.minorVersion == 1,
            !reading.expectsContinue
        else { return "forwarded with another meaning: \(spelt(forwarded))" }
        if let expected = rewritten(original.target), reading.target != expected {
            return "target \(spelt(reading.target)) instead of \(spelt(expected)), \(target)"
        }
        let named = (Reference.connectionOptions(original.fields) ?? []).filter { $0 != latin1("host") }
        var wanted = original.fields.filter {
            !dropped.contains($0.lowercasedName) && !named.contains($0.lowercasedName)
        }
        var found = reading.fields.filter { !dropped.contains($0.lowercasedName) }
        if Reference.values("traceparent", original.fields).isEmpty {
            found.removeAll { $0.lowercasedName == latin1("traceparent") }
        }
        if target.authority != nil {
            // The target's own host stands in place of the field.
            found.removeAll { $0.lowercasedName == latin1("host") }
            wanted.removeAll { $0.lowercasedName == latin1("host") }
        } else if Reference.values("host", original.fields).isEmpty {
            found.removeAll { $0 == ReadField(latin1("host"), latin1("localhost")) }
        }
        guard found == wanted else { return "forwarded fields \(found) instead of \(wanted)" }
        func count(_ name: String) -> Int { Reference.values(name, reading.fields).count }
        let own = [count("host"), count("x-forwarded-for"), count("x-request-id")]
        let none = ["authorization", "connection", "te", "upgrade", "trailer", "expect", "keep-alive"].map(count)
        guard own == [1, 1, 1], none.allSatisfy({ $0 == 0 }), count("x-ms-client-request-id") <= 1 else {
            return "fields between neighbours: \(spelt(forwarded))"
        }
        return nil
    }

    /// The replica's form of an accepted head, if its target names anything.
    private static func forward(_ head: [UInt8]) -> (RequestReading, [UInt8], RequestTarget)? {
        let pool = BufferPool(size: head.count + 2 * ForwardedHead.growth)
        var queue = ByteQueue()
        queue.borrow(from: pool)
        defer { queue.giveBack(to: pool) }
        var peer = ShortText<46>()
        for byte in latin1("192.0.2.1") { peer.append(byte) }
        return head.withBytes { bytes in
            var scanned = RequestHead()
            var end = HeadEnd()
            guard scanned.scan(bytes, &end, limits: HeadLimits()) == .complete(length: bytes.count),
                let target = RequestTarget(bytes.run(scanned.target))
            else { return nil }
            var facts = RequestFacts()
            if let id = scanned.headers.value(of: .clientRequestID) {
                facts.clientID = ForwardedHead.clientID(bytes.run(id))
            }
            ForwardedHead.write(
                scanned, bytes, to: &queue, target: target, scoringPath: scoringPath, request: facts, peer: peer)
            return (RequestReading(scanned, bytes), Array(queue.readable), target)
        }
    }

    /// What a target becomes: without scheme, authority and endpoint, and with the scoring path for `/score`.
    private static func rewritten(_ target: [UInt8]) -> [UInt8]? {
        var rest = target[...]
        for scheme in ["http://", "https://"] where lowercased(Array(rest)).starts(with: latin1(scheme)) {
            rest = rest.dropFirst(scheme.utf8.count)
            rest = rest.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
            break
        }
        // A URI without a path is refused.
        guard rest.first == UInt8(ascii: "/") else { return nil }
        let query = rest.drop { $0 != UInt8(ascii: "?") }
        var path = rest[..<query.startIndex]
        let prefix = latin1("/api/v1/endpoint/")
        if path.starts(with: prefix), path.count > prefix.count {
            path = path.dropFirst(prefix.count).drop { $0 != UInt8(ascii: "/") }
        }
        if Array(path) == latin1("/score") { return scoringPath + query }
        return (path.isEmpty ? latin1("/") : Array(path)) + query
    }
}

extension [UInt8] {
    fileprivate var trimmingZeros: ArraySlice<UInt8> { drop { $0 == UInt8(ascii: "0") } }
}
