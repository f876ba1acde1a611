import ControlPlane
import Foundation
import Resources
import Templates

/// Role assignments for templates.
struct RoleAssignmentProvider: ResourceProvider {
    let service: RoleAssignmentService

    let type = RoleAssignment.type
    let apiVersions = APIVersion.authorization

    private func name(_ address: ResourceAddress) throws(ARMError) -> UUID {
        guard let name = UUID(uuidString: address.name) else {
            throw ARMError(
                .invalidResourceName,
                "The name of a role assignment must be a UUID, such as guid() makes; '\(address.name.prefix(100))' is none.",
                target: "$.name")
        }
        return name
    }

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        let name = try name(address)
        let found = try await unlessMissing {
            try await service.get(caller: call.caller, name, scope: address.scopeOrRoot)
        }
        return found.map(RoleAssignmentBody.document)
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        var found = try await problems { _ = try name(address) }
        found += try await problems { _ = try RoleAssignmentRequest(reading: BodyReader(root: body)) }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let outcome = try await service.put(
            caller: call.caller, try name(address), scope: address.scopeOrRoot,
            try RoleAssignmentRequest(reading: BodyReader(root: body)))
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try RoleAssignmentRequest(reading: BodyReader(root: body))
        var assignment = try await service.get(caller: call.caller, try name(address), scope: address.scopeOrRoot)
        assignment.roleDefinitionID = request.roleDefinitionID
        assignment.principalID = request.principalID
        assignment.description = request.description
        return RoleAssignmentBody.document(assignment)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        _ = try await service.delete(caller: call.caller, try name(address), scope: address.scopeOrRoot)
        return nil
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }
}

extension ResourceAddress {
    fileprivate var scopeOrRoot: String { scope.isEmpty ? "/" : scope }
}
