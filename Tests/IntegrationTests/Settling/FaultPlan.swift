import Postgres
import Synchronization
import TestSupport

/// Lets a share of all statements go wrong while it is on.
final class FaultPlan: Sendable {
    private struct State {
        var random: SeededRandom
        var isOn = false
        var count = 0
    }

    private let state: Mutex<State>
    /// One statement in so many goes wrong.
    private let rarity: Int

    init(seed: UInt64, rarity: Int = 20) {
        state = Mutex(State(random: SeededRandom(seed: seed)))
        self.rarity = rarity
    }

    /// Statements that went wrong.
    var count: Int { state.withLock { $0.count } }

    func set(on isOn: Bool) { state.withLock { $0.isOn = isOn } }

    var source: StatementFault.Source {
        { [self] _ in
            state.withLock { state in
                guard state.isOn, Int.random(in: 0..<rarity, using: &state.random) == 0 else { return nil }
                state.count += 1
                let pause = Duration.milliseconds(Int.random(in: 1...200, using: &state.random))
                return [.refused, .responseLost, .stalled(pause), .executedLate(pause)]
                    .randomElement(using: &state.random)
            }
        }
    }
}
