import { buildApplication, buildRouteMap, type Application } from '@stricli/core'
import { CliError } from './cli-error.ts'
import { completion } from './command/completion.ts'
import { doctor } from './command/doctor.ts'
import { explain } from './command/explain.ts'
import { filter } from './command/filter.ts'
import { gateway } from './command/gateway.ts'
import { gc } from './command/gc.ts'
import { mesh, proxies } from './command/mesh.ts'
import { observe } from './command/observe.ts'
import { policy } from './command/policy.ts'
import { profile } from './command/profile.ts'
import { pipeline } from './command/pipeline.ts'
import { requests } from './command/requests.ts'
import { schema } from './command/schema.ts'
import { status } from './command/status.ts'
import { top } from './command/top.ts'
import { up } from './command/up.ts'
import { version } from './command/version.ts'
import { wasm } from './command/wasm.ts'
import type { Context } from './context.ts'
import { text } from './text.ts'

/** Commands in the order that help shows them. Without a prototype: `quadrant constructor` is no command. */
export const ROUTES = Object.assign(Object.create(null), {
  up,
  observe,
  gc,
  profile,
  top,
  status,
  doctor,
  requests,
  pipeline,
  gateway,
  filter,
  policy,
  mesh,
  proxies,
  wasm,
  schema,
  explain,
  version,
  completion,
}) as Readonly<Record<string, typeof up | typeof pipeline>>

export const application: Application<Context> = buildApplication(
  buildRouteMap({
    routes: ROUTES,
    docs: {
      brief: 'See every service on this machine and who it talks to, without touching one',
      fullDescription: [
        'See every service on this machine and who it talks to, without touching one.',
        '',
        'Start with `quadrant up`; the other commands ask the server that it runs.',
        'stdout is data, stderr is everything else.',
        'Exit codes: 0 ok, 1 findings, 2 usage, 3 failure, 4 authentication needed, 5 this host cannot, 130 interrupted.',
      ].join('\n'),
    },
  }),
  {
    name: 'quadrant',
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    // What a command takes is in its own help: the list of commands stays readable.
    documentation: { caseStyle: 'convert-camel-to-kebab', onlyRequiredInUsageLine: true },
    localization: { text },
    determineExitCode: (error) => (error instanceof CliError ? error.exitCode : 3),
  },
)
