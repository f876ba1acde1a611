import ControlPlane
import Resources

/// A type whose resources lie in a workspace under a name of their own and are written at once.
protocol NamedType: ServedType where Resource == Service.Resource, Request == Service.Request {
    associatedtype Service: NamedService
    var service: Service { get }
}

extension NamedType {
    func version(of resource: Resource) -> RowVersion? { resource.version }

    func get(_ call: ServedCall) async throws -> Resource {
        try await service.get(caller: call.caller, workspace: try call.parentID(), name: call.name)
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Resource> {
        try await service.list(caller: call.caller, workspace: try call.parentID(), page: page)
    }

    func put(_ call: ServedCall, _ requested: Requested<Request, Resource>) async throws -> Written<Resource> {
        try await service.put(
            caller: call.caller, workspace: try call.parentID(), name: call.name, requested.request,
            if: try call.precondition)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<Resource> {
        Deletion(
            existed: try await service.delete(
                caller: call.caller, workspace: try call.parentID(), name: call.name, if: try call.precondition))
    }

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try Service.checkName(address.names.last ?? "")
    }
}
