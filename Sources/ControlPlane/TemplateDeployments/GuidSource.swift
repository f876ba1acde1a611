import Foundation
import Identity
import Synchronization

/// Makes UUIDs that look random and are the same for the same seed.
final class GuidSource: Sendable {
    private let seed: String
    private let count = Mutex(0)

    init(seed: String) {
        self.seed = seed
    }

    func next() -> UUID {
        let turn = count.withLock { count in
            count += 1
            return count
        }
        let digits = Array(Digests.sha256Hex("\(seed):\(turn)").prefix(32))
        let text = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
        return UUID(uuidString: text) ?? UUID()
    }
}
