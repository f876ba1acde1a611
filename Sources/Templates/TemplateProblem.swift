/// Something that is wrong with a template or its parameters.
package struct TemplateProblem: Error, Sendable, Equatable {
    /// Which of ARM's error codes it becomes (`arm-templates.md` §10).
    package enum Kind: Sendable, Equatable {
        case invalidTemplate
        case circularDependency
        case mismatchingSegments
        case parameter
        /// The template, or what it expands to, is larger than the documented limits.
        case tooLarge
        /// A part of the language that is a preview, or belongs to Azure alone.
        case unsupported
    }

    package var kind: Kind
    package var message: String
    /// JSON path of the place in the template; nil while it is not known.
    package var path: String?

    package init(_ kind: Kind = .invalidTemplate, _ message: String, path: String? = nil) {
        (self.kind, self.message, self.path) = (kind, message, path)
    }

    /// The same problem with a place, unless it has one that is closer.
    func located(at path: String) -> TemplateProblem {
        var copy = self
        if copy.path == nil { copy.path = path }
        return copy
    }
}

/// All that is wrong; never empty.
package struct TemplateProblems: Error, Sendable, Equatable {
    package var list: [TemplateProblem]

    package init(_ list: [TemplateProblem]) {
        self.list = list
    }

    init(_ problem: TemplateProblem) {
        list = [problem]
    }
}

/// Why an expression has no value.
package enum EvaluationFailure: Error, Sendable, Equatable {
    case problem(TemplateProblem)
    /// It asks for something that only the running system knows; see `RuntimeValues`.
    case needs(RuntimeRequest)

    func located(at path: String) -> EvaluationFailure {
        guard case .problem(let problem) = self else { return self }
        return .problem(problem.located(at: path))
    }

    static func problem(_ message: String) -> EvaluationFailure {
        .problem(TemplateProblem(.invalidTemplate, message))
    }
}
