import { generateSigningKey } from '@quadrant/extend/release'
import { note, type Context } from '../context.ts'
import { jsonDocument } from '../output/json.ts'
import { writeNew } from './key-file.ts'

export interface FilterKeygenFlags {
  readonly out: string
  readonly output: 'table' | 'json'
}

/** `quadrant filter keygen`. @throws {CliError} QDR-C015 where a file is there already, or cannot be written */
export function runFilterKeygen(context: Context, flags: FilterKeygenFlags): void {
  const { id, privatePem, publicPem } = generateSigningKey()
  const [privateFile, publicFile] = [`${flags.out}.pem`, `${flags.out}.pub.pem`]
  writeNew(privateFile, privatePem, 0o600)
  writeNew(publicFile, publicPem, 0o644)
  if (flags.output === 'json') context.stdout.write(jsonDocument({ id, privateFile, publicFile }))
  else context.stdout.write(`${id}\n`)
  note(context, `${privateFile} signs, and stays secret; ${publicFile} goes into trusted_keys of gateways`)
}
