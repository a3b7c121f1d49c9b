import Platform

/// Where verbs write what they were asked for. A result that did not arrive is a failure like any other: a script that
/// reads a cut-off document must not see status 0.
enum Results {
    static func write(_ text: String) throws(Failure) {
        do throws(StandardStream.Failure) {
            try StandardStream.output.write(text)
        } catch {
            throw Failure(notWritten: error)
        }
    }

    /// What is not a result: messages on standard error. One that nobody takes stops nothing.
    static func note(_ text: String) {
        try? StandardStream.error.write(text)
    }

    /// After the last result.
    static func end() throws(Failure) {
        do throws(StandardStream.Failure) {
            try StandardStream.output.close()
        } catch {
            throw Failure(notWritten: error)
        }
    }
}

extension Failure {
    fileprivate init(notWritten failure: StandardStream.Failure) {
        let message = "the result cannot be written to standard output: \(failure.reason)"
        self.init(.inputOutput, failure.isReaderGone ? nil : message)
    }
}
