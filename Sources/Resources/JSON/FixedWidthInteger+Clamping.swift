extension FixedWidthInteger {
    /// The whole part of a number, or the nearest integer there is; 0 for what is no number.
    ///
    /// `Int(_:)` ends the process for what does not fit. Numbers that were measured, stored by others or computed from a
    /// body are converted by this.
    package init(clamping number: Double) {
        if let whole = Self(exactly: number.rounded(.towardZero)) {
            self = whole
        } else if number.isNaN {
            self = 0
        } else {
            self = number < 0 ? .min : .max
        }
    }
}
