import Configuration
import Foundation

/// Reads keys as what they should be, and collects those that are not.
struct SettingsReader {
    let config: ConfigReader
    private(set) var problems: [String] = []

    init(config: ConfigReader) {
        self.config = config
    }

    /// Empty counts as not set.
    func text(_ key: String) -> String? {
        config.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A file's path, absolute: what is started later runs in another directory.
    func path(_ key: String) -> String? { text(key).map(Self.absolute) }

    static func absolute(_ path: String) -> String { URL(filePath: path).absoluteURL.standardizedFileURL.path }

    /// Texts between commas.
    func list(_ key: String) -> [String] {
        text(key)?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
    }

    /// Values between commas, each of which must have the form.
    mutating func values<Value>(_ key: String, _ form: String, _ parse: (String) -> Value?) -> [Value] {
        list(key).compactMap { text in
            let value = parse(text)
            if value == nil { problems.append("\(key) must hold \(form), not '\(text)'") }
            return value
        }
    }

    /// A value that must have the form.
    mutating func value<Value>(_ key: String, _ form: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(key) else { return nil }
        let value = parse(text)
        if value == nil { problems.append("\(key) must be \(form), not '\(text)'") }
        return value
    }

    mutating func integer(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
        guard let text = text(key) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            problems.append("\(key) must be a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
            return fallback
        }
        return number
    }

    /// A number that is not negative; nil for no limit.
    mutating func limit(_ key: String) -> Int? {
        text(key) == nil ? nil : integer(key, 0, 0...1_000_000_000)
    }

    mutating func address(_ key: String) -> SocketAddressText? {
        guard let text = text(key) else { return nil }
        guard let address = SocketAddressText(text) else {
            problems.append("\(key) must be host:port, not '\(text)'")
            return nil
        }
        return address
    }

    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ fallback: Value) -> Value {
        guard let text = text(key) else { return fallback }
        guard let value = Value(rawValue: text.lowercased()) else {
            let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("\(key) must be one of \(choices), not '\(text)'")
            return fallback
        }
        return value
    }
}
