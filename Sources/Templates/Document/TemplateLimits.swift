/// Documented limits of templates (`arm-templates.md` §1).
package enum TemplateLimits {
    package static let parameters = 256
    package static let variables = 256
    package static let outputs = 64
    /// Resources after loops are expanded, and iterations of one loop.
    package static let resources = 800
    package static let loop = 800
    /// Bytes of a template, and of one resource when it is expanded.
    package static let templateBytes = 4 * 1_024 * 1_024
    package static let resourceBytes = 1_024 * 1_024
    /// Problems that are told at once.
    package static let problems = 50
}
