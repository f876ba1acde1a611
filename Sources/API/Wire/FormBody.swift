/// Fields of an `application/x-www-form-urlencoded` body.
struct FormBody {
    private var fields: [String: String] = [:]

    init(_ bytes: some Sequence<UInt8>) {
        for pair in String(decoding: Array(bytes), as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[Self.decode(String(parts[0]))] = Self.decode(String(parts[1]))
        }
    }

    subscript(_ name: String) -> String? { fields[name] }

    static func decode(_ text: String) -> String {
        let spaced = text.replacing("+", with: " ")
        return PercentEncoding.decode(spaced.utf8) ?? spaced
    }
}
