/// Writes XML: elements with escaped text, nothing else.
struct StorageXML {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>"

    /// - Parameters:
    ///   - name: from this program, or checked to be an identifier.
    ///   - attributes: values are escaped.
    mutating func element(
        _ name: String, _ attributes: [(String, String)] = [], _ content: (inout StorageXML) -> Void
    ) {
        text += "<\(name)"
        for (attribute, value) in attributes { text += " \(attribute)=\"\(Self.escaped(value))\"" }
        text += ">"
        content(&self)
        text += "</\(name)>"
    }

    mutating func element(_ name: String, _ value: String?) {
        guard let value else { return }
        element(name) { $0.text += Self.escaped(value) }
    }

    /// A blob's name. XML can't hold most control characters; such names are percent-encoded and marked so.
    mutating func name(_ value: String, element: String = "Name") {
        if value.unicodeScalars.allSatisfy(Self.isAllowed) {
            self.element(element, value)
        } else {
            self.element(element, [("Encoded", "true")]) { $0.text += PercentEncoding.encode(value) }
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            default: result.unicodeScalars.append(isAllowed(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return result
    }
}
