import ControlPlane
import Resources

/// A type whose resources lie in a resource group under a name of their own and are written at once.
protocol GroupedType: ServedType where Resource == Service.Resource, Request == Service.Request {
    associatedtype Service: GroupedService
    var service: Service { get }
    func readPatch(_ body: BodyReader) throws(ARMError) -> Service.Patch
}

extension GroupedType {
    func version(of resource: Resource) -> RowVersion? { resource.version }
    func location(of resource: Resource) -> String? { Service.location(of: resource) }
    func location(of request: Request) -> String? { Service.location(of: request) }

    func get(_ call: ServedCall) async throws -> Resource {
        try await service.get(caller: call.caller, try call.id())
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Resource> {
        let scope = try call.scope()
        return try await service.list(
            caller: call.caller, subscription: scope.subscription, resourceGroup: scope.resourceGroup, page: page)
    }

    func put(_ call: ServedCall, _ requested: Requested<Request, Resource>) async throws -> Written<Resource> {
        try await service.put(caller: call.caller, try call.id(), requested.request, if: try call.precondition)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<Resource> {
        try await service.patch(caller: call.caller, try call.id(), try readPatch(body), if: try call.precondition)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<Resource> {
        Deletion(
            existed: try await service.delete(caller: call.caller, try call.id(), if: try call.precondition))
    }

    func checkName(_ address: ResourceAddress) throws(ARMError) { try Service.checkName(address.name) }
}
