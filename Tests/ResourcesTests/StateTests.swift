import Resources
import Testing

@Suite struct ProvisioningStateTests {
    typealias State = ProvisioningState
    typealias Event = ProvisioningState.Event

    /// Every legal move; all others are illegal.
    static let moves: [State: [Event: State]] = {
        let working: [Event: State] = [
            .deletionRequested: .deleting, .operationSucceeded: .succeeded, .operationFailed: .failed,
            .operationCanceled: .canceled,
        ]
        let resting: [Event: State] = [
            .updateRequested: .updating, .scalingRequested: .scaling, .deletionRequested: .deleting,
        ]
        return [
            .creating: working, .updating: working, .scaling: working, .succeeded: resting, .failed: resting,
            .canceled: resting,
            .deleting: [.operationFailed: .failed, .operationCanceled: .canceled],
        ]
    }()

    @Test(arguments: State.allCases, Event.allCases)
    func `only the legal moves are made`(state: State, event: Event) {
        #expect(state.next(on: event) == Self.moves[state]?[event])
    }

    @Test(arguments: State.allCases)
    func `a resource rests once its operation has ended`(state: State) {
        #expect(state.isTerminal == [.succeeded, .failed, .canceled].contains(state))
    }
}

@Suite struct OperationStateTests {
    typealias State = OperationState
    typealias Event = OperationState.Event

    static let moves: [State: [Event: State]] = [
        .accepted: [.claimed: .running, .failed: .failed, .cancelRequested: .canceled],
        .running: [.claimed: .running, .finished: .succeeded, .failed: .failed, .cancelRequested: .canceled],
        .succeeded: [:], .failed: [:], .canceled: [:],
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func `only the legal moves are made`(state: State, event: Event) {
        #expect(state.next(on: event) == Self.moves[state]?[event])
    }

    @Test(arguments: State.allCases)
    func `an ended operation leads nowhere`(state: State) {
        #expect(state.isTerminal == Event.allCases.allSatisfy { state.next(on: $0) == nil })
    }

    @Test(arguments: [
        (State.accepted, "InProgress"), (.running, "InProgress"), (.succeeded, "Succeeded"), (.failed, "Failed"),
        (.canceled, "Canceled"),
    ])
    func `callers read the words of the contract`(state: State, word: String) {
        #expect(state.wireStatus == word)
    }
}

@Suite struct ReplicaStateTests {
    typealias State = ReplicaState
    typealias Event = ReplicaState.Event

    static let moves: [State: [Event: State]] = [
        .pending: [.environmentBegan: .environment, .broke: .failed, .noLongerWanted: .draining],
        .environment: [.artifactsBegan: .artifacts, .broke: .failed, .noLongerWanted: .draining],
        .artifacts: [.startBegan: .starting, .broke: .failed, .noLongerWanted: .draining],
        .starting: [.processStarted: .probing, .broke: .failed, .noLongerWanted: .draining],
        .probing: [.becameReady: .ready, .broke: .failed, .noLongerWanted: .draining],
        .ready: [.readinessLost: .probing, .broke: .failed, .noLongerWanted: .draining],
        .failed: [.retryDue: .pending, .noLongerWanted: .draining],
        .draining: [:],
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func `only the legal moves are made`(state: State, event: Event) {
        #expect(state.next(on: event) == Self.moves[state]?[event])
    }

    @Test func `progress grows on the way to ready`() {
        let way: [State] = [.pending, .environment, .artifacts, .starting, .probing, .ready]
        #expect(way.map(\.progress) == Array(0..<6))
        #expect(State.failed.progress < 0 && State.draining.progress < 0)
    }
}
