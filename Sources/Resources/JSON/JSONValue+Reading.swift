/// Reading a document whose shape is known, as clients and tests do.
extension JSONValue {
    package subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var number: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// A number with or without a fraction.
    package var real: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    package var flag: Bool? {
        if case .boolean(let flag) = self { flag } else { nil }
    }

    package var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// Members of an object, in order.
    package var members: [(name: String, value: JSONValue)] {
        if case .object(let object) = self { object.members } else { [] }
    }
}

extension JSONValue {
    /// Sets the member at a path, however its names are spelt, or removes it for nil. A path that leads nowhere changes
    /// nothing.
    ///
    /// - Parameter path: such as `properties.credentials`.
    package mutating func replace(_ path: String, with value: JSONValue?) {
        replace(path.split(separator: ".")[...], with: value)
    }

    private mutating func replace(_ path: ArraySlice<Substring>, with value: JSONValue?) {
        guard case .object(var object) = self, let first = path.first else { return }
        for member in object.members where member.name.isSameWord(as: first) {
            if path.count == 1 {
                object.set(member.name, value)
            } else {
                var child = member.value
                child.replace(path.dropFirst(), with: value)
                object.set(member.name, child)
            }
        }
        self = .object(object)
    }
}
