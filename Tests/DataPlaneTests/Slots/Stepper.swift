import Foundation

@testable import DataPlane

/// A thread that waits before each of its steps until it is told to take it.
final class Stepper: @unchecked Sendable {
    private let mayStep = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)
    private let script: Interleavings.Script
    private let words: SteppedWords
    /// Read and written by whoever of the two is not waiting for the other.
    private(set) var hasEnded = false
    private var isDead = false

    init(_ script: @escaping Interleavings.Script, _ words: SteppedWords) {
        (self.script, self.words) = (script, words)
    }

    /// The actor whose thread this is.
    static var current: Stepper? { Thread.current.threadDictionary["stepper"] as? Stepper }

    /// Runs up to the first step.
    func begin() {
        let thread = Thread { [self] in
            Thread.current.threadDictionary["stepper"] = self
            script(words)
            hasEnded = true
            hasStopped.signal()
        }
        thread.stackSize = 256 * 1024
        thread.start()
        hasStopped.wait()
    }

    func step() {
        mayStep.signal()
        hasStopped.wait()
    }

    /// From now on the steps of this actor have no effect: it has ended as far as anybody can see.
    func die() {
        isDead = true
        while !hasEnded { step() }
    }

    /// Called by the actor's thread before a step; whether the step takes place.
    func pause() -> Bool {
        hasStopped.signal()
        mayStep.wait()
        return !isDead
    }
}
