package import Foundation

extension Date {
    /// `2026-01-31T12:00:00.123456Z` with that separator and zone, in UTC. Written digit by digit: answers hold many
    /// times, and format strings cost more than everything else about them.
    package func digits(separator: Character, zone: String) -> String {
        let microseconds = Int64((timeIntervalSince1970 * 1_000_000).rounded())
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 {
            seconds -= 1
            fraction += 1_000_000
        }
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        var text = ""
        text.reserveCapacity(32)
        func append(_ number: Int, width: Int) {
            let digits = String(number)
            for _ in 0..<max(0, width - digits.count) { text.append("0") }
            text += digits
        }
        append(Int(parts.tm_year) + 1900, width: 4)
        text.append("-")
        append(Int(parts.tm_mon) + 1, width: 2)
        text.append("-")
        append(Int(parts.tm_mday), width: 2)
        text.append(separator)
        append(Int(parts.tm_hour), width: 2)
        text.append(":")
        append(Int(parts.tm_min), width: 2)
        text.append(":")
        append(Int(parts.tm_sec), width: 2)
        text.append(".")
        append(Int(fraction), width: 6)
        return text + zone
    }
}
