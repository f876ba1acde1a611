import Foundation
import Glibc
import Identity

/// Accounts of this host that belong to foreign code alone: numbers, for which no names are needed.
///
/// The first number is the group of all of them, which may read what they share, and the account of the probe; the
/// last one builds environments; each deployment has one of those between.
package struct AccountRange: Sendable, Hashable {
    package var first: UInt32
    package var last: UInt32

    package static let standard = AccountRange(first: 200_000, last: 265_535)

    private init(first: UInt32, last: UInt32) {
        (self.first, self.last) = (first, last)
    }

    /// Such as `200000-265535`: at least sixteen numbers, none of which the system gives to its own accounts.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt32(parts[0]), let last = UInt32(parts[1]), first >= 1_000,
            last < UInt32(Int32.max), last >= first, last - first >= 15
        else { return nil }
        self.init(first: first, last: last)
    }

    package var group: UInt32 { first }
    var probe: ChildLaunch.Account { ChildLaunch.Account(user: first, group: group) }
    var builder: ChildLaunch.Account { ChildLaunch.Account(user: last, group: group) }

    /// The account of a deployment: always the same one unless another deployment has it, then the next free one.
    func account(of deployment: String, taken: [UInt32: String]) -> ChildLaunch.Account? {
        let count = UInt64(last - first - 1)
        let start = UInt64(Digests.sha256Hex(deployment).prefix(15), radix: 16) ?? 0
        for step in 0..<count {
            let user = first + 1 + UInt32((start + step) % count)
            if taken[user].map({ $0 == deployment }) ?? true { return ChildLaunch.Account(user: user, group: group) }
        }
        return nil
    }
}

/// The account that a replica was given, as its folder keeps it.
struct ReplicaAccount: Sendable, Codable {
    var user: UInt32
    var group: UInt32
    /// Whose account it is: `endpoint/deployment`.
    var deployment: String

    var account: ChildLaunch.Account { ChildLaunch.Account(user: user, group: group) }
}

/// Gives what lies below a folder that only we could write so far to an account, without following links.
func hand(_ folder: URL, to account: ChildLaunch.Account?) throws(ComputeError) {
    guard let account else { return }
    let root = folder.path(percentEncoded: false)
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
    // The folder itself last: until then nobody else can change anything in it.
    for path in names.map({ "\(root)/\($0)" }) + [root] { try give(path, to: account) }
}

/// Gives one file or folder to an account; a link itself, not what it names.
func give(_ path: String, to account: ChildLaunch.Account) throws(ComputeError) {
    guard lchown(path, account.user, account.group) == 0 else {
        throw ComputeError(.exhausted, SpawnError("give \(path) to its account", errno: errno).description)
    }
}
