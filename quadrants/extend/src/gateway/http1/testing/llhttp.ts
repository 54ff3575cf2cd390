import type { Outcome, SeenMessage } from './read-outcome.ts'

/** Node's binding of llhttp, as far as it is used here: no public module has it, and no peer is closer at hand. */
interface LlhttpParser {
  [callback: number]: (...given: never[]) => number | void
  initialize(kind: number, resource: object, headBytesMax: number): void
  execute(bytes: Buffer): number | Error
  finish(): void | Error
  close(): void
}

interface HttpCommon {
  readonly HTTPParser: (new () => LlhttpParser) & Readonly<Record<string, number>>
  readonly methods: readonly string[]
}

const { HTTPParser, methods } = process.getBuiltinModule(
  'node:_http_common' as 'node:http',
) as unknown as HttpCommon

export interface LlhttpOutcome extends Outcome {
  /** It takes the message for the last before another protocol. */
  readonly isUpgrade: boolean
}

/** What the strict parser of Node makes of the bytes. @param isHead whether they answer HEAD */
export function readByLlhttp(bytes: Buffer, kind: 'request' | 'response', isHead = false): LlhttpOutcome {
  const messages: SeenMessage[] = []
  const parser = new HTTPParser()
  // With many fields some come before the others, and then the target with them.
  let early: string[] = []
  let earlyUrl = ''
  let isInHead = true
  let isUpgrade = false
  const begin = (start: string, target: string, own: readonly string[]) => {
    const fields = [...early, ...own].filter((field) => !field.startsWith('host: '))
    const host = [...early, ...own].find((field) => field.startsWith('host: '))
    const authority = host?.slice('host: '.length)
    messages.push({ start, target, authority, framing: '', fields, body: '', trailers: [], isWhole: false })
    early = []
    earlyUrl = ''
    isInHead = false
  }
  parser.initialize(HTTPParser[kind.toUpperCase()]!, {}, 80_000)
  parser[HTTPParser['kOnHeaders']!] = (fields: string[], url: string) => {
    if (isInHead) {
      early.push(...pairs(fields))
      earlyUrl += url
    } else messages.at(-1)!.trailers = [...messages.at(-1)!.trailers, ...pairs(fields)]
  }
  parser[HTTPParser['kOnHeadersComplete']!] = (
    _major: number,
    _minor: number,
    fields: string[] | undefined,
    method: number,
    lateUrl: string | undefined,
    status: number,
    _reason: string,
    upgrade: boolean,
  ) => {
    const url = lateUrl ?? earlyUrl
    begin(kind === 'request' ? `${methods[method]} ${url}` : String(status), url, pairs(fields ?? []))
    isUpgrade = upgrade
    return isHead ? 1 : 0
  }
  parser[HTTPParser['kOnBody']!] = (chunk: Buffer) => {
    messages.at(-1)!.body += chunk.toString('latin1')
  }
  parser[HTTPParser['kOnMessageComplete']!] = () => {
    messages.at(-1)!.isWhole = true
    isInHead = true
  }
  const read = parser.execute(bytes)
  const end = read instanceof Error || isUpgrade ? undefined : parser.finish()
  const error = read instanceof Error ? read : end instanceof Error ? end : undefined
  parser.close()
  const rest = typeof read === 'number' ? bytes.toString('latin1', read) : ''
  return { messages, refused: error && (error as Error & { code: string }).code, rest, isUpgrade }
}

function pairs(fields: readonly string[]): string[] {
  const told: string[] = []
  for (let i = 0; i < fields.length; i += 2) told.push(`${fields[i]!.toLowerCase()}: ${fields[i + 1]}`)
  return told
}
