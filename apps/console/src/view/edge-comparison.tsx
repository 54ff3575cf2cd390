import { comparison } from '../app/live-data.ts'
import { compareEdge } from '../model/edge-comparison.ts'
import { ChangeMark } from './change-mark.tsx'

/** One edge in A and in B beside each other. Nothing while nothing is compared. */
export function EdgeComparison({ id }: { readonly id: string }) {
  const compared = comparison.value
  const change = compared?.edges.get(id)
  if (!compared || !change) return null
  return (
    <section aria-label="A compared with B">
      <h3>
        A compared with B
        <span class="push">
          <ChangeMark change={change} />
        </span>
      </h3>
      <table class="compared">
        <thead>
          <tr>
            <th />
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th scope="col">A by B</th>
          </tr>
        </thead>
        <tbody>
          {compareEdge(compared, id).map(({ name, a, b, ratio }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{a}</td>
              <td>{b}</td>
              <td>{ratio}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
