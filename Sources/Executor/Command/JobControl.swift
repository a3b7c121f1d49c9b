import Glibc
import Platform

/// The terminal's share in a COMMAND: who has it, and what becomes of ^Z.
///
/// COMMAND has a group of its own. Where its standard input and output are the terminal it has that from the beginning, as
/// behind `docker run -it`; in a pipe, such as before `less`, it gets it when it first wants to read from it. A COMMAND that
/// stops stops us and whoever else is in our group, which is what ^Z would have done without us; the shell that continues us
/// continues it.
struct JobControl {
    private let terminal: Terminal?
    private let ourGroup = getpgrp()
    private var takesTerminalAtOnce = false

    init() {
        terminal = Terminal()
        takesTerminalAtOnce =
            StandardStream.input.isTerminal && StandardStream.output.isTerminal && isOurTurn
    }

    /// Whether COMMAND begins in the foreground.
    var beginsInForeground: Bool { takesTerminalAtOnce }

    private var isOurTurn: Bool { terminal?.foreground == ourGroup }

    func hasStopped(_ command: Int32, by signal: Int32) {
        // Without a terminal somebody halts it on purpose, and will have it go on.
        guard let foreground = terminal?.foreground else { return }
        let wantsTerminal = signal == SIGTTIN || signal == SIGTTOU
        if wantsTerminal, foreground == ourGroup, give(to: command) { return resume(command) }
        guard !SignalWait.stopGroup(), signal != SIGSTOP else { return }
        // No shell is there that could continue us: nothing stops where that holds.
        if !wantsTerminal || give(to: command) { resume(command) }
    }

    /// A shell has us go on, in the foreground or not.
    func goOn(_ command: Int32) {
        if takesTerminalAtOnce, isOurTurn { give(to: command) }
        resume(command)
    }

    /// COMMAND has ended, and what is typed is for us again.
    func end(_ command: Int32) {
        if terminal?.foreground == command { give(to: ourGroup) }
    }

    @discardableResult
    private func give(to group: Int32) -> Bool { terminal?.give(to: group) ?? false }

    private func resume(_ command: Int32) { kill(-command, SIGCONT) }
}
