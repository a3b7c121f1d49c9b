import JSON

/// Records as words: every record but the two that come with every write, which are numbers.
extension StagingRecord {
    var words: JSONValue {
        switch self {
        case .began(let state): ["began": state.words]
        case .wrote(let range): ["wrote": .range(range)]
        case .resized(let size): ["resized": .integer(size)]
        case .putAside(let range): ["aside": .range(range)]
        case .sealed: ["sealed": true]
        case .named(let name): ["named": name ?? .null]
        case .described(let description): ["described": description]
        case .held(let holders): ["held": holders]
        case .uploadBegan(let description): ["upload_began": description]
        case .sending(let number): ["sending": .integer(number)]
        case .sent(let part): ["sent": part.words]
        case .uploadEnded: ["upload_ended": true]
        case .attempted(let attempt): ["attempted": attempt.words]
        case .settled(let number, let base): ["settled": ["number": .integer(number), "base": base]]
        case .rebased(let base): ["rebased": base]
        case .moved(let name, let base): ["moved": ["name": name, "base": base]]
        case .letGo(let range): ["let_go": .range(range)]
        }
    }

    /// Nothing when it is none.
    init?(words: JSONValue) {
        guard case .object(let members) = words, members.count == 1, let member = members.first else { return nil }
        let value = member.value
        let record: StagingRecord? =
            switch member.name {
            case "began": StagedState(words: value).map { .began($0) }
            case "wrote": Range(words: value).map { .wrote($0) }
            case "resized": value.size.map { .resized($0) }
            case "aside": Range(words: value).map { .putAside($0) }
            case "sealed": .sealed
            case "named": .named(value.unlessNull)
            case "described": .described(value)
            case "held": .held(value)
            case "upload_began": .uploadBegan(value)
            case "sending": value.size.map { .sending($0) }
            case "sent": StagedPart(words: value).map { .sent($0) }
            case "upload_ended": .uploadEnded
            case "attempted": StagedAttempt(words: value).map { .attempted($0) }
            case "rebased": .rebased(value)
            case "moved":
                if let name = value["name"], let base = value["base"] { .moved(name, base) } else { nil }
            case "let_go": Range(words: value).map { .letGo($0) }
            case "settled":
                if let number = value["number"]?.size, let base = value["base"] { .settled(number, base) } else { nil }
            default: nil
            }
        guard let record else { return nil }
        self = record
    }
}

extension StagedState {
    var words: JSONValue {
        [
            "image": image.words, "base": base ?? .null, "name": name ?? .null, "description": description,
            "holders": holders ?? .null,
            "upload": upload.map { ["description": $0.description, "parts": .parts($0.parts)] } ?? .null,
            "sealed": sealed?.words ?? .null, "attempts": .array(attempts.map(\.words)), "torn": .boolean(isTorn),
            "seals": .integer(seals),
        ]
    }

    init?(words: JSONValue) {
        guard let image = words["image"].flatMap(StagedImage.init(words:)), let base = words["base"],
            let name = words["name"], let description = words["description"], let upload = words["upload"],
            let sealed = words["sealed"], case .boolean(let isTorn)? = words["torn"],
            let seals = words["seals"]?.size
        else { return nil }
        var parsed: (upload: StagedUpload?, sealed: SealedVersion?) = (nil, nil)
        if upload != .null {
            guard let description = upload["description"], let parts = upload["parts"]?.parts else { return nil }
            parsed.upload = StagedUpload(description)
            parsed.upload?.parts = parts
        }
        if sealed != .null {
            guard let version = SealedVersion(words: sealed) else { return nil }
            parsed.sealed = version
        }
        self.init(
            image, base: base.unlessNull, name: name.unlessNull, description: description,
            holders: words["holders"]?.unlessNull, upload: parsed.upload, sealed: parsed.sealed,
            attempts: words["attempts"].map(StagedAttempt.all(in:)) ?? [], isTorn: isTorn, seals: seals)
    }
}

extension StagedAttempt {
    fileprivate var words: JSONValue { ["number": .integer(number), "as": description] }

    /// Logs that were begun before there were any have none.
    fileprivate static func all(in words: JSONValue) -> [StagedAttempt] {
        guard case .array(let attempts) = words else { return [] }
        return attempts.compactMap(StagedAttempt.init(words:))
    }

    fileprivate init?(words: JSONValue) {
        guard let number = words["number"]?.size, let description = words["as"] else { return nil }
        self.init(number: number, description)
    }
}

extension SealedVersion {
    fileprivate var words: JSONValue {
        [
            "number": .integer(number), "image": image.words, "parts": .parts(parts), "changed": changed.words,
            "aside": aside.words,
            "lowest": .integer(lowestSize),
        ]
    }

    fileprivate init?(words: JSONValue) {
        guard let image = words["image"].flatMap(StagedImage.init(words:)), let parts = words["parts"]?.parts,
            let changed = words["changed"].flatMap(ByteRanges.init(words:)),
            let aside = words["aside"].flatMap(ByteRanges.init(words:)), let lowest = words["lowest"]?.size,
            let number = words["number"]?.size
        else { return nil }
        self.init(number, image, parts: parts, changed: changed, aside: aside, lowestSize: lowest)
    }
}

extension StagedImage {
    fileprivate var words: JSONValue {
        ["size": .integer(size), "here": here.words, "sent": sent.words, "base_end": .integer(baseEnd)]
    }

    fileprivate init?(words: JSONValue) {
        guard let size = words["size"]?.size, let here = words["here"].flatMap(ByteRanges.init(words:)),
            let sent = words["sent"].flatMap(ByteRanges.init(words:)), let baseEnd = words["base_end"]?.size,
            here.end <= size, baseEnd <= size
        else { return nil }
        self.init(size: size, here: here, sent: sent, baseEnd: baseEnd)
    }
}

extension StagedPart {
    fileprivate var words: JSONValue {
        ["number": .integer(number), "range": .range(range), "description": description]
    }

    fileprivate init?(words: JSONValue) {
        guard let number = words["number"]?.size, let range = words["range"].flatMap(Range.init(words:)),
            let description = words["description"]
        else { return nil }
        self.init(number: number, range: range, description)
    }
}

extension ByteRanges {
    fileprivate var words: JSONValue { .array(ranges.map(JSONValue.range)) }

    fileprivate init?(words: JSONValue) {
        guard case .array(let elements) = words else { return nil }
        self.init()
        for element in elements {
            guard let range = Range(words: element) else { return nil }
            insert(range)
        }
    }
}

extension Range<Int> {
    fileprivate init?(words: JSONValue) {
        guard case .array(let ends) = words, ends.count == 2, let lower = ends[0].size, let upper = ends[1].size,
            lower <= upper
        else { return nil }
        self = lower..<upper
    }
}

extension JSONValue {
    fileprivate static func range(_ range: Range<Int>) -> JSONValue {
        [.integer(range.lowerBound), .integer(range.upperBound)]
    }

    fileprivate static func parts(_ parts: [Int: StagedPart]) -> JSONValue {
        .array(parts.values.sorted { $0.number < $1.number }.map(\.words))
    }

    fileprivate var parts: [Int: StagedPart]? {
        guard case .array(let elements) = self else { return nil }
        var parts: [Int: StagedPart] = [:]
        for element in elements {
            guard let part = StagedPart(words: element) else { return nil }
            parts[part.number] = part
        }
        return parts
    }

    fileprivate var unlessNull: JSONValue? { self == .null ? .none : .some(self) }

    fileprivate var size: Int? {
        guard case .integer(let number) = self, number >= 0 else { return nil }
        return number
    }
}
