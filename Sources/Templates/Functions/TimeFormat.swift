/// .NET's date and time formats in the invariant culture, standard (`u`, `o`) and custom (`yyyy-MM-dd`).
enum TimeFormat {
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Nil for a format that does not exist.
    static func text(of time: CivilTime, _ format: String) -> String? {
        guard format.count == 1, let letter = format.first else { return custom(time, format) }
        guard let pattern = standard[letter] else { return nil }
        return custom(time, pattern)
    }

    private static let standard: [Character: String] = [
        "d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "f": "dddd, dd MMMM yyyy HH:mm",
        "F": "dddd, dd MMMM yyyy HH:mm:ss", "g": "MM/dd/yyyy HH:mm", "G": "MM/dd/yyyy HH:mm:ss", "m": "MMMM dd",
        "M": "MMMM dd", "o": "yyyy-MM-ddTHH:mm:ss.fffffffZ", "O": "yyyy-MM-ddTHH:mm:ss.fffffffZ",
        "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'", "s": "yyyy-MM-ddTHH:mm:ss",
        "t": "HH:mm", "T": "HH:mm:ss", "u": "yyyy-MM-dd HH:mm:ssZ", "U": "dddd, dd MMMM yyyy HH:mm:ss",
        "y": "yyyy MMMM", "Y": "yyyy MMMM",
    ]

    private static func custom(_ time: CivilTime, _ format: String) -> String? {
        guard format.utf8.count <= 200 else { return nil }
        var result = ""
        var rest = Substring(format)
        while let first = rest.first {
            let run = rest.prefix { $0 == first }.count
            switch first {
            case "'", "\"":
                rest = rest.dropFirst()
                guard let end = rest.firstIndex(of: first) else { return nil }
                result += rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\\":
                guard let next = rest.dropFirst().first else { return nil }
                result.append(next)
                rest = rest.dropFirst(2)
            case "%": rest = rest.dropFirst()
            default:
                if let part = part(first, run, time) {
                    result += part
                } else {
                    result += String(repeating: first, count: run)
                }
                rest = rest.dropFirst(run)
            }
        }
        // A fraction without digits leaves no point behind.
        return result
    }

    /// What a run of one letter stands for; nil for a letter that stands for itself.
    private static func part(_ letter: Character, _ run: Int, _ time: CivilTime) -> String? {
        let date = time.date
        switch letter {
        case "d":
            return run == 1
                ? String(date.day)
                : run == 2
                    ? padded(date.day, 2) : run == 3 ? String(days[time.weekday].prefix(3)) : days[time.weekday]
        case "M":
            let name = months[date.month - 1]
            return run == 1
                ? String(date.month) : run == 2 ? padded(date.month, 2) : run == 3 ? String(name.prefix(3)) : name
        case "y":
            return run == 1
                ? String(date.year % 100) : run == 2 ? padded(date.year % 100, 2) : padded(date.year, run)
        case "H": return padded(time.hour, min(run, 2))
        case "h": return padded((time.hour + 11) % 12 + 1, min(run, 2))
        case "m": return padded(time.minute, min(run, 2))
        case "s": return padded(time.second, min(run, 2))
        case "t": return String((time.hour < 12 ? "AM" : "PM").prefix(run))
        case "f": return String(padded(time.ticksOfSecond, 7).prefix(min(run, 7)))
        case "F":
            var digits = padded(time.ticksOfSecond, 7).prefix(min(run, 7))
            while digits.last == "0" { digits = digits.dropLast() }
            return String(digits)
        case "K": return "Z"
        case "z": return run == 1 ? "+0" : run == 2 ? "+00" : "+00:00"
        case "g": return "A.D."
        default: return nil
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
