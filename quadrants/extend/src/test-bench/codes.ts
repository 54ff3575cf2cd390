/** Codes of everything that can be wrong with a file of cases, or with what comes of one. */
export const TestCode = {
  syntax: 'FTEST001',
  unknownKey: 'FTEST002',
  unknownType: 'FTEST003',
  wrongValue: 'FTEST004',
  missing: 'FTEST005',
  undeclared: 'FTEST006',
  noEffect: 'FTEST007',
  environment: 'FTEST008',
  tooLarge: 'FTEST009',
  exposed: 'FTEST010',
  failed: 'FTEST100',
} as const
