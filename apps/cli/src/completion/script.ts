import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import type { Shell } from './shells.ts'

/** The shells hand over the words before the cursor; `__complete` answers one value a line, a tab, what it means. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# quadrant completion for bash
_quadrant() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS= read -r line; do
    line="\${line%%$'\\t'*}"
    [[ -n "$line" && "$line" == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done < <(quadrant __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # Nothing known: files, as for --input-file.
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
}
complete -F _quadrant quadrant
`,
  zsh: `#compdef quadrant
_quadrant() {
  local -a values lines
  local line
  lines=("\${(@f)$(quadrant __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    [[ -n $line ]] && values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#values} )); then _describe quadrant values; else _files; fi
}
compdef _quadrant quadrant
`,
  fish: `# quadrant completion for fish
function __quadrant_complete
  set -l words (commandline -opc)
  quadrant __complete $words[2..] (commandline -ct) 2>/dev/null
end
complete -c quadrant -f -a '(__quadrant_complete)'
complete -c quadrant -n '__fish_seen_subcommand_from observe' -l input-file -r -F
`,
}

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell]
}

export function runCompletion(context: Context, _flags: NoFlags, shell: Shell): void {
  context.stdout.write(completionScript(shell))
}
