/** What can be wrong with a schema (001 to 009) and with a change of one (010 on); `quadrant explain` tells more. */
export const SchemaCode = {
  syntax: 'SCHEMA001',
  name: 'SCHEMA002',
  ordinal: 'SCHEMA003',
  unsupported: 'SCHEMA004',
  limit: 'SCHEMA005',
  fieldGone: 'SCHEMA010',
  typeChanged: 'SCHEMA011',
  defaultChanged: 'SCHEMA012',
  moved: 'SCHEMA013',
  declarationGone: 'SCHEMA014',
  renumbered: 'SCHEMA015',
  idChanged: 'SCHEMA016',
  notCompared: 'SCHEMA017',
} as const
export type SchemaCode = (typeof SchemaCode)[keyof typeof SchemaCode]
