import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Context } from '../context.ts'
import { helpText } from './flags.ts'
import { withContext, type NoFlags } from './with-context.ts'

const diff = buildCommand<NoFlags, [string, string], Context>({
  loader: withContext(async () => (await import('../schema/diff.ts')).runSchemaDiff),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: String, brief: "A Cap'n Proto schema as it was; - is stdin", placeholder: 'OLD' },
        { parse: String, brief: 'The schema as it is to be', placeholder: 'NEW' },
      ],
    },
  },
  docs: {
    brief: "Name what a change of a Cap'n Proto schema breaks between old and new programs",
    fullDescription: helpText(
      [
        "Name what a change of a Cap'n Proto schema breaks between old and new programs: fields that are gone, have another",
        'type, default or number, or came into a union; each with its line and what mends it.',
        '',
        'Names are free, new fields and types too. What the rules of the language do not call safe is told, though it may',
        'happen to work. Exit code 0 where all can read one another, 1 where not.',
      ].join('\n'),
      [
        ['quadrant schema diff old.capnp shop.capnp', 'two files'],
        ['git show HEAD:shop.capnp | quadrant schema diff - shop.capnp', 'against what was committed'],
        ['quadrant explain SCHEMA013', 'more about a code'],
      ],
    ),
  },
})

export const schema = buildRouteMap({
  routes: { diff },
  docs: { brief: 'Check schemas of the data that programs share' },
})
