import type { Node, Process } from '@quadrant/proto'
import { formatCount } from '@quadrant/core'
import { nowMs } from '../app/view.ts'
import { addressOf } from '../model/map-graph.ts'
import { ageText } from '../model/clock-text.ts'

const SHOWN_MAX = 8

/** The processes behind one node, the newest first. */
export function ProcessList({ node }: { readonly node: Node | undefined }) {
  if (!node) return <p class="muted">Not in this range.</p>
  if (node.processes.length === 0)
    return (
      <p class="muted">
        {node.kind === 'address'
          ? node.name === ''
            ? `${node.label} is not on a host with an agent: only its address is known.`
            : `${addressOf(node.id)} is not on a host with an agent. Processes here asked for it by ${node.names.join(', ')}; a name server said so, nobody has proved it.`
          : node.kind === 'other'
            ? 'Ends that fell over a limit are counted together here.'
            : 'No process is known: it was gone before it could be read.'}
      </p>
    )
  const processes = [...node.processes].sort((a, b) => b.startNs - a.startNs)
  const more = node.processCount - Math.min(processes.length, SHOWN_MAX)
  return (
    <div>
      {processes.slice(0, SHOWN_MAX).map((process) => (
        <ProcessRow key={process.key} process={process} />
      ))}
      {more > 0 && <p class="muted">and {formatCount(more)} more</p>}
    </div>
  )
}

function ProcessRow({ process }: { readonly process: Process }) {
  const command = process.argv.join(' ') || process.exe
  const place = [
    process.systemdUnit,
    process.containerId ? `container ${process.containerId.slice(0, 12)}` : '',
    `uid ${process.uid}`,
    process.endNs > 0 ? 'ended' : `started ${ageText((nowMs.value - process.startNs / 1e6) / 1000)}`,
  ]
  return (
    <div class="process">
      <div class="head">
        <strong class="clip">{process.comm}</strong>
        <span class="mono muted">{process.pid}</span>
      </div>
      {command && (
        <code class="argv clip" title={command}>
          {command}
        </code>
      )}
      <span class="muted" title={process.cgroup}>
        {place.filter(Boolean).join(' · ')}
      </span>
    </div>
  )
}
