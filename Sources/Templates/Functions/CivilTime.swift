/// A moment in the proleptic Gregorian calendar, in UTC, to 100 nanoseconds: what .NET's `DateTime` holds.
struct CivilTime: Equatable {
    /// 100 ns each, since 1970.
    let ticksSince1970: Int64

    private static let perSecond: Int64 = 10_000_000
    private static let perDay: Int64 = 86_400 * perSecond
    private static let earliest: Int64 = -62_135_596_800 * perSecond
    private static let latest: Int64 = 253_402_300_799 * perSecond + perSecond - 1
    /// Longer spans lead out of the calendar from anywhere.
    static let longest = latest - earliest

    init?(ticksSince1970 ticks: Int64) {
        guard (Self.earliest...Self.latest).contains(ticks) else { return nil }
        ticksSince1970 = ticks
    }

    init?(secondsSince1970 seconds: Int64) {
        let (ticks, overflows) = seconds.multipliedReportingOverflow(by: Self.perSecond)
        guard !overflows else { return nil }
        self.init(ticksSince1970: ticks)
    }

    init?(year: Int, month: Int, day: Int, ticksOfDay: Int64) {
        guard (1...9_999).contains(year), (1...12).contains(month),
            (1...Self.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        self.init(ticksSince1970: Int64(Self.dayNumber(year, month, day)) * Self.perDay + ticksOfDay)
    }

    var secondsSince1970: Int64 { Self.floored(ticksSince1970, by: Self.perSecond) }

    /// Days since 1970-01-01.
    var dayNumber: Int { Int(Self.floored(ticksSince1970, by: Self.perDay)) }
    var ticksOfDay: Int64 { ticksSince1970 - Int64(dayNumber) * Self.perDay }
    var hour: Int { Int(ticksOfDay / (3_600 * Self.perSecond)) }
    var minute: Int { Int(ticksOfDay / (60 * Self.perSecond) % 60) }
    var second: Int { Int(ticksOfDay / Self.perSecond % 60) }
    /// 0 ..< 10 000 000.
    var ticksOfSecond: Int { Int(ticksOfDay % Self.perSecond) }
    /// 0 is Sunday.
    var weekday: Int { ((dayNumber + 4) % 7 + 7) % 7 }

    var date: (year: Int, month: Int, day: Int) {
        // Years that begin in March put the leap day last: then months have one pattern in each of 400 years.
        let shifted = dayNumber + 719_468
        let era = Int(Self.floored(Int64(shifted), by: 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// Months first, where the day is cut to the month's length, then the rest.
    func adding(_ duration: CalendarDuration) -> CivilTime? {
        var time = self
        if duration.months != 0 {
            let (year, month, day) = date
            let months = year * 12 + month - 1 + duration.months
            let (newYear, newMonth) = (Int(Self.floored(Int64(months), by: 12)), (months % 12 + 12) % 12 + 1)
            guard (1...9_999).contains(newYear),
                let moved = CivilTime(
                    year: newYear, month: newMonth, day: min(day, Self.days(inMonth: newMonth, of: newYear)),
                    ticksOfDay: ticksOfDay)
            else { return nil }
            time = moved
        }
        return CivilTime(ticksSince1970: time.ticksSince1970 + duration.ticks)
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = Int(floored(Int64(shifted), by: 400))
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CivilTime {
    /// ISO 8601 in its long and short form, `2026-01-31 12:00:00Z`, and `1/31/2026 12:00:00 PM` as .NET prints it.
    /// A time without a zone is UTC.
    init?(_ text: String) {
        var reader = TimeReader(text)
        guard let time = reader.read() else { return nil }
        self = time
    }
}

/// Reads times digit by digit.
private struct TimeReader {
    private var rest: Substring

    init(_ text: String) {
        rest = Substring(text.filter { $0 != "\u{200E}" })
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
    }

    mutating func read() -> CivilTime? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }.count
        guard let date = digits == 8 ? shortDate() : digits == 4 ? longDate() : slashDate() else { return nil }
        var ticks: Int64 = 0
        if take("T") || take("t") || take(" ") {
            skipSpaces()
            guard let time = timeOfDay(isShort: digits == 8) else { return nil }
            ticks = time
        }
        skipSpaces()
        guard let offset = zone(), rest.isEmpty,
            let local = CivilTime(year: date.year, month: date.month, day: date.day, ticksOfDay: ticks)
        else { return nil }
        return CivilTime(ticksSince1970: local.ticksSince1970 - offset)
    }

    private mutating func shortDate() -> (year: Int, month: Int, day: Int)? {
        guard let year = number(4...4), let month = number(2...2), let day = number(2...2) else { return nil }
        return (year, month, day)
    }

    private mutating func longDate() -> (year: Int, month: Int, day: Int)? {
        guard let year = number(4...4), take("-"), let month = number(1...2), take("-"), let day = number(1...2) else {
            return nil
        }
        return (year, month, day)
    }

    private mutating func slashDate() -> (year: Int, month: Int, day: Int)? {
        guard let month = number(1...2), take("/"), let day = number(1...2), take("/"), let year = number(4...4) else {
            return nil
        }
        return (year, month, day)
    }

    private mutating func timeOfDay(isShort: Bool) -> Int64? {
        guard var hour = number(isShort ? 2...2 : 1...2), hour < 24 else { return nil }
        guard isShort || take(":"), let minute = number(2...2), minute < 60 else { return nil }
        var (second, fraction): (Int, Int64) = (0, 0)
        if isShort ? rest.first?.isNumber ?? false : take(":") {
            guard let read = number(2...2), read < 60 else { return nil }
            second = read
            if take(".") {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                guard !digits.isEmpty else { return nil }
                rest = rest.dropFirst(digits.count)
                fraction = Int64((String(digits.prefix(7)) + "0000000").prefix(7)) ?? 0
            }
        }
        skipSpaces()
        let half = rest.prefix(2).uppercased()
        if half == "AM" || half == "PM" {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (half == "PM" ? 12 : 0)
            rest = rest.dropFirst(2)
        }
        return Int64(hour * 3_600 + minute * 60 + second) * 10_000_000 + fraction
    }

    /// The offset in ticks.
    private mutating func zone() -> Int64? {
        if rest.isEmpty { return 0 }
        if take("Z") || take("z") { return 0 }
        if rest.uppercased() == "GMT" || rest.uppercased() == "UTC" {
            rest = ""
            return 0
        }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(1...2), hours <= 14 else { return nil }
        _ = take(":")
        let minutes = rest.isEmpty ? 0 : number(2...2)
        guard let minutes, minutes < 60 else { return nil }
        return sign * Int64(hours * 3_600 + minutes * 60) * 10_000_000
    }

    private mutating func number(_ width: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix(width.upperBound).prefix { $0.isASCII && $0.isNumber }
        guard digits.count >= width.lowerBound else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipSpaces() {
        while rest.first == " " { rest = rest.dropFirst() }
    }
}
