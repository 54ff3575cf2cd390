import { buildCommand } from '@stricli/core'
import type { Context } from '../context.ts'
import { SHELLS, type Shell } from '../completion/shells.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

export const completion = buildCommand<NoFlags, [Shell], Context>({
  loader: withContext(async () => (await import('../completion/script.ts')).runCompletion),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: (input) => {
            const shell = SHELLS.find((one) => one === input)
            if (!shell) throw new RangeError(`one of ${SHELLS.join(', ')}`)
            return shell
          },
          brief: SHELLS.join(', '),
          placeholder: 'SHELL',
          proposeCompletions: (partial) => SHELLS.filter((shell) => shell.startsWith(partial)),
        },
      ],
    },
  },
  docs: {
    brief: 'Print the completion script of a shell; it completes live values such as services',
    fullDescription: helpText(
      [
        'Print the completion script of a shell; it completes live values such as services.',
        '',
        'It completes the word `quadrant` and calls it, so that must be on PATH; after `npx` it completes nothing.',
        'In a clone one of these puts it there:',
        '',
        '  npm link --workspace apps/cli',
        '  mkdir -p ~/.local/bin && ln -s "$PWD/apps/cli/bin/quadrant.mjs" ~/.local/bin/quadrant',
      ].join('\n'),
      [
        ['source <(quadrant completion bash)', 'bash, in ~/.bashrc'],
        ['source <(quadrant completion zsh)', 'zsh, in ~/.zshrc after compinit'],
        ['quadrant completion fish | source', 'fish, in config.fish'],
      ],
    ),
  },
})
