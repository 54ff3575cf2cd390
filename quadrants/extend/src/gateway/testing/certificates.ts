import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export const NEEDS_OPENSSL =
  spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0 ? {} : { skip: 'needs openssl' }

/** Paths of files in PEM. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** An authority, and what it signs, made by openssl. */
export class TestAuthority {
  readonly ca: string
  readonly #folder: string
  #count = 0

  constructor(t: TestContext) {
    this.#folder = mkdtempSync(join(tmpdir(), 'quadrant-gateway-'))
    t.after(() => rmSync(this.#folder, { recursive: true }))
    this.ca = this.#make('ca', '/CN=test authority', ['-addext', 'basicConstraints=critical,CA:true']).cert
  }

  /** @param names as openssl has them: `DNS:shop.example,URI:spiffe://shop` */
  issue(commonName: string, names: string): CertificateFiles {
    const ca = [
      '-CA',
      this.ca,
      '-CAkey',
      join(this.#folder, 'ca.key'),
      '-addext',
      `subjectAltName=${names}`,
      '-addext',
      'basicConstraints=critical,CA:false',
    ]
    return this.#make(`leaf-${++this.#count}`, `/CN=${commonName}/O=Quadrant`, ca)
  }

  #make(name: string, subject: string, more: readonly string[]): CertificateFiles {
    const cert = join(this.#folder, `${name}.pem`)
    const key = join(this.#folder, `${name}.key`)
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    execFileSync(
      'openssl',
      ['req', '-x509', ...ec, '-keyout', key, '-out', cert, '-days', '2', '-subj', subject, ...more],
      { stdio: 'ignore' },
    )
    return { cert, key }
  }
}
