import Foundation

/// What of this host foreign code sees: programs, libraries, and the few files of `/etc` that they read.
struct SystemLayout: Sendable, Equatable {
    /// Folders shown at their own paths.
    var folders: [String]
    /// Links at the root, such as `/lib` to `usr/lib`: path and target.
    var links: [String: String]
    /// Files and folders of `/etc`.
    var settings: [String]
    /// Devices beside the usual ones: those of GPUs.
    var devices: [String]

    static let nothing = SystemLayout(folders: [], links: [:], settings: [], devices: [])

    /// Looks at this host.
    static func discover() -> SystemLayout {
        let manager = FileManager.default
        var layout = SystemLayout(folders: ["/usr"], links: [:], settings: [], devices: [])
        for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            if let target = try? manager.destinationOfSymbolicLink(atPath: path) {
                layout.links[path] = target
            } else if manager.fileExists(atPath: path) {
                layout.folders.append(path)
            }
        }
        layout.settings = settingNames.map { "/etc/\($0)" }.filter { manager.fileExists(atPath: $0) }
        // A host without GPUs has none of them.
        let names = ((try? manager.contentsOfDirectory(atPath: "/dev")) ?? []).sorted()
        layout.devices = names.filter { $0.hasPrefix("nvidia") || $0 == "kfd" || $0 == "dri" }.map { "/dev/\($0)" }
        return layout
    }

    /// What the loader, TLS, the resolver, time zones and fonts read; no accounts, no keys, no credentials.
    private static let settingNames = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts", "gai.conf", "host.conf",
        "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types", "nsswitch.conf",
        "OpenCL", "os-release", "pki/tls", "protocols", "resolv.conf", "services", "ssl/certs", "ssl/cert.pem",
        "ssl/openssl.cnf", "timezone", "vulkan",
    ]

    /// Whether a path is shown with the system's own folders.
    func shows(_ path: String) -> Bool {
        (folders + Array(links.keys)).contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
