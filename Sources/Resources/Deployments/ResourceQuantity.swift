/// A Kubernetes quantity: `500m`, `2`, `0.5`, `512Mi`, `1G`.
package struct ResourceQuantity: Sendable, Equatable {
    /// In thousandths of the unit, so that `500m` is 500.
    package let thousandths: Int64

    package init?(_ text: String) {
        // The specification's own example quotes the quantity inside the string.
        let isQuoted = text.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        let text = isQuoted ? String(text.dropFirst().dropLast()) : text
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(number), value.isFinite,
            let factor = Self.factors[String(text.dropFirst(number.count))],
            value * factor < 1e15
        else { return nil }
        thousandths = Int64((value * factor * 1_000).rounded())
    }

    private static let factors: [String: Double] = [
        "": 1, "m": 0.001, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
        "Ki": 1_024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776,
    ]
}
