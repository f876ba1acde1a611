/// A parsed expression of the template language.
package indirect enum Expression: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case call(Callee, [Expression])
    /// `base.name`.
    case member(Expression, String)
    /// `base[index]`.
    case element(Expression, Expression)

    package enum Callee: Sendable, Equatable {
        case builtIn(BuiltInFunction)
        /// `list`, `listKeys` and every other name that begins so: a POST to the resource.
        case list(verb: String)
        /// `namespace.name` of the template's own `functions`, in lower case.
        case user(String)
    }

    /// Every call in the expression, the outermost first.
    package func forEachCall(_ visit: (Callee, [Expression]) -> Void) {
        switch self {
        case .text, .integer: break
        case .call(let callee, let arguments):
            visit(callee, arguments)
            for argument in arguments { argument.forEachCall(visit) }
        case .member(let base, _): base.forEachCall(visit)
        case .element(let base, let index):
            base.forEachCall(visit)
            index.forEachCall(visit)
        }
    }
}

/// What a text of a template is: an expression, or itself.
package enum TemplateText: Sendable, Equatable {
    case literal(String)
    case expression(Expression)

    /// Longest expression (`arm-templates.md` §1).
    package static let lengthLimit = 24_576

    /// Reads `[…]` as an expression and `[[…` as an escaped bracket; everything else is literal.
    package static func read(_ text: String) throws(TemplateProblem) -> TemplateText {
        guard isExpression(text) else {
            guard text.utf8.starts(with: "[[".utf8), text.utf8.last == UInt8(ascii: "]") else {
                try checkEnd(text)
                return .literal(text)
            }
            return .literal(String(text.dropFirst()))
        }
        guard text.utf16.count <= lengthLimit else {
            throw TemplateProblem(
                .tooLarge, "The expression has \(text.utf16.count) characters; at most \(lengthLimit) are allowed.")
        }
        return .expression(try ExpressionParser.parse(text))
    }

    /// A text that begins like a call and has no closing bracket at all was meant as an expression.
    private static func checkEnd(_ text: String) throws(TemplateProblem) {
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "["), !bytes.contains(UInt8(ascii: "]")) else { return }
        let rest = text.dropFirst().drop { $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard rest.first == "(", rest.utf8.count < bytes.count - 1 else { return }
        throw TemplateProblem(.invalidTemplate, "The expression '\(text.prefix(200))' has no closing bracket.")
    }

    package static func isExpression(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return false }
        return bytes[bytes.index(after: bytes.startIndex)] != UInt8(ascii: "[")
    }
}
