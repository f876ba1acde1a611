import Foundation

extension JSONValue {
    /// What an encodable value looks like on the wire: members in the order of their names, those without a value left out,
    /// times as ISO 8601 with microseconds in UTC, whole numbers without a fraction.
    package init(encoding value: some Encodable) throws {
        self = try Self.document(of: value)
    }

    /// A number as the wire has it: a whole one without a fraction.
    package init(wire number: Double) {
        // Beyond, numbers are written with an exponent.
        let exact = Int64(exactly: number).flatMap { $0.magnitude <= 1 << 53 ? $0 : nil }
        self = exact.map { .integer($0) } ?? .number(number)
    }

    fileprivate static func document(of value: some Encodable) throws -> JSONValue {
        switch value {
        case let text as String: return .string(text)
        case let flag as Bool: return .boolean(flag)
        case let number as any FixedWidthInteger: return .integer(Int64(clamping: number))
        case let number as Double: return JSONValue(wire: number)
        case let map as [String: String]:
            return .object(JSONObject(unique: map.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        case let date as Date: return .string(date.digits(separator: "T", zone: "Z"))
        default:
            let node = Node()
            try value.encode(to: NodeEncoder(node: node))
            return node.document
        }
    }
}

/// A place that a value encodes itself into.
private final class Node {
    enum Content {
        case value(JSONValue)
        case elements([Node])
        case members([(name: String, node: Node)])
    }

    var content = Content.value(.null)

    init(_ content: Content = .value(.null)) {
        self.content = content
    }

    var document: JSONValue {
        switch content {
        case .value(let value): value
        case .elements(let nodes): .array(nodes.map(\.document))
        case .members(let members):
            .object(
                JSONObject(unique: members.sorted { $0.name < $1.name }.map { ($0.name, $0.node.document) }))
        }
    }

    func append(_ node: Node) {
        guard case .elements(var nodes) = content else { return }
        content = .value(.null)  // so that the array has one owner while it grows
        nodes.append(node)
        content = .elements(nodes)
    }

    func set(_ name: String, _ node: Node) {
        guard case .members(var members) = content else { return }
        content = .value(.null)
        members.append((name, node))
        content = .members(members)
    }
}

private struct NodeEncoder: Encoder {
    let node: Node
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(MemberContainer<Key>(node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { ElementContainer(node) }

    func singleValueContainer() -> any SingleValueEncodingContainer { ValueContainer(node: node) }
}

private struct MemberContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let node: Node
    let codingPath: [any CodingKey] = []

    init(_ node: Node) {
        self.node = node
        // A class and what it inherits from share one object.
        if case .members = node.content { return }
        node.content = .members([])
    }

    private func child(_ key: some CodingKey, _ content: Node.Content = .value(.null)) -> Node {
        let child = Node(content)
        node.set(key.stringValue, child)
        return child
    }

    mutating func encodeNil(forKey key: Key) { _ = child(key) }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        _ = child(key, .value(try JSONValue.document(of: value)))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        NodeEncoder(node: child(key)).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ElementContainer(child(key))
    }

    mutating func superEncoder() -> any Encoder { NodeEncoder(node: node) }

    mutating func superEncoder(forKey key: Key) -> any Encoder { NodeEncoder(node: child(key)) }
}

private struct ElementContainer: UnkeyedEncodingContainer {
    private let node: Node
    let codingPath: [any CodingKey] = []
    private(set) var count = 0

    init(_ node: Node) {
        self.node = node
        node.content = .elements([])
    }

    private mutating func child(_ content: Node.Content = .value(.null)) -> Node {
        let child = Node(content)
        node.append(child)
        count += 1
        return child
    }

    mutating func encodeNil() { _ = child() }

    mutating func encode(_ value: some Encodable) throws {
        _ = child(.value(try JSONValue.document(of: value)))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        NodeEncoder(node: child()).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { ElementContainer(child()) }

    mutating func superEncoder() -> any Encoder { NodeEncoder(node: child()) }
}

private struct ValueContainer: SingleValueEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey] = []

    mutating func encodeNil() { node.content = .value(.null) }

    mutating func encode(_ value: some Encodable) throws {
        node.content = .value(try JSONValue.document(of: value))
    }
}
