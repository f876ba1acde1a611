package import Artifacts
import Foundation
import Resources

/// Signs containers of the artifact store for clients, for a day.
package struct ContainerSigner: Sendable {
    private let account: StorageAccount
    private let time: TimeSource

    private static let lifetime: TimeInterval = 24 * 3_600

    package init(account: StorageAccount, time: TimeSource = .system) {
        self.account = account
        self.time = time
    }

    /// Whether an account's name, as a client states it, is ours: bare, or behind the host as we tell it.
    func isOurs(_ accountName: String) -> Bool {
        accountName.lowercased().split(separator: "/").last.map(String.init) == account.name
    }

    /// The signed query of the container's URL, without a question mark. A secret until it expires.
    func sign(
        _ container: ContainerName, _ permissions: Set<StorageAccess.Permission>
    ) throws(ARMError) -> String {
        let signature = SharedAccessSignature.issue(
            container: container, permissions: permissions, expiry: time.now() + Self.lifetime, secureOnly: false,
            account: account)
        guard let signature else { throw ARMError(.internalServerError, "The artifact store has no key.") }
        return signature
    }
}
