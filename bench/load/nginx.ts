import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { TOOL_PATH } from '../toolchain.ts'

const PROTOCOLS = ['http1', 'http2', 'tls'] as const
const START_TIMEOUT_MS = 5000

export type NginxProtocol = (typeof PROTOCOLS)[number]

/** Answers by path: of text that is in the configuration, or of a file. */
export type NginxPages = Readonly<Record<string, string>>

/** From this many bytes on a page is a file. */
const FILE_BYTES_MIN = 1024

/** nginx as an upstream: on ports of its own HTTP/1.1, HTTP/2 with prior knowledge, and TLS. */
export class Nginx implements AsyncDisposable {
  readonly ports: Readonly<Record<NginxProtocol, number>>
  readonly certificate: Certificate
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #statusUrl: string
  readonly #killAtExit: () => void

  private constructor(folder: string, ports: Readonly<Record<NginxProtocol, number>>, statusPort: number) {
    this.#folder = folder
    this.ports = ports
    this.certificate = certificateIn(folder)
    this.#statusUrl = `http://127.0.0.1:${statusPort}/`
    const args = ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]
    this.#child = spawn('nginx', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: TOOL_PATH },
    })
    // Its workers end with it, unless it is killed.
    this.#killAtExit = () => this.#child.kill('SIGTERM')
    process.once('exit', this.#killAtExit)
  }

  static async start(pages: NginxPages): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-nginx-'))
    // Its workers are another user where it is started by root.
    chmodSync(folder, 0o755)
    const ports = { http1: await freePort(), http2: await freePort(), tls: await freePort() }
    const statusPort = await freePort()
    certificateIn(folder, { isNew: true })
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, { pages, ports, statusPort }))
    const nginx = new Nginx(folder, ports, statusPort)
    const end = performance.now() + START_TIMEOUT_MS
    while (
      !(await nginx.requestCount().then(
        () => true,
        () => false,
      ))
    ) {
      if (performance.now() > end) throw new Error('nginx does not serve')
      await pause(50)
    }
    return nginx
  }

  /** All that it was asked, this question included. */
  async requestCount(): Promise<number> {
    const text = await (await fetch(this.#statusUrl)).text()
    return Number(/^ \d+ \d+ (\d+)/m.exec(text)![1])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killAtExit)
    const exited = once(this.#child, 'exit')
    if (this.#child.kill('SIGTERM')) await exited
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
}

function certificateIn(folder: string, { isNew = false } = {}): Certificate {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  if (isNew) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
    const args = ['req', '-x509', ...key, '-out', certFile, '-days', '1', '-subj', '/CN=localhost']
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  return { certFile, keyFile }
}

interface Serving {
  readonly pages: NginxPages
  readonly ports: Readonly<Record<NginxProtocol, number>>
  readonly statusPort: number
}

function configuration(folder: string, { pages, ports, statusPort }: Serving): string {
  const locations = Object.entries(pages).map(([path, text], index) => {
    if (text.length < FILE_BYTES_MIN)
      return `location = ${path} { default_type text/plain; return 200 ${JSON.stringify(text)}; }`
    const file = join(folder, `page-${index}.txt`)
    writeFileSync(file, text)
    return `location = ${path} { alias ${file}; default_type text/plain; }`
  })
  const listen = { http1: '', http2: ' http2', tls: ' ssl' }
  const servers = PROTOCOLS.map(
    (protocol) => `server {
      listen 127.0.0.1:${ports[protocol]}${listen[protocol]};
      ${protocol === 'tls' ? 'ssl_certificate cert.pem; ssl_certificate_key key.pem;' : ''}
      ${locations.join('\n')}
    }`,
  )
  return `daemon off; worker_processes 2; pid nginx.pid;
    events { worker_connections 4096; }
    http {
      access_log off; sendfile on; tcp_nopush on; open_file_cache max=10;
      keepalive_requests 1000000000; keepalive_timeout 300s;
      server { listen 127.0.0.1:${statusPort}; location = / { stub_status; } }
      ${servers.join('\n')}
    }`
}
