/// State of a long-running operation. Callers read it as the status words of ARM's contract.
package enum OperationState: String, Sendable, Codable, CaseIterable {
    /// Accepted, not yet claimed. To: running, canceled, failed.
    case accepted
    /// A worker carries it out, or will again. To: succeeded, failed, canceled.
    case running
    case succeeded
    case failed
    case canceled

    package enum Event: Sendable, CaseIterable {
        case claimed
        case finished
        case failed
        case cancelRequested
    }

    /// The state after an event; nil where the event is illegal.
    package func next(on event: Event) -> OperationState? {
        switch (self, event) {
        case (.accepted, .claimed), (.running, .claimed): .running
        case (.running, .finished): .succeeded
        case (.accepted, .failed), (.running, .failed): .failed
        case (.accepted, .cancelRequested), (.running, .cancelRequested): .canceled
        default: nil
        }
    }

    package var isTerminal: Bool {
        switch self {
        case .succeeded, .failed, .canceled: true
        case .accepted, .running: false
        }
    }

    /// `status` on the wire; clients stop on exactly Succeeded, Failed and Canceled.
    package var wireStatus: String {
        switch self {
        case .accepted, .running: "InProgress"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        case .canceled: "Canceled"
        }
    }
}
