import Foundation

/// How this host reaches its package index, as variables for `uv`.
///
/// `uv` does not read pip's settings, but hosts behind a mirror are mostly set up for pip. Order of precedence: `UV_…`
/// variables, `PIP_…` variables, the user's pip.conf, the system's pip.conf.
struct PackageIndexSettings: Sendable, Equatable {
    var variables: [String: String]

    /// `environment` is the one the control plane was started with; `files` are pip.conf texts, the weakest first.
    init(environment: [String: String], files: [String]) {
        var pip: [String: String] = [:]
        for file in files { pip.merge(PackageIndexSettings.parse(file)) { $1 } }
        for (name, value) in environment where name.hasPrefix("PIP_") && !value.isEmpty {
            pip[name.dropFirst(4).lowercased().replacing("_", with: "-")] = value
        }
        variables = [:]
        for (option, variable, separator) in PackageIndexSettings.translations {
            guard let value = pip[option] else { continue }
            variables[variable] = value.split(whereSeparator: \.isWhitespace).joined(separator: separator)
        }
        for (name, value) in environment where PackageIndexSettings.passesThrough(name) { variables[name] = value }
    }

    static func discover(_ configuration: LocalProcessConfiguration) -> PackageIndexSettings {
        discover(environment: configuration.hostEnvironment)
    }

    /// Reads the pip.conf files that pip itself would read.
    static func discover(environment: [String: String]) -> PackageIndexSettings {
        var paths = ["/etc/pip.conf"]
        if let home = environment["HOME"] {
            let configuration = environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
            paths += ["\(home)/.pip/pip.conf", "\(configuration)/pip/pip.conf"]
        }
        if let path = environment["PIP_CONFIG_FILE"] { paths.append(path) }
        // A file that is absent or unreadable has nothing to say.
        let texts = paths.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        return PackageIndexSettings(environment: environment, files: texts)
    }

    /// pip's option, uv's variable, and what separates several values there.
    private static let translations: [(option: String, variable: String, separator: String)] = [
        ("index-url", "UV_DEFAULT_INDEX", " "), ("extra-index-url", "UV_INDEX", " "),
        ("find-links", "UV_FIND_LINKS", ","), ("no-index", "UV_NO_INDEX", " "),
        ("trusted-host", "UV_INSECURE_HOST", " "), ("cert", "SSL_CERT_FILE", " "),
        ("timeout", "UV_HTTP_TIMEOUT", " "), ("default-timeout", "UV_HTTP_TIMEOUT", " "),
    ]

    /// Indexes, their credentials, TLS and proxies; nothing else of our environment reaches the installer.
    private static func passesThrough(_ name: String) -> Bool {
        let exact: Set<String> = [
            "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX", "UV_EXTRA_INDEX_URL", "UV_INSECURE_HOST", "UV_OFFLINE",
            "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_KEYRING_PROVIDER", "UV_CONFIG_FILE",
            "UV_EXCLUDE_NEWER", "UV_CONSTRAINT", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC", "HOME", "XDG_CONFIG_HOME",
        ]
        let proxies: Set<String> = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
        return exact.contains(name) || name.hasPrefix("UV_INDEX") || proxies.contains(name.lowercased())
    }

    /// Options of the sections that matter when installing; a value may go on in indented lines.
    private static func parse(_ text: String) -> [String: String] {
        var sections: [String: [String: String]] = [:]
        var section = ""
        var option: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let content = line.trimmingCharacters(in: .whitespaces)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("["), content.hasSuffix("]") {
                section = String(content.dropFirst().dropLast())
                option = nil
            } else if line.first?.isWhitespace == true, let option {
                sections[section, default: [:]][option, default: ""] += " " + content
            } else if let equals = content.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let name = content[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
                option = name.replacing("_", with: "-")
                let value = content[content.index(after: equals)...].trimmingCharacters(in: .whitespaces)
                sections[section, default: [:]][name.replacing("_", with: "-")] = value
            }
        }
        return (sections["global"] ?? [:]).merging(sections["install"] ?? [:]) { $1 }
    }
}
