/// The script for bash; it needs nothing but bash itself.
///
/// bash takes `--output=json` for three words when `=` is among COMP_WORDBREAKS, which it is by default, and for one
/// when it is not. Both must work. So it is with the `:` of a URL.
struct BashCompletion {
    var script: String {
        """
        # bash completion for provision; load it with: source <(provision completion bash)

        _provision_files() {
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -P "$prefix" "$@" -- "$cur")
        }

        _provision_task_files() {
            _provision_files -f -X '!*.yaml'
            local yaml=("${COMPREPLY[@]}")
            _provision_files -f -X '!*.yml'
            local yml=("${COMPREPLY[@]}")
            _provision_files -d
            COMPREPLY+=("${yaml[@]}" "${yml[@]}")
        }

        _provision_words() {
            mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$1" -- "$cur")
        }

        _provision() {
            local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} prefix=
            local verb= options= word i count=0
            COMPREPLY=()
            if [[ $cur == = ]]; then
                cur=
            elif [[ $prev == = ]]; then
                prev=${COMP_WORDS[COMP_CWORD - 2]}
            elif [[ $cur == --*=* ]]; then
                prev=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
            fi

            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                case $word in
                --)
                    if ((i + 1 == COMP_CWORD)); then
                        _provision_files -c
                    else
                        _provision_files -f
                    fi
                    return
                    ;;
                = | :) ((i++)) ;;
                \(alternatives(Option.allCases.filter(\.takesValue))))
                    ((i++))
                    [[ ${COMP_WORDS[i]} == = ]] && ((i++))
                    ;;
                -?*) ;;
                *)
                    [[ $verb ]] || verb=$word
                    ((++count))
                    ;;
                esac
            done
            case $verb in
            *.yaml | *.yml | -) verb=\(Verb.run.rawValue) ;;
            esac

            case $prev in
        \(values)    esac

            case $verb in
        \(options)    esac
            if [[ $cur == -* ]]; then
                _provision_words "$options"
                return
            fi

            case $verb:$count in
        \(operands)    esac
        }

        complete -F _provision provision

        """
    }

    private func alternatives(_ options: [Option]) -> String {
        options.map(\.flag).joined(separator: " | ")
    }

    /// What stands behind an option that takes a value.
    private var values: String {
        var arms = ""
        var unguessable: [Option] = []
        for option in Option.allCases where option.takesValue {
            switch option.row.argument {
            case .file: arms += arm(option.flag, "_provision_files -f", "return")
            case .directory: arms += arm(option.flag, "_provision_files -d", "return")
            case .choice(let words):
                arms += arm(option.flag, "_provision_words '\(words.joined(separator: " "))'", "return")
            default: unguessable.append(option)
            }
        }
        return arms + arm(alternatives(unguessable), "return")
    }

    private var options: String {
        let every = arm("''", "options='\(spellings(Completion.options))'")
        let each = Completion.verbs.map { arm($0.rawValue, "options='\(spellings(Option.going(with: $0)))'") }
        return every + each.joined()
    }

    /// The operands by the count of those before, which includes the verb itself.
    private var operands: String {
        let first = arm(
            ":0", "_provision_task_files; local files=(\"${COMPREPLY[@]}\")",
            "_provision_words '\(Completion.namedVerbs.map(\.rawValue).joined(separator: " "))'",
            "COMPREPLY+=(\"${files[@]}\")")
        return first
            + Completion.namedVerbs.flatMap { verb in
                verb.row.operands.enumerated().map { index, operand in
                    let pattern = "\(verb.rawValue):" + (operand.count == .oneOrMore ? "*" : String(index + 1))
                    return switch operand.kind {
                    case .taskFile: arm(pattern, "_provision_task_files")
                    case .file: arm(pattern, "_provision_files -f")
                    case .choice(let words): arm(pattern, "_provision_words '\(words.joined(separator: " "))'")
                    case .other: ""
                    }
                }
            }.joined()
    }

    private func spellings(_ options: [Option]) -> String {
        options.flatMap(\.spellings).joined(separator: " ")
    }

    private func arm(_ pattern: String, _ commands: String...) -> String {
        "    \(pattern))\n" + commands.map { "        \($0)\n" }.joined() + "        ;;\n"
    }
}
