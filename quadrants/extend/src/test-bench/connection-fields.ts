import {
  about,
  bool,
  duration,
  list,
  mapped,
  object,
  optional,
  text,
  type Field,
} from '@quadrant/core/config'
import { TestCode } from './codes.ts'
import type { TestStep } from './test-spec.ts'

const DAY_MS = 86_400_000

/** Text of which each character is a byte, so that YAML's escapes say any: `"\\x00\\x01"`. */
export const bytes: Field<string> = mapped(text, (read, reader, place, name) => {
  if (/[^\0-\xff]/.test(read))
    reader.wrong(
      TestCode.wrongValue,
      place,
      `each character of ${name} is a byte, up to \\xff`,
      '"\\xc3\\xa9"',
    )
  return read
})

/** What one side of a connection sends. */
const step: Field<TestStep> = mapped(
  object('a step', {
    after: about('How much later than the one before.', duration({ default: 0, min: 0, max: DAY_MS })),
    client: about('The client sends it.', optional(bytes)),
    upstream: about('The upstream sends it.', optional(bytes)),
    end: about('Whoever sends it sends no more.', bool(false)),
  }),
  ({ after, client, upstream, end }, reader, place) => {
    if ((client === undefined) === (upstream === undefined))
      reader.wrong(
        TestCode.wrongValue,
        place,
        'a step is of the `client` or of the `upstream`',
        'client: hello',
      )
    return {
      from: upstream === undefined ? 'client' : 'upstream',
      afterMs: after,
      bytes: client ?? upstream ?? '',
      isEnd: end,
    }
  },
)

export const steps: Field<readonly TestStep[]> = list(step)
