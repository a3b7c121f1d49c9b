/// What servers of these tests answer.
enum GCSAnswers {
    static let found = ["x-goog-generation": "7", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]
    static let object = #"{"name": "a", "generation": "7", "size": "4", "crc32c": "AAAAAA=="}"#

    static func error(_ status: Int, _ reason: String, _ message: String) -> String {
        #"{"error": {"code": \#(status), "message": "\#(message)", "errors": [{"reason": "\#(reason)"}]}}"#
    }
}
