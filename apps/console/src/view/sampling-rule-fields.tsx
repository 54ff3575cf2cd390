import type { SamplingProblem } from '@quadrant/proto'
import { PROTOCOL_CHOICES, type DraftProblem, type SamplingDraft } from '../model/sampling-draft.ts'
import { Icon } from './icon.tsx'
import { SamplingProblems } from './sampling-problems.tsx'

interface SamplingRuleFieldsProps {
  readonly draft: SamplingDraft
  /** From 1, in the order in which they are asked. */
  readonly number: number
  /** What of it is no number. */
  readonly own: readonly DraftProblem[]
  /** What the server said of it. */
  readonly problems: readonly SamplingProblem[]
  readonly onEdit: (draft: SamplingDraft) => void
  readonly onRemove: () => void
}

/** One rule to be edited. All that is given must match. */
export function SamplingRuleFields(props: SamplingRuleFieldsProps) {
  const { draft, number, own, problems, onEdit, onRemove } = props
  const name = draft.id === '' ? `rule ${number}` : draft.id
  const text = (
    field: 'id' | 'header' | 'value' | 'service' | 'route',
    title: string,
    placeholder: string,
  ) => (
    <label class="field">
      <span>{title}</span>
      <input
        type="text"
        class="mono"
        spellcheck={false}
        autocomplete="off"
        value={draft[field]}
        placeholder={placeholder}
        onInput={({ currentTarget }) => onEdit({ ...draft, [field]: currentTarget.value })}
      />
    </label>
  )
  const wrong = (field: DraftProblem['field']) => own.find((problem) => problem.field === field)
  const number_ = (field: DraftProblem['field'], title: string, placeholder: string) => (
    <label class="field">
      <span>{title}</span>
      <input
        type="text"
        inputMode="decimal"
        value={draft[field]}
        placeholder={placeholder}
        aria-invalid={wrong(field) !== undefined}
        onInput={({ currentTarget }) => onEdit({ ...draft, [field]: currentTarget.value })}
      />
    </label>
  )
  return (
    <section>
      <fieldset class="rule" aria-label={`Rule ${name}`}>
        <h3>
          Rule {number}
          <button type="button" class="push" aria-label={`Remove ${name}`} title="Remove" onClick={onRemove}>
            <Icon name="close" />
          </button>
        </h3>
        <div class="fields">
          {text('header', 'Header', 'any')}
          {text('value', 'Value', 'any')}
          {text('service', 'Service', 'all: shop-*')}
          {text('route', 'Route', 'all: /users/{id}*')}
          <label class="field">
            <span>Protocol</span>
            <select
              value={String(draft.protocol)}
              onChange={({ currentTarget }) =>
                onEdit({
                  ...draft,
                  protocol:
                    PROTOCOL_CHOICES.find(({ protocol }) => String(protocol) === currentTarget.value)
                      ?.protocol ?? draft.protocol,
                })
              }
            >
              {PROTOCOL_CHOICES.map(({ protocol, title }) => (
                <option key={protocol} value={String(protocol)}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          {text('id', 'Name', 'rule-1')}
          <label class="field">
            <span>How many</span>
            <select
              value={draft.rate}
              onChange={({ currentTarget }) =>
                onEdit({
                  ...draft,
                  rate: RATES.find(({ rate }) => rate === currentTarget.value)?.rate ?? 'all',
                })
              }
            >
              {RATES.map(({ rate, title }) => (
                <option key={rate} value={rate}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          {draft.rate !== 'all' &&
            number_('rateText', draft.rate === 'perSecond' ? 'A second' : 'Of a thousand', '1')}
          {number_('cap', 'Cap, captures a second', 'none of its own')}
        </div>
        {own.map(({ field, message }) => (
          <p key={field} class="tone-bad" role="alert">
            {message}
          </p>
        ))}
        <SamplingProblems problems={problems} />
      </fieldset>
    </section>
  )
}

const RATES = [
  { rate: 'all', title: 'All that match' },
  { rate: 'perThousand', title: 'So many of a thousand' },
  { rate: 'perSecond', title: 'The first of a second' },
] as const satisfies readonly { rate: SamplingDraft['rate']; title: string }[]
