import Foundation

/// Where a reference says that its asset or file lies.
package enum AssetPlace: Sendable, Equatable {
    /// It names no place: what it is used for decides. `azureml:name:1`, `azureml://datastores/…`.
    case unstated
    /// `/subscriptions/…/workspaces/{name}/…`, `azureml://subscriptions/…/workspaces/{name}/…`.
    case workspace(ResourceID)
    /// `azureml://locations/{location}/workspaces/{id}/…`: by the UUID of the workspace.
    case workspaceID(String)
    /// `azureml://registries/{name}/…`, `/subscriptions/…/registries/{name}/…`.
    case registry(String)
    /// `azureml://jobs/{name}/…`.
    case job(String)
    /// An ARM id of anything else: the type, such as `Microsoft.Storage/storageAccounts`.
    case resource(type: String)
    /// `http(s)://…`: the host with its port and the first part of the path.
    case storage(host: String, account: String)
    /// `azureml://` with something else behind it, or another scheme, such as `wasbs` and `runs`.
    case elsewhere

    package init(_ text: String) { self = Self.split(text).place }

    /// The place, and what follows it: `models/{name}/versions/{version}`, `datastores/{name}/paths/…`. Nil for texts
    /// that have no such parts.
    static func split(_ text: String) -> (place: AssetPlace, rest: ArraySlice<String>?) {
        let lowered = text.lowercased()
        let scheme = "azureml:"
        if lowered.hasPrefix("azureml://") { return split(uri: text.dropFirst("azureml://".count)) }
        if text.hasPrefix("/") || lowered.hasPrefix("azureml:/") {
            return split(id: text.hasPrefix("/") ? text : String(text.dropFirst(scheme.count)))
        }
        if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") { return (storage(text), nil) }
        let name = lowered.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        return (lowered.dropFirst(name.count).hasPrefix(":/") ? .elsewhere : .unstated, nil)
    }

    private static func split(id text: String) -> (place: AssetPlace, rest: ArraySlice<String>?) {
        guard let id = ResourceID(text), let first = id.segments.first else { return (.unstated, nil) }
        guard id.provider.lowercased() == ResourceID.machineLearning.lowercased() else {
            return (.resource(type: id.type), nil)
        }
        let rest = id.segments.dropFirst().flatMap { [$0.type, $0.name] }[...]
        switch first.type.lowercased() {
        case "workspaces": return (.workspace(id.workspace), rest)
        case "registries": return (.registry(first.name), rest)
        default: return (.resource(type: id.type), nil)
        }
    }

    private static func split(uri text: Substring) -> (place: AssetPlace, rest: ArraySlice<String>?) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)[...]
        func named(_ words: [Int: String]) -> Bool {
            words.allSatisfy { $0.key < parts.count && parts[$0.key].lowercased() == $0.value }
        }
        if named([0: "registries"]), parts.count > 1 { return (.registry(parts[1]), parts.dropFirst(2)) }
        if named([0: "jobs"]), parts.count > 1 { return (.job(parts[1]), parts.dropFirst(2)) }
        if named([0: "locations", 2: "workspaces"]), parts.count > 3 {
            return (.workspaceID(parts[3]), parts.dropFirst(4))
        }
        if named([0: "subscriptions", 2: "resourcegroups"]) {
            let hasProvider = named([4: "providers"])
            if hasProvider, !named([5: ResourceID.machineLearning.lowercased()]) {
                let type = [5, 6].filter { $0 < parts.count }.map { parts[$0] }.joined(separator: "/")
                return (.resource(type: type), nil)
            }
            let start = hasProvider ? 6 : 4
            guard named([start: "workspaces"]), start + 1 < parts.count else { return (.elsewhere, nil) }
            let workspace = ResourceID.workspace(
                subscription: parts[1], resourceGroup: parts[3], name: parts[start + 1])
            return (.workspace(workspace), parts.dropFirst(start + 2))
        }
        let collections = AssetKind.allCases.map(\.rawValue) + ["datastores"]
        let isHere = parts.first.map { collections.contains($0.lowercased()) } ?? false
        return isHere ? (.unstated, parts) : (.elsewhere, nil)
    }

    private static func storage(_ text: String) -> AssetPlace {
        guard let url = URLComponents(string: text), let host = url.host?.lowercased(), !host.isEmpty else {
            return .elsewhere
        }
        let account = url.path.split(separator: "/").first.map(String.init) ?? ""
        return .storage(host: url.port.map { "\(host):\($0)" } ?? host, account: account)
    }
}

/// How clients spell URLs of an installation's artifact store.
package struct StorageAddress: Sendable, Equatable {
    /// First part of the path of path-style URLs.
    package var account: String
    /// Hosts, with their ports, that are the installation's own; nil where every name that leads to it can't be known.
    package var hosts: Set<String>?

    /// The account of every installation.
    package static let accountName = "sluice"

    package init(account: String = accountName, hosts: Set<String>? = nil) {
        self.account = account
        self.hosts = hosts.map { Set($0.map { $0.lowercased() }) }
    }

    /// `https://host/{account}/…`, or what clients make of it that put `.blob.{suffix}` behind the account, as a part of the
    /// path or as a host.
    package func contains(host: String, account: String) -> Bool {
        let name = host.prefix { $0 != ":" }
        if name.contains(".blob.") { return name == "\(self.account).blob.local" }
        let isOurs = account == self.account || account.hasPrefix("\(self.account).blob.")
        return isOurs && (hosts?.contains(host) ?? true)
    }
}
