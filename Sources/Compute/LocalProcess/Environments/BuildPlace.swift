import Foundation
import Glibc

/// The working folder of one build: its home and temporary files, and copies of the settings that the installer reads,
/// for the account that builds can't enter the folders where they lie.
struct BuildPlace: Sendable {
    let url: URL
    /// Folders of packages that the settings name.
    private(set) var readable: [String] = []
    private var settings: [String: String] = [:]

    init(_ url: URL) {
        self.url = url
    }

    var temporary: URL { url.appending(path: "tmp") }
    var identities: URL { url.appending(path: "etc") }
    /// What the installer is told, out of its reach.
    var inputs: URL { url.appendingPathExtension("inputs") }
    /// What the requirements come to; versions that are in it before are preferred.
    var resolved: URL { url.appending(path: "resolved.txt") }
    /// A package cache of this build alone.
    var packages: URL { url.appending(path: "packages") }
    /// Whether the installer may not use the network.
    private(set) var isOffline = false
    private var home: URL { url.appending(path: "home") }

    /// What differs from the installer's usual variables where it is confined.
    func variables(_ mode: IsolationMode) -> [String: String] {
        guard mode != .none else { return [:] }
        let own = [
            "HOME": home.path(percentEncoded: false), "TMPDIR": temporary.path(percentEncoded: false),
            "XDG_CONFIG_HOME": home.appending(path: ".config").path(percentEncoded: false),
        ]
        return own.merging(settings) { $1 }
    }

    mutating func prepare(
        preferring versions: [String], sharing index: PackageIndexSettings, _ account: ChildLaunch.Account?
    ) async throws(ComputeError) {
        await remove()
        for folder in [url, home, temporary, identities, inputs] { try makeFolder(folder) }
        if account != nil { chmod(inputs.path(percentEncoded: false), 0o711) }
        try writeFile(Data((versions.joined(separator: "\n") + "\n").utf8), resolved)
        try AccountNames.write(into: identities, named: "build", home: home, account)
        copySettings(index.variables)
        isOffline = !["", "0", "false"].contains(index.variables["UV_OFFLINE"]?.lowercased() ?? "")
        try hand(url, to: account)
    }

    func remove() async { await RemovalOfForeignFiles.remove([url, inputs]) }

    /// A file of lines for the installer to read.
    func input(
        _ name: String, _ lines: [String], for account: ChildLaunch.Account?
    ) throws(ComputeError) -> String {
        let file = inputs.appending(path: name)
        try writeFile(Data((lines.joined(separator: "\n") + "\n").utf8), file)
        if let account { try give(file.path(percentEncoded: false), to: account) }
        return file.path(percentEncoded: false)
    }

    private mutating func copySettings(_ variables: [String: String]) {
        for name in ["SSL_CERT_FILE", "NETRC", "UV_CONFIG_FILE"] {
            guard let path = variables[name] else { continue }
            let copy = url.appending(path: name)
            // A file that can't be read is as absent for the installer as it would be without us.
            guard
                (try? FileManager.default.copyItem(at: URL(filePath: path).resolvingSymlinksInPath(), to: copy)) != nil
            else { continue }
            settings[name] = copy.path(percentEncoded: false)
        }
        let configuration = variables["XDG_CONFIG_HOME"] ?? variables["HOME"].map { "\($0)/.config" }
        let files = [
            (variables["HOME"].map { "\($0)/.netrc" }, ".netrc"),
            (configuration.map { "\($0)/uv/uv.toml" }, ".config/uv/uv.toml"),
        ]
        for (source, name) in files {
            guard let source, FileManager.default.fileExists(atPath: source) else { continue }
            let copy = home.appending(path: name)
            // As above.
            try? makeFolder(copy.deletingLastPathComponent())
            try? FileManager.default.copyItem(at: URL(filePath: source).resolvingSymlinksInPath(), to: copy)
        }
        let links = variables["UV_FIND_LINKS"]?.split(separator: ",").map(String.init) ?? []
        readable = (links + [variables["SSL_CERT_DIR"]].compactMap { $0 }).filter {
            $0.hasPrefix("/") && FileManager.default.fileExists(atPath: $0)
        }
    }
}
