/** What is asked of an API server. */
export interface ApiRequest {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface ApiResponse {
  readonly status: number
  /** In seconds, where the server says when to come again. */
  readonly retryAfterSeconds: number | undefined
  readonly body: AsyncIterable<Uint8Array>
}

/** Asks the API server, with credentials: the caller's, who has the sockets. */
export type ApiRequester = (request: ApiRequest) => Promise<ApiResponse>

/** The server has answered with something else than what was asked for. */
export class ApiProblem extends Error {
  readonly status: number
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message)
    this.name = 'ApiProblem'
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** @throws {ApiProblem} Where the status is not 200; the message is that of the server's `Status`. */
export async function succeeded(response: ApiResponse, bytesMax: number): Promise<ApiResponse> {
  if (response.status === 200) return response
  let message = `the API server answers ${response.status}`
  try {
    const status = await readJson(response, bytesMax)
    if (typeof status.message === 'string') message = status.message.slice(0, 1000)
  } catch {
    // A proxy in between answers with something else.
  }
  throw new ApiProblem(response.status, message, response.retryAfterSeconds)
}

/** @throws {ApiProblem} Where it is no object or larger. */
export async function readJson(response: ApiResponse, bytesMax: number): Promise<Record<string, unknown>> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body) {
    size += part.length
    if (size > bytesMax) throw new ApiProblem(0, `an answer has at most ${bytesMax} bytes`)
    parts.push(part)
  }
  return parseObject(Buffer.concat(parts).toString())
}

/** @throws {ApiProblem} Where it is no object. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ApiProblem(0, 'the API server sends no JSON')
  }
  if (isObject(value)) return value
  throw new ApiProblem(0, 'the API server sends no object')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Lines of a watch. A last line without its end was broken off, and is none. */
export async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  lengthMax: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > lengthMax) throw new ApiProblem(0, `an event has at most ${lengthMax} characters`)
    for (const line of lines) if (line.trim()) yield line
  }
}
