/// A shell that completes `ruche`. The scripts know nothing themselves: they ask the program that is installed.
enum Shell: String, CaseIterable {
    case bash, zsh, fish

    /// What the shell has to source.
    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    private static let bashScript = #"""
        # Completion of ruche for bash. In ~/.bashrc: source <(ruche completion bash)
        _ruche() {
            local line
            COMPREPLY=()
            while IFS= read -r line; do
                if [ "$line" = ":files" ]; then
                    compopt -o filenames 2> /dev/null
                    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
                else
                    COMPREPLY+=("${line%%$'\t'*}")
                fi
            done < <("$1" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
        }
        complete -F _ruche ruche
        """#

    private static let zshScript = #"""
        #compdef ruche
        # Completion of ruche for zsh. In ~/.zshrc, after compinit: source <(ruche completion zsh)
        # Or as a file called _ruche in a directory of $fpath.
        _ruche() {
            local -a found
            local line
            while IFS= read -r line; do
                if [[ $line == ':files' ]]; then
                    _files
                else
                    found+=("${line/$'\t'/:}")
                fi
            done < <("${words[1]}" completion words -- "${(@)words[2,CURRENT]}" 2> /dev/null)
            (( $#found )) && _describe ruche found
        }
        if [[ ${funcstack[1]} == _ruche ]]; then _ruche "$@"; else compdef _ruche ruche; fi
        """#

    private static let fishScript = #"""
        # Completion of ruche for fish. In ~/.config/fish/config.fish: ruche completion fish | source
        function __ruche_complete
            set -l words (commandline -opc) (commandline -ct)
            for line in (ruche completion words -- $words[2..-1] 2> /dev/null)
                if test "$line" = ":files"
                    __fish_complete_path (commandline -ct)
                else
                    echo $line
                end
            end
        end
        complete -c ruche -f -a '(__ruche_complete)'
        """#
}
