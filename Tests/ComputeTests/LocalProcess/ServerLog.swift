import Foundation

/// A log of `azureml-inference-server-http` 1.5.1 with a scoring script that doesn't come up, as it was written, paths
/// shortened.
enum ServerLog: String {
    case importError = "import-error"
    case syntaxError = "syntax-error"
    case initFailed = "init-failed"
    case initChained = "init-chained"
    case noRun = "no-run"
    case runArguments = "run-arguments"

    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "../../Support/ServerLogs").standardizedFileURL

    func read() throws -> String {
        // The last line end is the file's.
        String(try Self.folder.appending(path: "\(rawValue).log").text.dropLast())
    }
}
