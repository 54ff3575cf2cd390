import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildConsole } from '../../build.ts'
import { AgentFeed } from './agent-feed.ts'
import { openBrowser } from './browser.ts'
import { ServerProcess } from './server-process.ts'

/** The console's map in a real browser, from the real server, which was told what a test made. */
export class FedConsole implements AsyncDisposable {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'quadrant-console-'))
  /** What the page wrote to its console as errors, or threw. */
  readonly complaints: string[] = []
  /** A test may start another in its place. */
  server!: ServerProcess
  feed!: AgentFeed
  page!: Page
  readonly #owned = new AsyncDisposableStack()

  /** @param fill tells what there is before the page opens */
  static async open(fill: (feed: AgentFeed) => Promise<void>): Promise<FedConsole> {
    await buildConsole()
    const opened = new FedConsole()
    try {
      await opened.#open(fill)
      return opened
    } catch (error) {
      await opened[Symbol.asyncDispose]()
      throw error
    }
  }

  async #open(fill: (feed: AgentFeed) => Promise<void>): Promise<void> {
    this.#owned.defer(() => rmSync(this.dataDir, { recursive: true, force: true }))
    // The server may become another user.
    chmodSync(this.dataDir, 0o755)
    this.server = await ServerProcess.start(this.dataDir)
    this.#owned.defer(() => this.server.stop())
    this.feed = this.#owned.use(await AgentFeed.open(this.dataDir))
    await fill(this.feed)
    const browser = await openBrowser()
    this.#owned.defer(() => browser.close())
    this.page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    this.page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()))
    this.page.on('pageerror', (error) => this.complaints.push(error.message))
    await this.page.goto(this.server.url('/map'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync()
  }
}
