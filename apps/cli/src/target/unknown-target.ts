import { nearest } from '@quadrant/core'
import { CliError } from '../cli-error.ts'
import { callError, type Server } from '../client/connect.ts'
import { liveServices } from '../completion/live-values.ts'
import { note, type Context } from '../context.ts'

/** The service that was meant, where this one was not seen in the last hour; undefined where there is nothing to say. */
async function serviceMeant(
  server: Server,
  target: string,
  context: Context,
): Promise<{ readonly near: string | undefined } | undefined> {
  const name = target.replace(/^svc:/, '').toLowerCase()
  if (name === '' || /^\d+$/.test(name) || target.startsWith('proc:')) return undefined
  const services = await liveServices(server, context.signal)
  return services.includes(name) ? undefined : { near: nearest(name, services) }
}

/** A failed call in words; where the server knows no such process or service, with the nearest that it knows. */
export async function targetError(
  thrown: unknown,
  server: Server,
  target: string,
  context: Context,
): Promise<CliError> {
  const error = callError(thrown, server, context)
  if (error.code !== 'QDR-C016') return error
  const near = (await serviceMeant(server, target, context))?.near
  return near
    ? new CliError(error.code, error.message, { fix: `did you mean ${near}?`, cause: error })
    : error
}

/** Says why an answer may be empty: a service that was not seen, with the nearest that was. */
export async function hintUnknownTarget(server: Server, target: string, context: Context): Promise<void> {
  const meant = await serviceMeant(server, target, context)
  if (!meant) return
  note(
    context,
    `no service \`${target.replace(/^svc:/, '')}\` was seen in the last hour${meant.near ? `; did you mean ${meant.near}?` : ''}`,
  )
}
