/// Generations are versions: numbers from 1 on. Versions come from journals as well, which anybody may have written, and 0 would
/// mean that nothing is there.
extension ObjectVersion {
    /// Nothing when no object can be of this version.
    var generation: String? {
        guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.utf8.first != 0x30
        else { return nil }
        return text
    }
}
