/// A Kubernetes quantity: `500m`, `2`, `0.5`, `512Mi`, `1G`, `1e3` (kubernetes.io, "resource.Quantity").
///
/// Only the number that a text stands for. What it measures, and what is too much of it, `Millicores`, `ByteCount` and
/// `GPUCount` know.
package struct ResourceQuantity: Sendable, Equatable {
    /// Not negative and finite.
    package let value: Double

    /// Nil for what is no quantity, a negative one, or one beyond all numbers.
    package init?(_ text: String) {
        // The specification's own example quotes the quantity inside the string.
        let isQuoted = text.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        let text = isQuoted ? String(text.dropFirst().dropLast()) : text
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = String(text.dropFirst(number.count))
        guard let digits = Double(number), let factor = Self.factors[suffix] ?? Self.power(suffix) else { return nil }
        let value = digits * factor
        guard value.isFinite else { return nil }
        self.value = value
    }

    /// In thousandths, a smaller part of one taken as one: a limit never becomes 0, which is none.
    fileprivate var thousandths: Double { Self.wholes(value * 1_000) }
    fileprivate var wholes: Double { Self.wholes(value) }

    /// Rounded up, but not for what binary fractions add to a decimal one.
    private static func wholes(_ value: Double) -> Double { (value - min(1e-6, value / 2)).rounded(.up) }

    /// `e3` and `E3`.
    private static func power(_ suffix: String) -> Double? {
        guard let first = suffix.first, first == "e" || first == "E", suffix.count <= 4,
            let exponent = Int(suffix.dropFirst())
        else { return nil }
        return Double("1e\(exponent)")
    }

    private static let factors: [String: Double] = [
        "": 1, "n": 1e-9, "u": 1e-6, "m": 0.001, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
        "E": 1e18,
        "Ki": 1_024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
        "Ei": 1_152_921_504_606_846_976,
    ]
}

/// An amount with a bound so low that sums and products of what an installation holds fit into 64 bits.
package protocol BoundedQuantity: Sendable, Hashable, Comparable, Codable {
    associatedtype Number: FixedWidthInteger & Codable & Sendable

    /// The largest amount.
    static var most: Number { get }
    /// For messages: the rule that the bound makes.
    static var rule: String { get }

    /// 0...`most`.
    var amount: Number { get }

    /// The amount, or the nearest in the bounds.
    init(clamping amount: Number)

    /// What a text of a body amounts to in the units of the type; whole, and not yet bounded.
    static func amount(of quantity: ResourceQuantity) -> Double
}

extension BoundedQuantity {
    /// Nil outside the bounds.
    package init?(_ quantity: ResourceQuantity) {
        guard let amount = Number(exactly: Self.amount(of: quantity)), amount <= Self.most else { return nil }
        self.init(clamping: amount)
    }

    package static func < (one: Self, other: Self) -> Bool { one.amount < other.amount }

    /// What an earlier version stored beyond the bounds is brought into them.
    package init(from decoder: any Decoder) throws {
        self.init(clamping: try decoder.singleValueContainer().decode(Number.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(amount)
    }
}

/// CPU in thousandths of a core, at most 10,000 cores.
package struct Millicores: BoundedQuantity {
    package static let most = 10_000_000
    package static let rule = "at most 10000 cores"

    package let amount: Int

    package init(clamping amount: Int) { self.amount = min(max(0, amount), Self.most) }

    package init(cores: Int) { self.init(clamping: min(max(0, cores), Self.most / 1_000) * 1_000) }

    package static func amount(of quantity: ResourceQuantity) -> Double { quantity.thousandths }

    package var cores: Double { Double(amount) / 1_000 }
}

/// A size in bytes, at most 1 PiB.
package struct ByteCount: BoundedQuantity {
    package static let most: Int64 = 1 << 50
    package static let rule = "at most 1 PiB"

    package let amount: Int64

    package init(clamping amount: Int64) { self.amount = min(max(0, amount), Self.most) }

    package init(gibibytes: Double) { self.init(clamping: Int64(clamping: gibibytes * Self.gibibyte)) }

    package static func amount(of quantity: ResourceQuantity) -> Double { quantity.wholes }

    package var gibibytes: Double { Double(amount) / Self.gibibyte }

    private static let gibibyte = 1_073_741_824.0
}

/// Whole GPUs, at most 1,024.
package struct GPUCount: BoundedQuantity {
    package static let most = 1_024
    package static let rule = "a whole number of at most 1024 GPUs"

    package let amount: Int

    package init(clamping amount: Int) { self.amount = min(max(0, amount), Self.most) }

    /// Not rounded: there is no half GPU.
    package static func amount(of quantity: ResourceQuantity) -> Double { quantity.value }
}
