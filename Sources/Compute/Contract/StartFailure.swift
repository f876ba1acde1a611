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

    /// Looks for the last failure of a user's script in a log of `azureml-inference-server-http`; nil when there is none.
    ///
    /// The server logs the whole chain: the script's own traceback, then its own `UserScriptException` or
    /// `UserScriptImportException` "direct cause" part, or a lone `UserScriptError` for a missing function.
    package static func explain(log: String) -> StartFailure? {
        let lines = log.split(omittingEmptySubsequences: false) { $0.isNewline }
        for end in lines.indices.reversed() {
            guard let code = verdict(lines[end]) else { continue }
            let start = startOfChain(lines[..<end])
            // The same exception ends the traceback of a failed request; only the one of a start is announced so.
            let isAnnounced = start > 0 && lines[start - 1].hasSuffix("User's init function failed")
            if code == .initFailed, !isAnnounced { continue }
            let chain = lines[start...end].map { line in
                // The first line may carry the logger's prefix ("… Encountered Exception Traceback …").
                line.range(of: header).map { line[$0.lowerBound...] } ?? line
            }
            return StartFailure(code: code, summary: summary(chain), traceback: chain.joined(separator: "\n"))
        }
        return nil
    }

    private static let header = "Traceback (most recent call last):"
    private static let cause = "The above exception was the direct cause of the following exception:"
    private static let context = "During handling of the above exception, another exception occurred:"
    private static let serverPrefix = "azureml_inference_server_http.server.user_script."

    /// What the server's own last line of a traceback says about the script.
    private static func verdict(_ line: Substring) -> Code? {
        guard line.hasPrefix(serverPrefix) else { return nil }
        switch line.dropFirst(serverPrefix.count).prefix(while: { $0.isLetter }) {
        case "UserScriptImportException": return .importError
        case "UserScriptException": return .initFailed
        // Also raised for a run() whose parameters the server can't fill.
        case "UserScriptError": return line.hasSuffix("function defined.") ? .functionNotFound : .importError
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
        var exceptions: [Substring] = []
        var isInFrames = false
        for line in chain {
            if line.contains(header) {
                isInFrames = true
            } else if isInFrames, line.first?.isWhitespace == false {
                // Frames are indented; the first line that is not names the exception. Its message may go on below.
                exceptions.append(line)
                isInFrames = false
            }
        }
        let own = exceptions.last { verdict($0) == nil } ?? exceptions.last ?? ""
        let message = own.hasPrefix(serverPrefix) ? own.split(separator: ": ", maxSplits: 1).last ?? own : own
        return String(message)
    }
}
