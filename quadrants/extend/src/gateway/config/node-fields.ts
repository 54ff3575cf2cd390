import { about, type Field, mapped, object, text, withDefault } from '@quadrant/core/config'
import type { NodeSpec } from './gateway-spec.ts'
import { metadata } from './value-fields.ts'

const locality = object('a locality', {
  region: about('Such as eu-west.', withDefault(text, '')),
  zone: about('Within the region.', withDefault(text, '')),
  sub_zone: about('Such as a rack.', withDefault(text, '')),
})

/** Who a gateway is, among others. */
export const node: Field<NodeSpec> = mapped(
  object('a node', {
    id: about('Its name among all others.', withDefault(text, '')),
    cluster: about('The name of those that do the same.', withDefault(text, '')),
    metadata: about('What else there is to say.', metadata),
    locality: about('Where it is.', locality),
  }),
  ({ locality: { region, zone, sub_zone: subZone }, ...rest }) => ({
    ...rest,
    locality: { region, zone, subZone },
  }),
)
