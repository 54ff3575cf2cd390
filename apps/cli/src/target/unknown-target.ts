import { nearest } from '@quadrant/core'
import type { Server } from '../client/connect.ts'
import { liveServices } from '../completion/live-values.ts'
import { note, type Context } from '../context.ts'

/** Says why an answer may be empty: a service that was not seen lately, with the nearest that was. */
export async function hintUnknownTarget(server: Server, target: string, context: Context): Promise<void> {
  const name = target.replace(/^svc:/, '')
  if (name === '' || /^\d+$/.test(name) || target.startsWith('proc:')) return
  const services = await liveServices(server, context.signal)
  if (services.includes(name.toLowerCase())) return
  const near = nearest(name.toLowerCase(), services)
  note(context, `no service \`${name}\` was seen in the last hour${near ? `; did you mean ${near}?` : ''}`)
}
