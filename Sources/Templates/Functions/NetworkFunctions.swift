import Foundation
import Resources

/// Functions of CIDR blocks, IPv4 and IPv6.
enum NetworkFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let block = try read(try call.text(0), call)
        switch call.function {
        case .parseCIDR: return try describe(block, call)
        case .cidrSubnet: return try subnet(block, call)
        case .cidrHost: return try host(block, call)
        default: throw call.isOfAnotherGroup
        }
    }

    private struct Block {
        var address: UInt128
        var prefix: Int
        var width: Int

        /// Bits of the host.
        var mask: UInt128 { Block.ones(width - prefix) }
        var network: UInt128 { address & ~mask & Block.ones(width) }
        var last: UInt128 { network | mask }

        /// The first and the last address of IPv4 are the network's own; the smallest networks have no other.
        private var reservesEnds: Bool { width == 32 && width - prefix > 1 }
        var firstUsable: UInt128 { reservesEnds ? network + 1 : network }
        var lastUsable: UInt128 { reservesEnds ? last - 1 : last }

        static func ones(_ count: Int) -> UInt128 {
            count >= 128 ? UInt128.max : (UInt128(1) << UInt128(count)) - 1
        }
    }

    private static func read(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> Block {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let failure = call.fail("needs a network such as 10.144.0.0/20, not '\(text.prefix(60))'")
        guard parts.count == 2, let prefix = Int(parts[1]), prefix >= 0 else { throw failure }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(parts[0]), &bytes) == 1 {
            guard prefix <= 32 else { throw failure }
            return Block(address: number(bytes.prefix(4)), prefix: prefix, width: 32)
        }
        guard inet_pton(AF_INET6, String(parts[0]), &bytes) == 1, prefix <= 128 else { throw failure }
        return Block(address: number(bytes[...]), prefix: prefix, width: 128)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt128 {
        bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    }

    private static func text(_ address: UInt128, width: Int) -> String {
        let count = width / 8
        var bytes = (0..<count).map { UInt8(truncatingIfNeeded: address >> UInt128(8 * (count - 1 - $0))) }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = width == 32 ? AF_INET : AF_INET6
        guard inet_ntop(family, &bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func describe(_ block: Block, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let isV4 = block.width == 32
        let netmask = Block.ones(block.width) & ~block.mask
        var members: [(name: String, value: JSONValue)] = [
            ("network", .string(text(block.network, width: block.width))),
            ("netmask", .string(text(netmask, width: block.width))),
        ]
        if isV4 { members.append(("broadcast", .string(text(block.last, width: block.width)))) }
        members.append(("firstUsable", .string(text(block.firstUsable, width: block.width))))
        members.append(("lastUsable", .string(text(block.lastUsable, width: block.width))))
        members.append(("cidr", .integer(Int64(block.prefix))))
        return try call.made(members)
    }

    private static func subnet(_ block: Block, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let (prefix, index) = (try call.integer(1), try call.integer(2))
        guard (Int64(block.prefix)...Int64(block.width)).contains(prefix) else {
            throw call.fail("takes a prefix from \(block.prefix) to \(block.width), not \(prefix)")
        }
        let bits = Int(prefix) - block.prefix
        guard index >= 0, UInt128(index) <= Block.ones(bits) else {
            throw call.fail("has no subnet \(index) of /\(prefix) in a network of /\(block.prefix)")
        }
        let shift = block.width - Int(prefix)
        let network = block.network | (shift >= 128 ? 0 : UInt128(index) << UInt128(shift))
        return .string("\(text(network, width: block.width))/\(prefix)")
    }

    /// Index 0 is the first usable address; in IPv6 the one behind the network's.
    private static func host(_ block: Block, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let index = try call.integer(1)
        let first = block.width == 32 ? block.firstUsable : block.network + (block.mask > 0 ? 1 : 0)
        guard index >= 0, block.lastUsable - first >= UInt128(index) else {
            throw call.fail("has no host \(index) in a network of /\(block.prefix)")
        }
        return .string(text(first + UInt128(index), width: block.width))
    }
}
