/// The way to a place in a document: its JSON path is put together only when a problem names it.
struct Trail {
    enum Step {
        case member(String)
        case element(Int)
    }

    private let start: String
    private var steps: [Step] = []

    init(_ start: String) {
        self.start = start
    }

    mutating func enter(_ step: Step) {
        steps.append(step)
    }

    mutating func leave() {
        steps.removeLast()
    }

    var text: String {
        steps.reduce(into: start) { path, step in
            switch step {
            case .member(let name): path += ".\(name)"
            case .element(let index): path += "[\(index)]"
            }
        }
    }
}
