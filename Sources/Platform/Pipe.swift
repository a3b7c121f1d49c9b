import CShims
import Glibc

/// Both ends of a pipe, which no other program inherits unless it is given one.
public final class Pipe {
    public let reading: Int32
    public private(set) var writing: Int32

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try SystemError.check { shim_pipe(&ends) }
        (reading, writing) = (ends[0], ends[1])
    }

    /// So that whoever reads sees the end when everybody else who writes has gone.
    public func closeWriting() {
        close(writing)
        writing = -1
    }

    deinit {
        close(reading)
        if writing >= 0 { close(writing) }
    }
}
