/// A bucket `data` of so many empty objects `k/0000/0000001` that nobody has to put there: enough of S3 to list and read them.
public enum NumberedBucket {
    public static func serve(_ count: Int) throws -> ScriptedServer {
        try ScriptedServer { request, connection in
            connection.hurry()
            guard request.target.contains("list-type=2") else {
                return try connection.answer(200, ["ETag": "\"0\"", "Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"])
            }
            let start = number(behind: "continuation-token=", in: request.target) ?? 0
            try connection.answer(200, [:], page(from: start, of: count))
        }
    }

    private static func number(behind name: String, in target: String) -> Int? {
        guard let place = target.firstRange(of: name) else { return nil }
        return Int(target[place.upperBound...].prefix { $0.isNumber })
    }

    private static let pageSize = 1000
    private static let before = Array("<Contents><Key>k/".utf8)
    private static let after = Array(
        ("</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified><ETag>\"d41d8cd98f00b204e9800998ecf8427e\"</ETag>"
            + "<Size>0</Size></Contents>").utf8)

    private static func page(from start: Int, of count: Int) -> [UInt8] {
        let end = min(start + pageSize, count)
        let next = end < count ? "<NextContinuationToken>\(end)</NextContinuationToken>" : ""
        var page = Array("<ListBucketResult><IsTruncated>\(end < count)</IsTruncated>\(next)".utf8)
        let folder = digits(start / pageSize, 4) + [UInt8(ascii: "/")]
        for number in start..<end {
            page += before
            page += folder
            page += digits(number, 7)
            page += after
        }
        return page + Array("</ListBucketResult>".utf8)
    }

    private static func digits(_ number: Int, _ count: Int) -> [UInt8] {
        var rest = number
        var digits = [UInt8](repeating: UInt8(ascii: "0"), count: count)
        for index in (0..<count).reversed() {
            digits[index] += UInt8(rest % 10)
            rest /= 10
        }
        return digits
    }
}
