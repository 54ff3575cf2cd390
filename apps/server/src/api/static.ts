import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}
const COMPRESSIBLE = /text|javascript|json|svg|wasm/
const FILES_MAX = 1000
const BYTES_MAX = 64 << 20

interface StaticFile {
  readonly type: string
  readonly etag: string
  readonly body: Buffer
  brotli?: Buffer
  gzip?: Buffer
}

const NOT_BUILT = Buffer.from(
  '<!doctype html><meta charset="utf-8"><title>Quadrant</title><h1>The console is not built</h1>' +
    '<p>The server runs and its API answers. <code>npm start</code> builds the console.</p>\n',
)

/** The built console, held in memory: once privileges are dropped its files may be out of reach. */
export class StaticFiles {
  readonly #files = new Map<string, StaticFile>()

  /** A missing directory gives a page that says how to build the console. */
  constructor(directory: string) {
    let bytes = 0
    for (const name of list(directory)) {
      const body = readFileSync(join(directory, name))
      bytes += body.length
      if (this.#files.size >= FILES_MAX || bytes > BYTES_MAX)
        throw new RangeError(`${directory} has more than ${FILES_MAX} files or ${BYTES_MAX} bytes`)
      this.#add(`/${name}`, body)
    }
    if (!this.#files.has('/index.html')) this.#add('/index.html', NOT_BUILT)
  }

  /** Compresses everything, off the main thread. Until it is done files go out as they are. */
  async compress(): Promise<void> {
    for (const file of this.#files.values()) {
      if (!COMPRESSIBLE.test(file.type) || file.body.length < 512) continue
      file.gzip = await promisify(gzip)(file.body)
      file.brotli = await promisify(brotliCompress)(file.body, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: file.body.length },
      })
    }
  }

  /** Answers a GET or HEAD. Paths without an extension are pages of the console: all are index.html. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?', 1)[0]!
    const file = this.#files.get(path) ?? (extname(path) === '' ? this.#files.get('/index.html') : undefined)
    if (!file) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found.\n')
      return
    }
    const accepted = request.headers['accept-encoding'] ?? ''
    const [encoding, body] =
      file.brotli && /\bbr\b/.test(accepted)
        ? ['br', file.brotli]
        : file.gzip && /\bgzip\b/.test(accepted)
          ? ['gzip', file.gzip]
          : [undefined, file.body]
    const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`
    const headers: Record<string, string> = {
      'content-type': file.type,
      // Kept by the browser, but never shown without asking here, where the token is checked.
      'cache-control': 'private, no-cache',
      etag,
      vary: 'accept-encoding',
    }
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end()
      return
    }
    if (encoding) headers['content-encoding'] = encoding
    headers['content-length'] = String(body.length)
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body)
  }

  #add(path: string, body: Buffer): void {
    const etag = createHash('sha256').update(body).digest('base64url').slice(0, 22)
    this.#files.set(path, { type: TYPES[extname(path)] ?? 'application/octet-stream', etag, body })
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
