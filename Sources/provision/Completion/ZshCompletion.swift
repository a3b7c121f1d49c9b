/// The script for zsh: one call of `_arguments` for each verb. It works from a folder in $fpath and when it is sourced.
struct ZshCompletion {
    var script: String {
        """
        #compdef provision
        # zsh completion for provision; load it with: source <(provision completion zsh)

        _provision_first() {
            local -a verbs=(
        \(Completion.namedVerbs.map { "        \("\($0.rawValue):\($0.row.summary)".quoted)\n" }.joined())    )
            _describe -t verbs verb verbs
            \(taskFiles)
        }

        _provision() {
            local verb word
            local -i i
            local -a specs
            for ((i = 2; i < CURRENT; i++)); do
                word=${words[i]}
                case $word in
                (--)
                    shift $i words
                    ((CURRENT -= i))
                    _normal
                    return
                    ;;
                (\(Option.allCases.filter(\.takesValue).map(\.flag).joined(separator: "|")))
                    ((i++))
                    ;;
                (-?*) ;;
                (*) [[ -n $verb ]] || verb=$word ;;
                esac
            done
            case $verb in
            (*.yaml|*.yml|-) verb=\(Verb.run.rawValue) ;;
            esac
            case $verb in
        \(arm("''", Completion.options, ["1: :_provision_first"]))\(Completion.verbs.map(arm).joined())    esac
            _arguments -s -S : $specs
        }

        if [[ ${funcstack[1]} == _provision ]]; then
            _provision "$@"
        elif ((${+functions[compdef]})); then
            compdef _provision provision
        fi

        """
    }

    private let taskFiles = #"_files -g "*.(yaml|yml)""#

    private func arm(_ verb: Verb) -> String {
        // The task file of a run is its own first word.
        let first = verb.word.map { ["1: :(\($0))"] } ?? []
        let operands = verb.row.operands.enumerated().map { index, operand in
            let place =
                switch operand.count {
                case .one: "\(index + 1 + first.count):"
                case .optional: "\(index + 1 + first.count)::"
                case .oneOrMore: "*:"
                }
            return place + operand.placeholder.replacingColons + ":" + action(of: operand.kind)
        }
        return arm(verb.rawValue, Option.going(with: verb), first + operands)
    }

    private func arm(_ pattern: String, _ options: [Option], _ operands: [String]) -> String {
        let specs = (options.flatMap(specs) + operands).map { "            \($0.quoted)\n" }
        return "    (\(pattern))\n        specs=(\n" + specs.joined() + "        )\n        ;;\n"
    }

    /// One spec for each spelling, which excludes the other ones unless the option can be repeated.
    private func specs(of option: Option) -> [String] {
        option.spellings.map { spelling in
            let exclusion =
                option.row.isRepeatable
                ? "*" : option.spellings.count > 1 ? "(\(option.spellings.joined(separator: " ")))" : ""
            let summary = "[" + option.row.summary.escapingBrackets + "]"
            guard let placeholder = option.row.argument.placeholder else { return exclusion + spelling + summary }
            let value = "=" + summary + ":" + placeholder.replacingColons + ":" + action(of: option.row.argument)
            return exclusion + spelling + value
        }
    }

    private func action(of kind: Operand.Kind) -> String {
        switch kind {
        case .taskFile: taskFiles
        case .file: "_files"
        case .choice(let words): "(\(words.joined(separator: " ")))"
        case .other: " "
        }
    }

    private func action(of argument: OptionArgument) -> String {
        switch argument {
        case .file: "_files"
        case .directory: "_files -/"
        case .choice(let words): "(\(words.joined(separator: " ")))"
        default: " "
        }
    }
}

extension String {
    fileprivate var quoted: String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    /// A colon would end the part of a spec.
    fileprivate var replacingColons: String { map { $0 == ":" ? #"\:"# : String($0) }.joined() }

    fileprivate var escapingBrackets: String {
        map { "[]\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
