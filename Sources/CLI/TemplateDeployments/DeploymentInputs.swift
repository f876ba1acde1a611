import Foundation
import Resources

/// A template's file and the parameters that a person states beside it.
struct DeploymentInputs {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let template: JSONValue
    private let templateText: String
    private var values: [(name: String, value: JSONValue)] = []

    init(templateFile: String, parameters: [String]) throws {
        (template, templateText) = try Self.read(templateFile, "template")
        for text in parameters { try take(text) }
    }

    private static func read(_ path: String, _ what: String) throws -> (JSONValue, String) {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(description: "The \(what) \(path) can't be read; is it there?")
        }
        do {
            return (try JSONParser.parse(bytes, as: .template), String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Failure(description: "The \(what) \(path) is not valid JSON: \(error.description)")
        }
    }

    /// A file, with or without `@` before it; a JSON text; or `name=value`.
    private mutating func take(_ text: String) throws {
        if text.hasPrefix("{") {
            do {
                return take(try JSONParser.parse(text.utf8, as: .template))
            } catch {
                throw Failure(
                    description: "The parameters '\(text.prefix(60))' are not valid JSON: \(error.description)")
            }
        }
        let path = text.hasPrefix("@") ? String(text.dropFirst()) : text
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if !text.hasPrefix("@"), parts.count == 2, !FileManager.default.fileExists(atPath: text) {
            values.append((parts[0], .object(JSONObject([("value", try value(parts[1], of: parts[0]))]))))
        } else {
            take(try Self.read(path, "parameter file").0)
        }
    }

    /// `{"parameters": {…}}` of a parameter file, or the parameters themselves.
    private mutating func take(_ document: JSONValue) {
        values += (document["$schema"] == nil ? document : document["parameters"] ?? .null).members
    }

    /// A value as the template's type has it; a text where the type is not known. `@path` reads it from a file.
    private func value(_ text: String, of name: String) throws -> JSONValue {
        var text = text
        if text.hasPrefix("@") {
            let path = String(text.dropFirst())
            do {
                text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            } catch {
                throw Failure(description: "The value of '\(name)', \(path), can't be read; is it there?")
            }
        }
        let type = template["parameters"]?[name]?["type"]?.text?.lowercased() ?? "string"
        guard !["string", "securestring"].contains(type) else { return .string(text) }
        // The server says what is wrong with a value that is no JSON: it gets the text.
        return (try? JSONParser.parse(text.utf8, as: .template)) ?? .string(text)
    }

    /// The request, with the template as it is written: lines in messages are those of the file.
    func body(mode: String, _ more: [(name: String, value: JSONValue)]) -> String {
        var properties = JSONObject([("mode", .string(mode)), ("parameters", .object(JSONObject(values)))])
        for member in more { properties.set(member.name, member.value) }
        let head = JSONWriter.text(of: .object(JSONObject([("properties", .object(properties))]))).dropLast(2)
        return "\(head),\"template\":\(templateText)}}"
    }
}
