import Resources
import Templates

extension TemplateProblems {
    /// ARM's error for everything that is wrong with a template.
    var error: ARMError {
        ARMError(combining: list.map(\.error)) ?? ARMError(.invalidTemplate, "The template is not valid.")
    }
}

extension ARMError {
    /// One problem as the error itself, several as details of the first; nil for none.
    init?(combining problems: [ARMError]) {
        guard let first = problems.first else { return nil }
        guard problems.count > 1 else {
            self = first
            return
        }
        self.init(
            first.code, "\(first.message) There are \(problems.count) problems in all; see details.",
            target: first.target, details: problems, additionalInfo: problems.flatMap { $0.additionalInfo ?? [] })
    }
}

extension TemplateProblem {
    var code: ARMErrorCode {
        switch kind {
        case .invalidTemplate, .parameter, .unsupported: .invalidTemplate
        case .circularDependency: .invalidTemplateCircularDependency
        case .mismatchingSegments: .mismatchingResourceSegments
        case .tooLarge: .deploymentJobSizeExceeded
        }
    }

    /// With the place in the template; its line is found by who has the text.
    var error: ARMError {
        let place = path.map {
            [ARMErrorInfo(templateViolation: ARMErrorInfo.TemplatePlace(lineNumber: 0, linePosition: 0, path: $0))]
        }
        let sentence = message.hasSuffix(".") ? message : "\(message)."
        return ARMError(
            code, "Deployment template validation failed: '\(sentence)'", target: path, additionalInfo: place)
    }
}
