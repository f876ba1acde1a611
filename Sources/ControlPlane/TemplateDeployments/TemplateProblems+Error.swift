import Resources
import Templates

extension TemplateProblems {
    /// ARM's error for everything that is wrong with a template: one problem as the error itself, several as details.
    var error: ARMError {
        let errors = list.map(\.error)
        guard errors.count > 1, let first = errors.first else {
            return errors.first ?? ARMError(.invalidTemplate, "The template is not valid.")
        }
        let places = errors.flatMap { $0.additionalInfo ?? [] }
        return ARMError(
            list[0].code, "\(first.message) There are \(errors.count) problems in all; see details.",
            target: first.target, details: errors, additionalInfo: places)
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
