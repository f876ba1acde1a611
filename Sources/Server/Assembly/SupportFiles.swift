package import Foundation

/// Finds the files that belong to the binaries: beside them, in an installation's share directory, or in the sources.
package enum SupportFiles {
    /// The directory of this binary.
    package static var binaryDirectory: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    package static func sibling(_ name: String) -> String {
        binaryDirectory.appending(path: name).path
    }

    /// A directory such as `migrations`; the configured one, or the first that exists.
    static func find(_ name: String, given: String?) throws -> URL {
        if let given { return URL(filePath: given, directoryHint: .isDirectory) }
        var places = [binaryDirectory, binaryDirectory.appending(path: "../share/sluice")]
        var above = binaryDirectory
        // `.build/<triple>/release` lies in the sources.
        for _ in 0..<4 {
            above.deleteLastPathComponent()
            places.append(above)
        }
        for place in places {
            let directory = place.appending(path: name, directoryHint: .isDirectory).standardizedFileURL
            if FileManager.default.fileExists(atPath: directory.path) { return directory }
        }
        throw ConfigurationProblems(problems: ["the directory \(name) was not found beside the binary; set its key"])
    }
}
