import Client
import Resources

/// An error of the API with everything below it, down to the root cause.
struct ErrorTree: Error, CustomStringConvertible {
    private let error: JSONValue
    private let painter: Painter

    init(_ error: JSONValue, _ painter: Painter) {
        (self.error, self.painter) = (error, painter)
    }

    /// Throws the error of a response.
    static func check(_ response: ClientResponse, _ painter: Painter) throws {
        guard response.status >= 400 else { return }
        guard let error = response.json?["error"] else { return try SluiceClient.check(response) }
        throw ErrorTree(error, painter)
    }

    var description: String { lines(error, depth: 0).joined(separator: "\n") }

    private func lines(_ error: JSONValue, depth: Int) -> [String] {
        let indent = String(repeating: "  ", count: depth)
        let message = (error["message"]?.text ?? "").replacing("\n", with: "\n\(indent)    ")
        var line = "\(indent)\(painter.red(error["code"]?.text ?? "Error")): \(message)"
        if let target = error["target"]?.text, !message.contains(target) {
            line += painter.faint("\n\(indent)    at \(target)")
        }
        return [line] + (error["details"]?.elements ?? []).flatMap { lines($0, depth: depth + 1) }
    }
}
