import type { FilterGateway } from '@quadrant/proto'
import { status } from '../app/live-data.ts'
import { commandCall, filterCommand, filterFileCommand } from '../model/command-twin.ts'
import { CommandLine } from './command-line.tsx'

/** No filter was ever pushed: what would fill the page. */
export function FiltersEmpty({ gateways }: { readonly gateways: readonly FilterGateway[] }) {
  const call = commandCall(status.value)
  const wanted = [...new Set(gateways.flatMap(({ filters }) => filters))].sort()
  const name = wanted[0] ?? 'hello'
  return (
    <div class="empty filters-empty" role="status">
      <h2>No filter was pushed yet</h2>
      <p>
        A filter is a module of WebAssembly that sees each request of a gateway. Gateways take one only if
        somebody whom they trust has signed it: a key, once, then a signature and a push for each version.
      </p>
      <CommandLine command={filterFileCommand('keygen', call)} />
      <CommandLine
        command={filterFileCommand(`sign ${name}.wasm --name ${name} --version 1 --key filter-key.pem`, call)}
      />
      <CommandLine command={filterCommand(`push ${name}.signed`, call)} />
      {wanted.length > 0 ? (
        <p>
          {gateways.length === 1 ? `${gateways[0]!.nodeId} has` : `${gateways.length} gateways have`} a place
          for {wanted.join(', ')}, and will take it at once.
        </p>
      ) : (
        <p>
          No gateway has come yet. One that names a filter as <span class="mono">delivered</span> and this
          server under <span class="mono">delivery</span> does:
        </p>
      )}
      {wanted.length === 0 && <CommandLine command={`${call.command} gateway --config gateway.yaml`} />}
    </div>
  )
}
