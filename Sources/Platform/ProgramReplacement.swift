import CShims
import Glibc

/// Makes this process another program: the same number, the same parent, and nothing else of ours.
public enum ProgramReplacement {
    /// Returns only when that cannot be done, and why. `words` are the program, looked for in PATH without a slash, and its
    /// arguments, byte by byte. It gets this process' environment, default signals, none of them blocked, and of our
    /// descriptors the standard streams.
    public static func become(_ words: [[UInt8]]) -> SystemError {
        // Kernels before 5.9 cannot; all that we open ourselves is closed then anyway.
        _ = shim_close_from_on_exec(STDERR_FILENO + 1)
        shim_reset_signals()
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in
            strdup((word + [0]).map { CChar(bitPattern: $0) })
        }
        arguments.append(nil)
        if let program = arguments[0] { execvp(program, &arguments) }
        return SystemError()
    }
}
