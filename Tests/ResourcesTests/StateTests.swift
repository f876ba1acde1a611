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

@Suite struct ReplicaPhaseTests {
    @Test func `progress grows on the way to ready`() {
        let way: [ReplicaPhase] = [.pending, .environment, .artifacts, .starting, .probing, .ready]
        #expect(way.map(\.progress) == Array(0..<6))
        #expect([ReplicaPhase.failed, .stopping, .gone].allSatisfy { $0.progress < 0 })
    }

    @Test func `routers know the first life by the replica's id, and each later one by its own`() {
        let id = ReplicaID()
        #expect(ReplicaKey(id, life: 1).routeID == id.description)
        #expect(ReplicaKey(id, life: 2).routeID == "\(id).2")
    }
}
