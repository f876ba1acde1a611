package import Foundation

extension ScheduledSpan {
    /// The moments between which the profile is in force; nil for times that can't be read.
    package var span: (start: Date, end: Date)? {
        let zone = timeZone.flatMap { WindowsTimeZone.find($0) } ?? .gmt
        guard let start = Self.date(start, zone), let end = Self.date(end, zone) else { return nil }
        return (start, end)
    }

    /// Reads `2026-01-31T18:00:00`, with fractions, and with `Z` or an offset, which count before the zone. Clients write
    /// local times with a `Z` as well: in a zone of its own, such a time is taken as local, as Azure does.
    static func date(_ text: String, _ zone: TimeZone) -> Date? {
        let hasOffset = text.dropFirst(10).contains { $0 == "+" || $0 == "-" }
        let bare = hasOffset || !text.uppercased().hasSuffix("Z") ? text : String(text.dropLast())
        if hasOffset {
            return (try? Date(bare, strategy: .iso8601))
                ?? (try? Date(bare, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        let style = Date.ISO8601FormatStyle(timeZone: zone).year().month().day().dateSeparator(.dash)
        // A text of another shape is tried as the next one, and refused by the caller at last.
        return (try? style.time(includingFractionalSeconds: false).timeSeparator(.colon).parse(bare))
            ?? (try? style.time(includingFractionalSeconds: true).timeSeparator(.colon).parse(bare))
    }
}

extension ScheduleRecurrence {
    /// When the profile last began, at `now` or in the week before.
    func lastStart(before now: Date) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = WindowsTimeZone.find(schedule.timeZone) ?? .gmt
        var latest: Date?
        for daysAgo in 0...7 {
            guard let day = calendar.date(byAdding: .day, value: -daysAgo, to: now) else { continue }
            let weekday = Weekday.allCases[calendar.component(.weekday, from: day) - 1]
            guard schedule.days.contains(weekday) else { continue }
            for hour in schedule.hours {
                for minute in schedule.minutes {
                    guard let start = calendar.date(bySettingHour: hour, minute: minute, second: 0, of: day),
                        start <= now
                    else { continue }
                    latest = max(latest ?? start, start)
                }
            }
            if latest != nil { return latest }
        }
        return latest
    }
}

extension AutoscaleProperties {
    /// The profile in force: one of a fixed date that holds now, else the recurring one that began last, else the one
    /// without a schedule.
    package func profile(at now: Date) -> AutoscaleProfile? {
        let fixed = profiles.first { profile in
            guard let span = profile.fixedDate?.span else { return false }
            return span.start <= now && now < span.end
        }
        if let fixed { return fixed }
        let recurring = profiles.compactMap { profile in
            profile.recurrence?.lastStart(before: now).map { (profile: profile, start: $0) }
        }
        return recurring.max { $0.start < $1.start }?.profile
            ?? profiles.first { $0.fixedDate == nil && $0.recurrence == nil }
    }
}
