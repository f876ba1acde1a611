import Resources
import Templates

/// What a resource group holds, by all providers.
struct ResourceInventory: Sendable {
    let providers: ResourceProviders

    /// Every resource of a group as GETs show it, parents before their children; only what `rights` let read, where they
    /// are given.
    func list(
        subscription: String, resourceGroup: String, _ caller: Caller, baseURL: String,
        within rights: CallerRights? = nil
    ) async throws -> [(provider: any ResourceProvider, resource: JSONValue)] {
        var found: [(provider: any ResourceProvider, resource: JSONValue)] = []
        for provider in providers.all {
            let call = ProviderCall(caller: caller, apiVersion: provider.newestVersion, baseURL: baseURL)
            let resources = try await provider.list(subscription: subscription, resourceGroup: resourceGroup, call)
            found += resources.map { (provider, $0) }
        }
        if let rights { found = found.filter { Self.mayRead($0.resource, rights) } }
        return found.sorted { Self.depth($0.resource) < Self.depth($1.resource) }
    }

    private static func mayRead(_ resource: JSONValue, _ rights: CallerRights) -> Bool {
        resource["id"]?.text.flatMap { ResourceAddress(id: $0) }.map { rights.allow(Right(.read, $0)) } ?? false
    }

    private static func depth(_ resource: JSONValue) -> Int {
        (resource["type"]?.text ?? "").count { $0 == "/" }
    }

    /// What the mode Complete deletes, whoever may read it; children first; children go with a parent that goes, and parents stay with a
    /// child that stays.
    func superfluous(
        subscription: String, resourceGroup: String, keeping planned: Set<String>, _ caller: Caller
    ) async throws -> [(provider: any ResourceProvider, address: ResourceAddress)] {
        let all = try await list(
            subscription: subscription, resourceGroup: resourceGroup, caller, baseURL: "")
        let kept = Self.withParents(planned)
        var found: [(provider: any ResourceProvider, address: ResourceAddress)] = []
        var takingChildren: Set<String> = []
        for (provider, resource) in all where provider.isDeletedByCompleteMode {
            guard let id = resource["id"]?.text, !kept.contains(id.lowercased()),
                let address = ResourceAddress(id: id)
            else { continue }
            if let parent = address.parent, takingChildren.contains(parent.id.lowercased()) { continue }
            if provider.deletesChildren { takingChildren.insert(id.lowercased()) }
            found.append((provider, address))
        }
        return found.reversed()
    }

    /// Ids in lower case with those of everything that holds them.
    static func withParents(_ ids: Set<String>) -> Set<String> {
        var all = ids
        for id in ids {
            var ancestor = ResourceAddress(id: id)?.parent
            while let parent = ancestor {
                all.insert(parent.id)
                ancestor = parent.parent
            }
        }
        return all
    }
}
