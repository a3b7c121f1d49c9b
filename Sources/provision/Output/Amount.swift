/// Amounts as people read them: three digits and a unit.
enum Amount {
    static func text(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1000 || unit == "TiB" { return unit == "B" ? "\(bytes) B" : "\(rounded(value)) \(unit)" }
            value /= 1024
        }
        return "\(bytes) B"
    }

    static func text(seconds: Double) -> String {
        if seconds < 60 { return "\(rounded(seconds)) s" }
        let minutes = Int(seconds / 60)
        return minutes < 60 ? "\(minutes) min \(Int(seconds) % 60) s" : "\(minutes / 60) h \(minutes % 60) min"
    }

    private static func rounded(_ value: Double) -> String {
        value < 10 ? String((value * 10).rounded() / 10) : String(Int(value.rounded()))
    }
}
