import Artifacts
import Foundation
import Resources

/// Signs containers of the artifact store for clients, for a day.
package struct ContainerSigner: Sendable {
    let account: StorageAccount
    var time: TimeSource = .system

    /// How long a signature is valid.
    static let lifetime = Duration.seconds(24 * 3_600)

    /// Whether an account's name, as a client states it, is ours: bare, or behind the host as we tell it.
    func isOurs(_ accountName: String) -> Bool {
        accountName.lowercased().split(separator: "/").last.map(String.init) == account.name
    }

    /// Whether a signed query opens a place of the store for reading now.
    func opens(_ place: ArtifactReference, query: [URLQueryItem]) -> Bool {
        // A signature that is not valid opens nothing.
        guard let signature = try? SharedAccessSignature(query: query.map { ($0.name, $0.value ?? "") }),
            let container = try? ContainerName(place.container)
        else { return false }
        let blob = place.path.isEmpty ? nil : try? BlobName(place.path)
        let access = StorageAccess(blob.map { .blob(container, $0) } ?? .contents(container), .read)
        let permissions = try? signature.authorise(
            access, account: account, origin: StorageOrigin(isSecure: true), now: time.now())
        return permissions?.contains(.read) ?? false
    }

    /// The signed query of the container's URL, without a question mark. A secret until it expires.
    func sign(
        _ container: ContainerName, _ permissions: Set<StorageAccess.Permission>
    ) throws(ARMError) -> String {
        let signature = SharedAccessSignature.issue(
            container: container, permissions: permissions,
            expiry: time.now() + TimeInterval(Self.lifetime.components.seconds), secureOnly: false,
            account: account)
        guard let signature else { throw ARMError(.internalServerError, "The artifact store has no key.") }
        return signature
    }
}
