import Foundation

/// The options among the lines of a requirements file, so that uv does with them what pip does.
///
/// uv ignores some of them in files, takes a package from the first index that has any version of it, and fails where
/// an index does not answer.
struct PipOptions: Sendable, Equatable {
    /// A line that names one more place to look for packages.
    struct Place: Sendable, Equatable {
        enum Kind: Sendable {
            /// Has a page for each project.
            case index
            /// One page of files.
            case links
        }

        var line: String
        var kind: Kind
        var url: String

        /// The URL without what may be secret in it.
        var shown: String {
            var text = url.prefix { $0 != "?" && $0 != "#" }
            if let scheme = text.range(of: "://") {
                let rest = text[scheme.upperBound...]
                let host = rest.prefix { $0 != "/" }
                if let sign = host.lastIndex(of: "@") {
                    text = text[..<scheme.upperBound] + rest[rest.index(after: sign)...]
                }
            }
            return String(text)
        }
    }

    /// All lines but those that have become arguments.
    private(set) var lines: [String] = []
    /// For uv's command line.
    private(set) var arguments = ["--index-strategy", "unsafe-best-match"]
    private(set) var places: [Place] = []

    init(_ requirements: [String]) {
        for line in requirements {
            let parts = line.split(maxSplits: 1) { $0 == "=" || $0.isWhitespace }
            let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            switch parts.first {
            case "--pre": arguments += ["--prerelease", "allow"]
            case "--trusted-host": arguments += ["--allow-insecure-host", value]
            case "--prefer-binary", "--use-feature": break  // says nothing about what is installed
            case "--extra-index-url": add(line, .index, value)
            case "--find-links", "-f": add(line, .links, value)
            default: lines.append(line)
            }
        }
    }

    private mutating func add(_ line: String, _ kind: Place.Kind, _ value: String) {
        lines.append(line)
        if value.contains("://") { places.append(Place(line: line, kind: kind, url: value)) }
    }

    /// Those lines that are options.
    var options: [String] { lines.filter { $0.hasPrefix("-") } }

    func without(_ unreachable: [Place]) -> PipOptions {
        var left = self
        left.lines.removeAll { line in unreachable.contains { $0.line == line } }
        left.places.removeAll { place in unreachable.contains { $0.line == place.line } }
        return left
    }
}
