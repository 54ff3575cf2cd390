/** Codes of everything that a gateway's configuration can have wrong; `quadrant explain` says more about each. */
export const GatewayCode = {
  syntax: 'GATE001',
  unknownKey: 'GATE002',
  unknownType: 'GATE003',
  wrongValue: 'GATE004',
  missing: 'GATE005',
  undeclared: 'GATE006',
  noEffect: 'GATE007',
  environment: 'GATE008',
  tooLarge: 'GATE009',
  exposed: 'GATE010',
  duplicate: 'GATE011',
  pattern: 'GATE012',
  unreachable: 'GATE013',
  contradiction: 'GATE014',
  format: 'GATE015',
  secret: 'GATE016',
} as const
export type GatewayCode = (typeof GatewayCode)[keyof typeof GatewayCode]
