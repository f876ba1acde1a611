import Resources

/// Finds lines and columns for errors about places in a template.
enum TemplatePlaces {
    /// The error with the places of all its parts; `body` is the request's text, which holds the template.
    static func located(_ error: ARMError, in body: [UInt8]) -> ARMError {
        let wanted = paths(of: error)
        guard !wanted.isEmpty else { return error }
        let candidates = Dictionary(
            wanted.map { ($0, spellings(of: $0)) }, uniquingKeysWith: { first, _ in first })
        let found = JSONParser.places(of: Set(candidates.values.joined()), in: body, as: .template)
        let places = candidates.compactMapValues { names in names.lazy.compactMap { found[$0] }.first }
        return filled(error, places)
    }

    private static func paths(of error: ARMError) -> Set<String> {
        let own = (error.additionalInfo ?? []).map(\.info.path)
        return Set(own).union((error.details ?? []).flatMap(paths))
    }

    /// The path in the request's body, and those of what holds it: something that is missing has no place of its own.
    private static func spellings(of path: String) -> [String] {
        let rest = path.dropFirst()
        var result: [String] = []
        for root in ["$.properties.template", "$.properties", "$"] {
            var spelling = root + rest
            while spelling.count > root.count {
                result.append(spelling)
                let end = spelling.lastIndex { $0 == "." || $0 == "[" } ?? spelling.startIndex
                spelling = String(spelling[..<end])
            }
        }
        // The longest first: the place itself before what holds it.
        return result.sorted { $0.count - depth($0) > $1.count - depth($1) }
    }

    /// Length of the root that a spelling begins with, so that roots do not count.
    private static func depth(_ spelling: String) -> Int {
        spelling.hasPrefix("$.properties.template") ? 21 : spelling.hasPrefix("$.properties") ? 12 : 1
    }

    private static func filled(_ error: ARMError, _ places: [String: JSONParser.Place]) -> ARMError {
        var copy = error
        copy.details = error.details?.map { filled($0, places) }
        copy.additionalInfo = error.additionalInfo?.map { entry in
            var entry = entry
            if let place = places[entry.info.path] {
                entry.info.lineNumber = place.line
                entry.info.linePosition = place.column
            }
            return entry
        }
        if error.details == nil, let info = copy.additionalInfo?.first?.info, info.lineNumber > 0,
            !error.message.contains(" at line ")
        {
            copy.message += " (at line \(info.lineNumber), column \(info.linePosition))"
        }
        return copy
    }
}
