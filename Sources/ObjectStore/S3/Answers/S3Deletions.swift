import Platform

/// The document that asks for many deletions, and what it is answered: with `Quiet`, only what failed.
enum S3Deletions {
    /// Nothing when a key cannot stand in a document.
    static func element(_ key: ObjectKey) -> String? {
        key.exactText.flatMap(XMLEscape.escaped).map { "<Object><Key>\($0)</Key></Object>" }
    }

    static func document(_ elements: [String]) -> [UInt8] {
        let start = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
        return Array((start + elements.joined() + "</Delete>").utf8)
    }

    struct Failure {
        var key: ObjectKey = ""
        var code = ""
        var message = ""
    }

    static func failures(_ document: [UInt8]) throws(XMLProblem) -> [Failure] {
        let answer = Answer()
        try XMLReader.read(document, answer)
        guard answer.isAnswer else { throw XMLProblem(message: "this is no answer to a deletion") }
        return answer.failures
    }

    private final class Answer: XMLHandler {
        var isAnswer = false
        var failures: [Failure] = []
        private var failure: Failure?

        func begin(_ name: XMLName, depth: Int) {
            switch (depth, name) {
            case (1, "DeleteResult"), (1, "DeleteObjectsResult"): isAnswer = true
            case (2, "Error"): failure = Failure()
            default: break
            }
        }

        func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer) {
            switch (depth, name) {
            case (2, "Error"):
                if let failure { failures.append(failure) }
                failure = nil
            case (3, "Key"): failure?.key = ObjectKey(text)
            case (3, "Code"): failure?.code = String(decoding: text, as: UTF8.self)
            case (3, "Message"): failure?.message = String(decoding: text, as: UTF8.self)
            default: break
            }
        }
    }
}
