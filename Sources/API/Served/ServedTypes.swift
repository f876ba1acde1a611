package import ControlPlane
import Hummingbird
import Resources

/// All types that are served, found by their name.
package struct ServedTypes: Sendable {
    private let all: [any ServedType]
    private let byType: [String: any ServedType]

    init(_ all: [any ServedType]) {
        self.all = all
        byType = Dictionary(all.map { ($0.declaration.type.lowercased(), $0) }) { first, _ in first }
    }

    var routes: [APIRoute] {
        func routes(_ type: some ServedType) -> [APIRoute] { ServedRoutes(type).routes }
        return all.flatMap { routes($0) }
    }

    /// The types as templates use them.
    package var providers: [any ResourceProvider] {
        func provider(_ type: some ServedType) -> any ResourceProvider { ServedProvider(served: type, types: self) }
        return all.map { provider($0) }
    }

    /// Throws unless a resource of a served type is there.
    func check(_ id: String, _ call: ServedCall) async throws {
        func check(_ type: some ServedType, _ call: ServedCall) async throws { _ = try await type.get(call) }
        guard let address = ResourceAddress(id: id), let type = byType[address.type.lowercased()] else { return }
        try await check(
            type,
            ServedCall(address, caller: call.caller, apiVersion: call.apiVersion, baseURL: call.baseURL))
    }

    /// What a GET of a resource responds; nil for a type that is not served.
    func get(_ id: String, _ request: Request, _ context: APIRequestContext) async throws -> Response? {
        func get(_ type: some ServedType, _ address: ResourceAddress) async throws -> Response {
            try await ServedRoutes(type).get(address, request, context)
        }
        guard let address = ResourceAddress(id: id), let type = byType[address.type.lowercased()] else { return nil }
        return try await get(type, address)
    }
}
