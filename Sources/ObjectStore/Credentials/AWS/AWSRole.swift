import Platform

/// A role to assume, with what is said about the session.
struct AWSRole: Sendable {
    let arn: String
    let sessionName: String
    var externalID: String?
    var seconds: Int?

    /// `owner` says whose words these are, for messages.
    init(
        arn: String, sessionName: String? = nil, externalID: String? = nil, seconds: String? = nil, owner: String
    ) throws(StoreError) {
        guard arn.hasPrefix("arn:"), arn.split(separator: ":", omittingEmptySubsequences: false).count >= 6 else {
            throw StoreError(
                .invalid, "\(owner): role_arn is no ARN such as arn:aws:iam::123456789012:role/NAME: \(arn.printable)")
        }
        let sessionName = sessionName ?? "provision"
        guard (2...64).contains(sessionName.utf8.count), sessionName.utf8.allSatisfy(Self.isAllowed) else {
            throw StoreError(
                .invalid,
                "\(owner): the role's session name takes 2 to 64 letters, digits and =,.@_+-, not "
                    + sessionName.printable)
        }
        if let seconds {
            guard let number = Int(seconds), (900...43_200).contains(number) else {
                throw StoreError(.invalid, "\(owner): duration_seconds is a number from 900 to 43200")
            }
            self.seconds = number
        }
        self.arn = arn
        self.sessionName = sessionName
        self.externalID = externalID
    }

    /// The last part of its name.
    var name: String { (arn.split(separator: "/").last.map(String.init) ?? arn).printable }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber) || "=,.@_+-".utf8.contains(byte)
    }
}
