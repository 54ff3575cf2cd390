import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface StoredObject {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string }
  readonly spec: unknown
}

interface StoredEvent {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: StoredObject
}

/**
 * One resource of a Kubernetes API server for tests: lists in pages of one version, watches from a version with
 * bookmarks, and 410 for versions that it has forgotten. It follows the API concepts of Kubernetes; it does not write.
 */
export class ApiServer implements AsyncDisposable {
  readonly objects = new Map<string, StoredObject>()
  readonly watches = new Set<ServerResponse>()
  /** What is answered in place of all else, with a `Status`. */
  failure: { readonly status: number; readonly retryAfter?: string } | undefined
  readonly requests: string[] = []
  readonly #path: string
  readonly #pages = new Map<string, { readonly version: number; readonly items: readonly StoredObject[] }>()
  #history: StoredEvent[] = []
  #version = 1
  #forgotten = 0
  readonly #server = createServer((request, response) => this.#answer(request, response))

  constructor(path: string) {
    this.#path = path
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return `http://127.0.0.1:${address.port}`
  }

  put(name: string, spec: unknown): void {
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED'
    const version = ++this.#version
    const object = { metadata: { namespace: 'shop', name, resourceVersion: String(version) }, spec }
    this.objects.set(name, object)
    this.#tell({ version, type, object })
  }

  delete(name: string): void {
    const last = this.objects.get(name)
    if (!last) return
    this.objects.delete(name)
    const version = ++this.#version
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } }
    this.#tell({ version, type: 'DELETED', object })
  }

  bookmark(): void {
    this.send(
      `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } })}\n`,
    )
  }

  /** As it is, to all who watch. */
  send(text: string): void {
    for (const response of this.watches) response.write(text)
  }

  break(): void {
    for (const response of this.watches) response.destroy()
    this.watches.clear()
  }

  /** Compacts: nobody can watch from before now, and no list goes on. */
  forget(): void {
    this.#history = []
    this.#pages.clear()
    this.#forgotten = this.#version
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.break()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #tell(event: StoredEvent): void {
    this.#history.push(event)
    this.send(lineOf(event))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server')
    this.requests.push(request.url ?? '')
    if (this.failure) {
      if (this.failure.retryAfter) response.setHeader('retry-after', this.failure.retryAfter)
      fail(response, this.failure.status, 'refused by the test')
    } else if (pathname !== this.#path)
      fail(response, 404, 'the server could not find the requested resource')
    else if (searchParams.get('watch') === 'true')
      this.#watch(Number(searchParams.get('resourceVersion')), response)
    else this.#list(searchParams.get('continue'), Number(searchParams.get('limit')), response)
  }

  #list(token: string | null, limit: number, response: ServerResponse): void {
    const page = token
      ? this.#pages.get(token)
      : { version: this.#version, items: [...this.objects.values()] }
    if (!page) return fail(response, 410, 'the continue token is too old')
    // Smaller pages than asked for, as servers may.
    const size = Math.min(limit, 3)
    const rest = page.items.slice(size)
    const next = rest.length > 0 ? `${page.version}-${rest.length}` : ''
    if (next) this.#pages.set(next, { version: page.version, items: rest })
    response.end(
      JSON.stringify({
        metadata: { resourceVersion: String(page.version), ...(next && { continue: next }) },
        items: page.items.slice(0, size),
      }),
    )
  }

  #watch(from: number, response: ServerResponse): void {
    if (from < this.#forgotten) {
      // As real servers do: 200, then the error as an event.
      response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`)
      return
    }
    response.flushHeaders()
    for (const event of this.#history) if (event.version > from) response.write(lineOf(event))
    this.watches.add(response)
    response.on('close', () => this.watches.delete(response))
  }
}

function lineOf({ type, object }: StoredEvent): string {
  return `${JSON.stringify({ type, object })}\n`
}

function fail(response: ServerResponse, status: number, message: string): void {
  response.statusCode = status
  response.end(JSON.stringify({ kind: 'Status', code: status, message }))
}
