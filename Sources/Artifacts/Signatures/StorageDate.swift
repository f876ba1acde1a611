package import Foundation

/// The two spellings of a moment in the Blob service's protocol, both in UTC.
package enum StorageDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func http(_ date: Date) -> String {
        let parts = components(date)
        let day = weekdays[Int(parts.tm_wday)]
        let month = months[Int(parts.tm_mon)]
        return "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(time(parts)) GMT"
    }

    /// `2026-01-31T08:49:37Z`.
    package static func iso(_ date: Date) -> String {
        let parts = components(date)
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(time(parts))Z"
    }

    package static func parseHTTP(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        guard let time = numbers(words[4], separator: ":", count: 3) else { return nil }
        return date(Int32(words[3]), Int32(month + 1), Int32(words[1]), time)
    }

    /// `YYYY-MM-DD`, `YYYY-MM-DDThh:mmZ`, `YYYY-MM-DDThh:mm:ssZ`, or the last with a fraction, which is dropped.
    package static func parseISO(_ text: String) -> Date? {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard let day = numbers(halves[0], separator: "-", count: 3), halves.count <= 2 else { return nil }
        guard halves.count == 2 else { return date(day[0], day[1], day[2], [0, 0, 0]) }
        guard halves[1].last == "Z" else { return nil }
        let clock = halves[1].dropLast().prefix { $0 != "." }
        let time = numbers(clock, separator: ":", count: 3) ?? numbers(clock, separator: ":", count: 2).map { $0 + [0] }
        guard let time else { return nil }
        return date(day[0], day[1], day[2], time)
    }

    private static func numbers(_ text: Substring, separator: Character, count: Int) -> [Int32]? {
        let numbers = text.split(separator: separator, omittingEmptySubsequences: false).compactMap { Int32($0) }
        return numbers.count == count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
    }

    private static func date(_ year: Int32?, _ month: Int32?, _ day: Int32?, _ time: [Int32]) -> Date? {
        guard let year, let month, let day, (1970...9999).contains(year), (1...12).contains(month),
            (1...31).contains(day), time[0] < 24, time[1] < 60, time[2] <= 60
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time[2])
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }

    private static func components(_ date: Date) -> tm {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return parts
    }

    private static func time(_ parts: tm) -> String {
        "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
