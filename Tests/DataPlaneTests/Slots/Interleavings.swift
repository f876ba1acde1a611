@testable import DataPlane

/// Runs actors that share words in every order that their steps can take, or as many of them as it is told.
///
/// Every actor has a thread and stops before each step on the words; the search decides who goes on. A run follows a
/// list of choices and then always takes the first; the next run changes the last choice that has an alternative left.
/// An actor may end at any step instead, as if its process were killed there.
final class Interleavings {
    struct Outcome {
        var runs = 0
        var isExhaustive = true
    }

    /// What one actor does. It must end by itself however long the others take.
    typealias Script = @Sendable (SteppedWords) -> Void

    /// - Parameters:
    ///   - mayDie: whether the first actor may end at any of its steps.
    ///   - check: called when all actors have ended, with whether the first one died.
    static func search(
        wordCount: Int, limit: Int, mayDie: Bool, prepare: @escaping @Sendable (SteppedWords) -> Void,
        actors: [Script], check: @escaping @Sendable (SteppedWords, _ hasDied: Bool) -> Void
    ) async throws -> Outcome {
        try await onThread {
            run(wordCount: wordCount, limit: limit, mayDie: mayDie, prepare: prepare, actors: actors, check: check)
        }
    }

    private static func run(
        wordCount: Int, limit: Int, mayDie: Bool, prepare: (SteppedWords) -> Void, actors: [Script],
        check: (SteppedWords, _ hasDied: Bool) -> Void
    ) -> Outcome {
        var outcome = Outcome()
        var prefix: [Int] = []
        while true {
            let words = SteppedWords(count: wordCount)
            prepare(words)
            let run = Run(words: words, actors: actors, mayDie: mayDie, prefix: prefix)
            run.go()
            check(words, run.hasDied)
            outcome.runs += 1
            guard let next = run.nextPrefix else { return outcome }
            guard outcome.runs < limit else {
                outcome.isExhaustive = false
                return outcome
            }
            prefix = next
        }
    }

    /// One run: its choices, each with how many there were.
    private final class Run {
        private let words: SteppedWords
        private let actors: [Script]
        private let mayDie: Bool
        private let prefix: [Int]
        private var choices: [(taken: Int, of: Int)] = []
        private(set) var hasDied = false

        init(words: SteppedWords, actors: [Script], mayDie: Bool, prefix: [Int]) {
            (self.words, self.actors, self.mayDie, self.prefix) = (words, actors, mayDie, prefix)
        }

        func go() {
            let steppers = actors.map { script in Stepper(script, words) }
            for stepper in steppers { stepper.begin() }
            while true {
                let ready = steppers.indices.filter { !steppers[$0].hasEnded }
                guard !ready.isEmpty else { return }
                let canDie = mayDie && !hasDied && ready.first == 0
                let count = ready.count + (canDie ? 1 : 0)
                let choice = choices.count < prefix.count ? prefix[choices.count] : 0
                choices.append((choice, count))
                if choice == ready.count {
                    hasDied = true
                    steppers[0].die()
                } else {
                    steppers[ready[choice]].step()
                }
            }
        }

        var nextPrefix: [Int]? {
            var next = choices
            while let last = next.popLast() {
                if last.taken + 1 < last.of { return next.map(\.taken) + [last.taken + 1] }
            }
            return nil
        }
    }
}
