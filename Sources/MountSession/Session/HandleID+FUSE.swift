import CFuse
import MountFS

extension OpenModes.Mode {
    private static let place: UInt64 = 64 - HandleID.freeBits

    /// Also a session after a crash has to know which of them it is that is closed.
    var handleBits: UInt64 {
        switch self {
        case .passing: 2 << Self.place
        case .buffered: 1 << Self.place
        case .direct: 0
        }
    }

    init?(ofHandle number: UInt64) {
        switch number >> Self.place {
        case 1: self = .buffered
        case 2: self = .passing(0)
        default: return nil
        }
    }
}

extension HandleID {
    /// As the file system has given it.
    init(of file: UnsafeMutablePointer<fuse_file_info>) {
        self.init(file.pointee.fh & (.max >> Self.freeBits))
    }
}
