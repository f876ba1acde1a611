/// A JSON document as it was sent: the order of members and the difference between 1 and 1.0 are kept.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Name of the type in error messages.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Members of an object in the order they were written. Of equal names the last one wins.
package struct JSONObject: Sendable, Equatable {
    package private(set) var members: [(name: String, value: JSONValue)] = []

    package init(_ members: [(name: String, value: JSONValue)] = []) {
        // A few names are compared faster than hashed.
        guard members.count > 8 else {
            self.members.reserveCapacity(members.count)
            for member in members { set(member.name, member.value) }
            return
        }
        var positions: [String: Int] = [:]
        for member in members {
            if let position = positions[member.name] {
                self.members[position].value = member.value
            } else {
                positions[member.name] = self.members.count
                self.members.append(member)
            }
        }
    }

    /// With names of which none is there twice.
    package init(unique members: [(name: String, value: JSONValue)]) {
        self.members = members
    }

    /// The member of exactly that name, else one that differs only in case: clients vary it.
    package subscript(_ name: String) -> JSONValue? {
        if let exact = members.first(where: { $0.name == name }) { return exact.value }
        let lowered = name.lowercased()
        return members.first { Self.isSpelled($0.name, lowered) }?.value
    }

    /// Whether a name has this form in lower case; found without making that form of ASCII.
    private static func isSpelled(_ name: String, _ lowered: String) -> Bool {
        var expected = lowered.utf8.makeIterator()
        for byte in name.utf8 {
            guard byte < 0x80 else { return name.lowercased() == lowered }
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == expected.next() else { return false }
        }
        return expected.next() == nil
    }

    /// Sets the member of exactly that name, at its place or at the end; nil removes it.
    package mutating func set(_ name: String, _ value: JSONValue?) {
        let position = members.firstIndex { $0.name == name }
        switch (position, value) {
        case (let position?, let value?): members[position].value = value
        case (let position?, nil): members.remove(at: position)
        case (nil, let value?): members.append((name, value))
        case (nil, nil): break
        }
    }

    package static func == (first: JSONObject, second: JSONObject) -> Bool {
        first.members.count == second.members.count
            && zip(first.members, second.members).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}
