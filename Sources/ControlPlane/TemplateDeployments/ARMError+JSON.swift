package import Resources

extension ARMError {
    /// The error as a document.
    package var json: JSONValue {
        var object = JSONObject([("code", .string(code.rawValue)), ("message", .string(message))])
        object.set("target", target.map { .string($0) })
        object.set("details", details.map { .array($0.map(\.json)) })
        object.set(
            "additionalInfo",
            additionalInfo.map { places in
                .array(
                    places.map { entry in
                        JSONValue.object([
                            "type": .string(entry.type),
                            "info": JSONValue.object([
                                "lineNumber": .integer(Int64(entry.info.lineNumber)),
                                "linePosition": .integer(Int64(entry.info.linePosition)),
                                "path": .string(entry.info.path),
                            ]),
                        ])
                    })
            })
        return .object(object)
    }
}
