package import Foundation

/// The workspace that references are used in. Its own assets and files are all that they may name: one of another place
/// must never be served by a namesake here.
package struct AssetScope: Sendable {
    package var workspace: ResourceID
    /// Nil while the workspace is yet to be made.
    package var workspaceID: UUID?
    package var storage: StorageAddress

    package init(workspace: ResourceID, workspaceID: UUID?, storage: StorageAddress) {
        (self.workspace, self.workspaceID, self.storage) = (workspace, workspaceID, storage)
    }

    /// Reads a reference to an asset of the workspace, or to its files.
    ///
    /// - Throws: `BadArgument`, whose message names the place when it is another one.
    package func reference(_ text: String, _ kind: AssetKind) throws(ARMError) -> AssetReference {
        try check(text, kind)
        guard let reference = AssetReference(text, kind: kind) else {
            throw ARMError(.badArgument, "'\(Self.shown(text))' is not a reference to \(kind.phrase)")
        }
        return reference
    }

    /// Refuses a text that leads out of the workspace; says nothing about one that can't be read.
    ///
    /// - Throws: `BadArgument` with the place and what would be allowed.
    package func check(_ text: String, _ kind: AssetKind) throws(ARMError) {
        let shown = Self.shown(text)
        func refusal(_ place: String) -> ARMError {
            ARMError(
                .badArgument,
                "'\(shown)' names \(kind.phrase) of \(place.prefix(300)); only those of the workspace '\(workspace.name)' itself "
                    + "can be used, register it there and name it azureml:name:version")
        }
        func fileRefusal(_ place: String) -> ARMError {
            ARMError(
                .badArgument,
                "'\(shown)' names files of \(place.prefix(300)); only those in datastores of the workspace '\(workspace.name)' and in the "
                    + "storage account '\(storage.account)' of this installation can be used, upload them there")
        }
        let (place, rest) = AssetPlace.split(text)
        let isFile = rest?.first?.lowercased() == "datastores"
        let refused = isFile ? fileRefusal : refusal
        switch place {
        case .unstated: return
        case .workspace(let other) where other == workspace: return
        case .workspace(let other):
            throw refused(
                "the workspace '\(other.name)' in the resource group '\(other.resourceGroup)' of the subscription "
                    + "'\(other.subscription)'")
        case .workspaceID(let id):
            guard workspaceID == nil || id.lowercased() != workspaceID?.uuidString.lowercased() else { return }
            throw refused("the workspace with the id '\(id)'")
        case .registry(let name): throw refusal("the registry '\(name)'")
        case .job(let name): throw fileRefusal("the job '\(name)'")
        case .resource(let type): throw refusal("a resource of the type '\(type)'")
        case .storage(let host, let account):
            // Data may lie anywhere: it is kept as it is, and not fetched.
            guard kind != .data, !storage.contains(host: host, account: account) else { return }
            throw fileRefusal("the storage '\(account.isEmpty ? host : "\(host)/\(account)")'")
        case .elsewhere:
            guard kind != .data || text.lowercased().hasPrefix("azureml:") else { return }
            throw fileRefusal("a place that is not known here")
        }
    }

    /// Without the query, which may hold a signature.
    private static func shown(_ text: String) -> String { String(text.prefix { $0 != "?" }.prefix(300)) }
}

extension AssetKind {
    /// In messages: `a model`, `code`.
    fileprivate var phrase: String {
        switch self {
        case .code, .data: noun
        case .model: "a model"
        case .environment: "an environment"
        }
    }

}

extension AssetVersionRequest {
    /// Refuses content whose files lie in another place than the scope's.
    package func checkPlace(in scope: AssetScope) throws(ARMError) {
        let (field, text): (String, String)
        switch content {
        case .code(let code): (field, text) = ("codeUri", code.codeUri)
        case .model(let model): (field, text) = ("modelUri", model.modelUri)
        case .data(let data): (field, text) = ("dataUri", data.dataUri)
        case .environment: return
        }
        do {
            try scope.check(text, content.kind)
        } catch {
            let path = "$.properties.\(field)"
            throw ARMError(
                error.code, "The \(content.kind.noun) version is not valid: \(path) \(error.message).", target: path)
        }
    }
}
