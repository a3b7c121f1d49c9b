/// The script for fish: one line for each option and verb, with the condition under which it is offered.
struct FishCompletion {
    var script: String {
        """
        # fish completion for provision; load it with: provision completion fish | source

        # The words before the cursor that are operands: the verb or task file, and what follows it.
        function __provision_operands
            set -l skip 0
            for word in (commandline -opc)[2..-1]
                if test $skip = 1
                    set skip 0
                    continue
                end
                switch $word
                    case --
                        printf '%s\\n' --
                        return
                    case \(Option.allCases.filter(\.takesValue).map(\.flag).joined(separator: " "))
                        set skip 1
                    case -
                        printf '%s\\n' -
                    case '-*'
                    case '*'
                        printf '%s\\n' $word
                end
            end
        end

        # Whether one of the given verbs, or none yet, stands before the cursor.
        function __provision_goes_with
            set -l operands (__provision_operands)
            contains -- -- $operands; and return 1
            set -q operands[1]; or return 0
            switch $operands[1]
                case '*.yaml' '*.yml' -
                    contains -- \(Verb.run.rawValue) $argv
                case '*'
                    contains -- $operands[1] $argv
            end
        end

        # Whether the operand at the cursor is number N of a verb: VERB N, or VERB any.
        function __provision_at
            set -l operands (__provision_operands)
            contains -- -- $operands; and return 1
            test "$operands[1]" = $argv[1]; or return 1
            test $argv[2] = any; or test (count $operands) = $argv[2]
        end

        function __provision_task_files
            __fish_complete_suffix .yaml | string match -r -e '(\\.ya?ml|/)(\\t.*)?$'
        end

        function __provision_at_first
            test (count (__provision_operands)) = 0
        end

        function __provision_in_command
            contains -- -- (__provision_operands)
        end

        complete -c provision -f
        complete -c provision -n __provision_in_command -F
        complete -c provision -n __provision_in_command -a '(__fish_complete_command)'
        complete -c provision -n __provision_at_first -k -a '\(taskFiles)'
        \(Completion.namedVerbs.map(verb).joined())\(Completion.options.map(option).joined())\(operands)
        """
    }

    private let taskFiles = "(__provision_task_files)"

    private func verb(_ verb: Verb) -> String {
        "complete -c provision -n __provision_at_first -a \(verb.rawValue) -d \(verb.row.summary.quoted)\n"
    }

    private func option(_ option: Option) -> String {
        let built = option.row.verbs.filter(\.isBuilt).map(\.rawValue).joined(separator: " ")
        let condition = "__provision_goes_with \(built)".quoted
        let short = option.row.short.map { " -s \($0)" } ?? ""
        let value =
            switch option.row.argument {
            case .flag, .request: ""
            case .file: " -r -F"
            case .directory: " -x -a '(__fish_complete_directories)'"
            case .choice(let words): " -x -a '\(words.joined(separator: " "))'"
            default: " -x"
            }
        let name = short + " -l " + option.rawValue
        return "complete -c provision -n \(condition)\(name)\(value) -d \(option.row.summary.quoted)\n"
    }

    private var operands: String {
        Completion.namedVerbs.flatMap { verb in
            verb.row.operands.enumerated().map { index, operand in
                let place = operand.count == .oneOrMore ? "any" : String(index + 1)
                let head = "complete -c provision -n '__provision_at \(verb.rawValue) \(place)'"
                return switch operand.kind {
                case .taskFile: head + " -k -a '\(taskFiles)'\n"
                case .file: head + " -F\n"
                case .choice(let words): head + " -a '\(words.joined(separator: " "))'\n"
                case .other: ""
                }
            }
        }.joined()
    }
}

extension String {
    fileprivate var quoted: String {
        "'" + map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
