import Foundation
import Resources

/// An object of a response while it is put together. Members without a value are left out, and stand in the order of
/// their names.
///
/// ```swift
/// var body = try Document(encoding: group.properties)
/// body.set("name", group.name)
/// return body.value
/// ```
struct Document {
    private var members: [(name: String, value: JSONValue)] = []

    init() {}

    /// Begins with the members that a value encodes.
    init(encoding value: some Encodable) throws {
        members = try JSONValue(encoding: value).members
    }

    var value: JSONValue { .object(JSONObject(unique: members.sorted { $0.name < $1.name })) }

    /// Sets a member, in place of one of the same name; nothing for nil.
    mutating func set(_ name: String, _ value: JSONValue?) {
        guard let value else { return }
        members.removeAll { $0.name == name }
        members.append((name, value))
    }

    mutating func set(_ name: String, _ value: String?) {
        set(name, value.map { JSONValue.string($0) })
    }

    mutating func set(_ name: String, _ value: Bool?) {
        set(name, value.map { JSONValue.boolean($0) })
    }

    mutating func set(_ name: String, _ value: Int?) {
        set(name, value.map { JSONValue.integer(Int64($0)) })
    }

    mutating func set(_ name: String, _ value: Double?) {
        set(name, value.map { JSONValue(wire: $0) })
    }

    mutating func set(_ name: String, _ value: Date?) {
        set(name, value.map { WireDate.text($0) })
    }

    mutating func set(_ name: String, _ value: (some RawRepresentable<String>)?) {
        set(name, value?.rawValue)
    }

    mutating func set(_ name: String, _ value: [JSONValue]?) {
        set(name, value.map { JSONValue.array($0) })
    }

    mutating func set(_ name: String, encoding value: (some Encodable)?) throws {
        set(name, try value.map { try JSONValue(encoding: $0) })
    }

    /// Adds the members that a value encodes.
    mutating func add(_ value: some Encodable) throws {
        for member in try JSONValue(encoding: value).members { set(member.name, member.value) }
    }

    mutating func remove(_ name: String) {
        members.removeAll { $0.name == name }
    }
}

/// Times on the wire: `2026-01-31T12:00:00.123456Z`.
enum WireDate {
    static func text(_ date: Date) -> String { date.digits(separator: "T", zone: "Z") }
}
