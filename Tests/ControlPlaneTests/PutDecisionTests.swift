import Foundation
import Resources
import Testing

@testable import ControlPlane

@Suite struct PutDecisionTests {
    private static func operation(_ kind: OperationKind) -> ResourceOperation {
        ResourceOperation(
            id: OperationID(), kind: kind, resourceID: "/r", subjectID: UUID(), generation: 1, state: .running,
            cursor: 0, timeline: [], error: nil, location: "local", correlationID: "c", createdAt: Date(),
            finishedAt: nil, deadlineAt: Date())
    }

    private func decide(
        _ state: ProvisioningState, isSame: Bool, _ running: ResourceOperation? = nil
    ) -> PutDecision {
        PutDecision(state: state, isSame: isSame, running: running, kind: .putEndpoint)
    }

    @Test(arguments: ProvisioningState.allCases)
    func `the same joins the operation that brings it about`(state: ProvisioningState) {
        let running = Self.operation(.putEndpoint)
        #expect(decide(state, isSame: true, running) == .join(running))
    }

    @Test(arguments: ProvisioningState.allCases, [OperationKind.deleteEndpoint, .regenerateKeys])
    func `another operation keeps it from being written`(state: ProvisioningState, kind: OperationKind) {
        let running = Self.operation(kind)
        #expect(decide(state, isSame: true, running) == .busy(running))
        #expect(decide(state, isSame: false, running) == .busy(running))
    }

    @Test(arguments: ProvisioningState.allCases)
    func `a change waits for the operation that runs`(state: ProvisioningState) {
        let running = Self.operation(.putEndpoint)
        #expect(decide(state, isSame: false, running) == .busy(running))
    }

    @Test(
        arguments: [
            (.creating, .illegal(.creating)), (.updating, .illegal(.updating)), (.scaling, .illegal(.scaling)),
            (.deleting, .illegal(.deleting)), (.succeeded, .unchanged), (.failed, .update(.updating)),
            (.canceled, .update(.updating)),
        ] as [(ProvisioningState, PutDecision)])
    func `what is asked for again`(state: ProvisioningState, decision: PutDecision) {
        #expect(decide(state, isSame: true) == decision)
    }

    @Test(
        arguments: [
            (.creating, .illegal(.creating)), (.updating, .illegal(.updating)), (.scaling, .illegal(.scaling)),
            (.deleting, .illegal(.deleting)), (.succeeded, .update(.updating)), (.failed, .update(.updating)),
            (.canceled, .update(.updating)),
        ] as [(ProvisioningState, PutDecision)])
    func `what is changed`(state: ProvisioningState, decision: PutDecision) {
        #expect(decide(state, isSame: false) == decision)
    }
}
