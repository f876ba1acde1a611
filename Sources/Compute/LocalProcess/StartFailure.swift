import Foundation

/// Why a scoring script did not come up, read from the model server's log.
package struct StartFailure: Sendable, Equatable {
    /// Azure's codes ("Troubleshooting online endpoints deployment and scoring", section "User container").
    package enum Code: String, Sendable {
        case importError = "UserScriptImportError"
        case initFailed = "UserScriptInitFailed"
        case functionNotFound = "UserScriptFunctionNotFound"
    }

    package var code: Code
    /// Last line of the traceback that the script itself caused, such as `ValueError: no such model`.
    package var summary: String
    /// The last Python traceback of the log, without the server's line prefixes.
    package var traceback: String

    /// Looks for the last failure of a user's script in a log of `azureml-inference-server-http`; nil when it shows none.
    ///
    /// The server logs the whole chain: the script's own traceback, then its own `UserScriptException` or
    /// `UserScriptImportException` "direct cause" part, or a lone `UserScriptError` for a missing function.
    package static func explain(log: String) -> StartFailure? {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).map { $0.last == "\r" ? $0.dropLast() : $0 }
        guard let end = lines.lastIndex(where: { verdict($0) != nil }), let code = verdict(lines[end]) else { return nil }
        let start = startOfChain(lines[..<end])
        let chain = lines[start...end].map { line in
            // The first line may carry the logger's prefix ("… Encountered Exception Traceback …").
            line.range(of: header).map { line[$0.lowerBound...] } ?? line
        }
        return StartFailure(code: code, summary: summary(chain), traceback: chain.joined(separator: "\n"))
    }

    private static let header = "Traceback (most recent call last):"
    private static let cause = "The above exception was the direct cause of the following exception:"
    private static let context = "During handling of the above exception, another exception occurred:"

    /// What the server's own last line of a traceback says about the script.
    private static func verdict(_ line: Substring) -> Code? {
        let prefix = "azureml_inference_server_http.server.user_script."
        guard line.hasPrefix(prefix) else { return nil }
        let name = line.dropFirst(prefix.count).prefix { $0.isLetter }
        switch name {
        case "UserScriptImportException": return .importError
        case "UserScriptException": return .initFailed
        case "UserScriptError": return .functionNotFound
        default: return nil
        }
    }

    /// First line of the traceback that ends just before `lines.endIndex`, following "direct cause" links upwards.
    private static func startOfChain(_ lines: ArraySlice<Substring>) -> Int {
        var start = lines.endIndex
        var search = lines
        while let found = search.lastIndex(where: { $0.contains(header) }) {
            start = found
            let above = lines[lines.startIndex..<found].suffix(3)
            guard above.contains(where: { $0 == cause[...] || $0 == context[...] }) else { break }
            search = lines[lines.startIndex..<found]
        }
        return start
    }

    /// The exception line of the script's own part of the chain, or the server's when there is no such part.
    private static func summary(_ chain: [Substring]) -> String {
        let ends = chain.indices.filter { index in
            let line = chain[index]
            guard let first = line.first, first.isLetter, !line.contains(header) else { return false }
            return line != cause[...] && line != context[...] && chain[..<index].contains { $0.contains(header) }
        }
        let own = ends.last { verdict(chain[$0]) == nil } ?? ends.last
        guard let own else { return "" }
        let serverPrefix = "azureml_inference_server_http.server.user_script.UserScriptError: "
        return chain[own].hasPrefix(serverPrefix) ? String(chain[own].dropFirst(serverPrefix.count)) : String(chain[own])
    }
}
