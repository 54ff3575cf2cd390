import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { attributes } from '../attribute.ts'
import type { HostMemory } from './host-memory.ts'

/**
 * A process as a resource (OpenTelemetry semantic conventions: service, host, process, container). Arguments are left
 * out: what looks like a secret in them is redacted, but what does not look like one may be one.
 */
export function processResource(host: string, key: string, memory: HostMemory): otlp.Resource {
  const process = memory.process(key)
  const build = memory.build(key)
  return create(otlp.ResourceSchema, {
    attributes: attributes({
      'service.name': process?.service || process?.comm || `unknown_service:${key}`,
      // Unique among all instances of a service, on whatever host they run.
      'service.instance.id': `${host}/${key}`,
      'service.version': build?.mainModule?.version === '(devel)' ? undefined : build?.mainModule?.version,
      'host.name': host,
      'os.type': 'linux',
      'process.pid': process?.pid,
      'process.executable.name': process?.comm,
      'process.executable.path': process?.exe,
      'process.executable.build_id.go': build?.goBuildId,
      'process.executable.build_id.gnu': build?.gnuBuildId,
      'process.runtime.name': build?.runtime,
      'process.runtime.version': build?.runtimeVersion,
      'container.id': process?.containerId,
    }),
  })
}

/** The host itself, for what belongs to no process. */
export function hostResource(host: string): otlp.Resource {
  return create(otlp.ResourceSchema, {
    attributes: attributes({
      'service.name': 'quadrant',
      'service.instance.id': host,
      'host.name': host,
      'os.type': 'linux',
    }),
  })
}
