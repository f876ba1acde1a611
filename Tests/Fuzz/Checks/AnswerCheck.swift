import Routing

@testable import DataPlane

/// What must hold of any bytes that a replica can send instead of a response's head.
package enum AnswerCheck {
    private static let dropped = Set(
        (ReadField.notPassedOn + [
            "azureml-model-deployment", "ms-azureml-model-error-statuscode", "ms-azureml-model-error-reason",
        ]).map(latin1))

    /// What does not hold of `message`, if anything; `seed` decides in which pieces it arrives, and what it answers.
    package static func complaint(about message: [UInt8], seed: UInt64) -> String? {
        var random = RandomSource(seed: seed)
        let outcome = ResponseReading.read(message)
        let inPieces = Arrival.complaint(about: message, outcome, &random) { ResponseReading.read(message, $0) }
        if let inPieces { return inPieces }
        let reference = Reference.response(message)
        guard case .read(let reading, let length) = outcome else {
            return reference == nil || outcome.isOverLimit ? nil : "\(outcome), though it is well-formed"
        }
        guard let reference else { return "accepted, though it is malformed: \(reading)" }
        guard reference.reading == reading, reference.length == length, length <= message.count else {
            return "read as \(reading) with \(length) bytes, is \(reference.reading) with \(reference.length)"
        }
        return relayComplaint(reading, Array(message[..<length]), &random)
    }

    /// The head as the client gets it announces the body that follows it.
    private static func relayComplaint(
        _ reading: ResponseReading, _ head: [UInt8], _ random: inout RandomSource
    ) -> String? {
        guard reading.status >= 200 else { return nil }
        var facts = RequestFacts()
        facts.isHEAD = Int.random(in: 0..<4, using: &random) == 0
        facts.isOldClient = Bool.random(using: &random)
        facts.isScoring = Bool.random(using: &random)
        let mapping = AnswerHead.mapping(
            status: reading.status, kind: Bool.random(using: &random) ? .managed : .kubernetes,
            isScoring: facts.isScoring)
        // Announces a body that never comes: see the known issue in SmugglingTests.
        if reading.status == 304, mapping.isModelError { return nil }
        let framing: BodyFraming = facts.isHEAD ? .none : reading.framing
        let isOpenEnded = framing == .chunked || framing == .untilClose
        facts.isAnswerChunked = isOpenEnded && !facts.isOldClient
        let relayed = relay(head, mapping, framing, facts)
        guard case .read(let seen, relayed.count) = ResponseReading.read(relayed), seen.status == mapping.status else {
            return "relayed as what is no head of status \(mapping.status): \(spelt(relayed))"
        }
        let expected: BodyFraming = isOpenEnded ? (facts.isOldClient ? .untilClose : .chunked) : framing
        let isFramed =
            framing == .none
            ? facts.isHEAD || seen.framing == .none || seen.framing == .length(0) : seen.framing == expected
        guard isFramed else { return "relayed with framing \(seen.framing) instead of \(framing): \(spelt(relayed))" }
        let named = (Reference.connectionOptions(reading.fields) ?? []).filter { $0 != latin1("host") }
        let wanted = reading.fields.filter {
            !dropped.contains($0.lowercasedName) && !named.contains($0.lowercasedName)
        }
        let found = seen.fields.filter { !dropped.contains($0.lowercasedName) }
        return found == wanted ? nil : "relayed fields \(found) instead of \(wanted)"
    }

    /// The client's form of an accepted head.
    private static func relay(
        _ head: [UInt8], _ mapping: AnswerHead.Mapping, _ framing: BodyFraming, _ facts: RequestFacts
    ) -> [UInt8] {
        let pool = BufferPool(size: head.count + 2 * ForwardedHead.growth)
        var queue = ByteQueue()
        queue.borrow(from: pool)
        defer { queue.giveBack(to: pool) }
        return head.withBytes { bytes in
            var scanned = ResponseHead()
            var end = HeadEnd()
            guard scanned.scan(bytes, &end, limits: HeadLimits()) == .complete(length: bytes.count) else { return [] }
            AnswerHead.write(
                scanned, bytes, to: &queue, mapping: mapping, framing: framing, request: facts,
                deployment: latin1("blue"), closes: framing == .untilClose)
            return Array(queue.readable)
        }
    }
}
