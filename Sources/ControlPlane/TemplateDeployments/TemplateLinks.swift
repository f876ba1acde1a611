import Artifacts
import Foundation
import Postgres
import Resources
import Store

/// Templates and parameters behind links: files of the artifact store, which the clients upload them to.
///
/// A link reads what its signature opens, or what its caller may have signed: files of a workspace whose datastores'
/// secrets the caller may list.
struct TemplateLinks: Sendable {
    private let database: Database
    private let artifacts: ArtifactStore
    private let account: StorageAccount
    private let signer: ContainerSigner

    init(database: Database, artifacts: ArtifactStore, account: StorageAccount, signer: ContainerSigner) {
        (self.database, self.artifacts) = (database, artifacts)
        (self.account, self.signer) = (account, signer)
    }

    /// Longest document behind a link.
    private static let limit = 4 * 1_024 * 1_024

    /// The address that a link means; a relative one begins at the template that holds it, with the query of that one
    /// unless the link has its own.
    static func address(_ link: JSONValue, relativeTo base: String?, at path: String) throws(ARMError) -> String {
        let query = link["queryString"]?.text.map { $0.hasPrefix("?") ? $0 : "?\($0)" }
        if let uri = link["uri"]?.text { return uri.contains("?") ? uri : uri + (query ?? "") }
        if link["id"] != nil {
            throw ARMError(
                .invalidContentLink, "Template specs are not supported; give the link a 'uri'.", target: path)
        }
        guard let relative = link["relativePath"]?.text else {
            throw ARMError(.invalidContentLink, "The link must have a 'uri' or a 'relativePath'.", target: path)
        }
        guard let base, let url = URL(string: relative, relativeTo: URL(string: base)) else {
            throw ARMError(
                .invalidContentLink,
                "The relative path '\(relative.prefix(200))' needs a template that is behind a link itself.",
                target: path)
        }
        let inherited = base.firstIndex(of: "?").map { String(base[$0...]) }
        return url.absoluteString + (url.query == nil ? query ?? inherited ?? "" : "")
    }

    /// The document at an address, with the liberties of templates.
    func read(_ address: String, at path: String, for caller: Caller) async throws -> JSONValue {
        guard let place = place(address) else {
            throw ARMError(
                .invalidContentLink,
                "The address '\(Self.withoutQuery(address).prefix(300))' is not that of a file in the artifact store; templates elsewhere are "
                    + "not fetched.", target: path)
        }
        guard try await mayRead(place, address, caller) else {
            throw ARMError(
                .invalidContentLink,
                "What is at '\(Self.withoutQuery(address).prefix(300))' can be read only with a valid signature, or by "
                    + "whoever may list the secrets of its workspace's datastores.", target: path)
        }
        let bytes = try await content(of: place, address: address, path)
        do {
            return try JSONParser.parse(bytes, as: .template)
        } catch {
            throw ARMError(
                .invalidContentLink,
                "What is at '\(Self.withoutQuery(address).prefix(300))' is not valid JSON: \(error.description).",
                target: path)
        }
    }

    private func mayRead(_ place: ArtifactReference, _ address: String, _ caller: Caller) async throws -> Bool {
        if let query = URLComponents(string: address)?.queryItems, signer.opens(place, query: query) { return true }
        guard let owner = try await ArtifactContainerStore(database).owner(of: place.container),
            let workspace = try await WorkspaceStore(database).find(id: owner)?.resourceID
        else { return false }
        let action = Right.action(.action("listSecrets"), type: "\(ResourceID.machineLearning)/workspaces/datastores")
        return try await AccessService(database: database).rights(of: caller).allow(
            Right(action: action, scope: workspace.description))
    }

    private func content(of place: ArtifactReference, address: String, _ path: String) async throws -> [UInt8] {
        do {
            let content = try await artifacts.get(try BlobName(place.path), in: try ContainerName(place.container))
                .content
            guard content.range.count <= Self.limit else {
                throw ARMError(
                    .invalidContentLink,
                    "What is at '\(Self.withoutQuery(address).prefix(300))' has more than \(Self.limit) bytes.",
                    target: path)
            }
            var bytes: [UInt8] = []
            for try await chunk in content { bytes += chunk }
            return bytes
        } catch is ArtifactError {
            throw ARMError(
                .invalidContentLink, "There is nothing to read at '\(Self.withoutQuery(address).prefix(300))'.",
                target: path)
        }
    }

    /// What of a request is shown again.
    static func shown(template: JSONValue?, parameters: JSONValue?, debugSetting: JSONValue?) -> JSONValue {
        var object = JSONObject()
        object.set("templateLink", shown(template))
        object.set("parametersLink", shown(parameters))
        object.set("debugSetting", debugSetting)
        return .object(object)
    }

    /// A link as it is shown again: without the signature that opens what is behind it.
    private static func shown(_ link: JSONValue?) -> JSONValue? {
        guard case .object(var object)? = link else { return nil }
        for member in object.members {
            switch member.name.lowercased() {
            case "uri": object.set(member.name, member.value.text.map { .string(String($0.prefix { $0 != "?" })) })
            case "querystring": object.set(member.name, nil)
            default: break
            }
        }
        return .object(object)
    }

    /// Signatures stay out of messages and rows.
    static func withoutQuery(_ address: String) -> String { String(address.prefix { $0 != "?" }) }

    /// `http(s)://host/{account}/{container}/{path}` of our own account, whose segment clients that build hosts spell
    /// `{account}.blob.{suffix}`.
    private func place(_ address: String) -> ArtifactReference? {
        guard let url = URLComponents(string: address), url.scheme == "https" || url.scheme == "http" else {
            return nil
        }
        let parts = url.path.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts[0] == account.name || parts[0].hasPrefix("\(account.name).blob.") else {
            return nil
        }
        return ArtifactReference(container: parts[1], path: parts.dropFirst(2).joined(separator: "/"))
    }
}
