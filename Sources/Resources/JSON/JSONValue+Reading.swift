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
