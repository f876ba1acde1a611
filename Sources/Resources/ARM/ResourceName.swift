/// Rules that names obey when they are written (`surface.md` §4 and §6). Reads carry no rule.
package enum ResourceName {
    /// 1 to 90 characters: letters, digits, `-`, `_`, `.`, `(`, `)`; not ending in a dot.
    package static func checkResourceGroup(_ name: String) throws(ARMError) {
        let valid =
            (1...90).contains(name.count) && !name.hasSuffix(".")
            && name.allSatisfy { $0.isLetter || $0.isNumber || "-_.()".contains($0) }
        guard valid else {
            throw invalid(
                name, "resource group", "1 to 90 letters, digits, '-', '_', '.', '(' or ')', not ending in '.'")
        }
    }

    /// `^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$`.
    package static func checkWorkspace(_ name: String) throws(ARMError) {
        guard (3...33).contains(name.count), startsWithLetterOrDigit(name), isWord(name) else {
            throw invalid(name, "workspace", "3 to 33 letters, digits, '-' or '_', starting with a letter or digit")
        }
    }

    /// Endpoints and deployments: 3 to 32 characters, a letter first, letters, digits and single hyphens.
    package static func checkEndpointOrDeployment(_ name: String, kind: String) throws(ARMError) {
        let valid =
            (3...32).contains(name.count) && (name.first?.isASCII ?? false) && (name.first?.isLetter ?? false)
            && name.allSatisfy { isASCIIAlphanumeric($0) || $0 == "-" }
            && !name.contains("--") && !name.hasSuffix("-")
        guard valid else {
            throw invalid(
                name, kind,
                "3 to 32 letters, digits and single hyphens, starting with a letter and not ending in a hyphen")
        }
    }

    /// On Kubernetes both names are part of one: 6 to 62 characters together.
    package static func checkTogether(endpoint: String, deployment: String) throws(ARMError) {
        let length = endpoint.count + deployment.count
        guard (6...62).contains(length) else {
            throw ARMError(
                .invalidResourceName,
                "'\(deployment)' is too long a deployment name under the endpoint '\(endpoint)': on Kubernetes both have 6 to "
                    + "62 characters together, not \(length).", target: "name")
        }
    }

    /// `^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$`; versions also hold dots.
    package static func checkAsset(_ name: String, kind: String) throws(ARMError) {
        guard (1...255).contains(name.count), startsWithLetterOrDigit(name), isWord(name, and: ".") else {
            throw invalid(name, kind, "1 to 255 letters, digits, '-', '_' or '.', starting with a letter or digit")
        }
    }

    /// 1 to 260 characters without those that have a meaning in addresses.
    package static func checkAutoscaleSetting(_ name: String) throws(ARMError) {
        let valid =
            (1...260).contains(name.count) && !name.hasSuffix(".") && !name.hasSuffix(" ")
            && name.allSatisfy {
                !$0.isNewline && !"<>*%&:\\?+/#\"'".contains($0) && $0.asciiValue.map { $0 >= 32 } ?? true
            }
        guard valid else {
            throw invalid(
                name, "autoscale setting",
                "1 to 260 characters, none of < > * % & : \\ ? + / #, not ending in a dot or space")
        }
    }

    private static func invalid(_ name: String, _ kind: String, _ rule: String) -> ARMError {
        ARMError(
            .invalidResourceName, "'\(name.prefix(300))' is not a valid \(kind) name: it must have \(rule).",
            target: "name")
    }

    private static func startsWithLetterOrDigit(_ name: String) -> Bool {
        name.first.map(isASCIIAlphanumeric) ?? false
    }

    private static func isWord(_ name: String, and extra: String = "") -> Bool {
        name.allSatisfy { isASCIIAlphanumeric($0) || $0 == "-" || $0 == "_" || extra.contains($0) }
    }

    private static func isASCIIAlphanumeric(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber)
    }
}
