import Foundation

/// Colours for terminals.
struct Painter {
    let isColored: Bool

    /// Colours are for people: not for files and pipes, and not where NO_COLOR asks for none.
    static var outputIsTerminal: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    func green(_ text: String) -> String { painted(text, "32") }
    func red(_ text: String) -> String { painted(text, "31") }
    func magenta(_ text: String) -> String { painted(text, "35") }
    func blue(_ text: String) -> String { painted(text, "34") }
    func bold(_ text: String) -> String { painted(text, "1") }
    func faint(_ text: String) -> String { painted(text, "2") }

    private func painted(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
